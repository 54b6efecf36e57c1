#define CATCH_CONFIG_RUNNER
#include <new>

#include <catch2/catch.hpp>
#include <oneapi/tbb/global_control.h>

int main(int argc, char* argv[]) {
    // Tests ask for up to 8 threads whatever the machine has: the order of results must not depend on it.
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 8);
    // Lets us wait for oneTBB's threads: left alone they end after main, and the thread sanitizer, which cannot see
    // oneTBB's own synchronisation, reports that as a race in most runs.
    tbb::task_scheduler_handle scheduler{tbb::attach{}};
    const int result = Catch::Session().run(argc, argv);
    tbb::finalize(scheduler, std::nothrow);
    return result;
}
