/// Shows that the thread sanitizer sees through stream's hand-overs: planted_race race|none. With `race`, work adds to a
/// number that all threads share; with `none`, each slot has its own.

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>

#include <blockfit/exec/stream.hpp>

#include "support/threads.hpp"

namespace bf = blockfit;
using bf::Index;

int main(int argc, char* argv[]) {
    const bool race = argc == 2 && std::string_view(argv[1]) == "race";
    const test::Threads threads;
    const bf::Settings settings({.threads = 8});
    struct Slot {
        Index sum = 0;
    };
    Index shared = 0, total = 0;
    constexpr Index blocks = 200;
    std::atomic<int> arrived{0};
    bf::stream<Slot>({.name = "planted race", .blocks = blocks},
                     [&](Slot& slot, Index) {
                         // The first threads wait for each other, relaxed, so that this is no hand-over itself.
                         thread_local bool here = false;
                         if (!std::exchange(here, true)) arrived.fetch_add(1, std::memory_order_relaxed);
                         for (int i = 0; i < 1'000'000 && arrived.load(std::memory_order_relaxed) < 2; ++i)
                             std::this_thread::yield();
                         slot.sum = 1;
                         ++(race ? shared : slot.sum);
                     },
                     [&](Slot& slot, Index) { total += slot.sum; });
    std::printf("%td %td\n", total, shared);
    return race || total == 2 * blocks ? 0 : 1;
}
