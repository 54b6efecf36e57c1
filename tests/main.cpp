#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "support/threads.hpp"

int main(int argc, char* argv[]) {
    const test::Threads threads;
    return Catch::Session().run(argc, argv);
}
