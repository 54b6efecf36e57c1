#ifndef BLOCKFIT_TESTS_SUPPORT_THREADS_HPP
#define BLOCKFIT_TESTS_SUPPORT_THREADS_HPP

#include <new>

#include <oneapi/tbb/global_control.h>

namespace test {

/// Lives in the main of every test program.
class Threads {
public:
    Threads() = default;
    /// Waits for oneTBB's threads: left alone they end after main, and the thread sanitizer, which cannot see oneTBB's
    /// own synchronisation, reports that as a race in most runs.
    ~Threads() { oneapi::tbb::finalize(scheduler_, std::nothrow); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

private:
    // Tests ask for up to 8 threads whatever the machine has: the order of results must not depend on it.
    oneapi::tbb::global_control allowed_{oneapi::tbb::global_control::max_allowed_parallelism, 8};
    oneapi::tbb::task_scheduler_handle scheduler_{oneapi::tbb::attach{}};
};

}  // namespace test

#endif
