#include <array>
#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/exec/parallel_for.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr std::array<int, 4> thread_counts{1, 2, 3, 8};

/// Lets other threads overtake: returns when they have, or after a while, as nothing guarantees that there are any.
template <class Condition>
void wait_while_others(Condition have_not) {
    for (int i = 0; i < 2000 && have_not(); ++i) std::this_thread::yield();
}

}  // namespace

TEST_CASE("parallel_for: every number once", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const Index n = GENERATE(0, 1, 2, 7, 500);
    CAPTURE(threads, n);
    const bf::Settings settings({.threads = threads});
    std::vector<std::atomic<int>> calls(static_cast<std::size_t>(n));
    std::vector<Index> squares(static_cast<std::size_t>(n), -1);
    bf::parallel_for(n, [&](Index i) {
        ++calls[static_cast<std::size_t>(i)];
        squares[static_cast<std::size_t>(i)] = i * i;
    });
    for (std::size_t i = 0; i < calls.size(); ++i) {
        REQUIRE(calls[i] == 1);
        REQUIRE(squares[i] == static_cast<Index>(i * i));
    }
}

TEST_CASE("parallel_for: of several exceptions that of the smallest number is thrown", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    for (int repeat = 0; repeat < 20; ++repeat) {
        std::vector<std::atomic<int>> calls(40);
        std::atomic<int> failed{0};
        const auto run = [&] {
            bf::parallel_for(40, [&](Index i) {
                ++calls[static_cast<std::size_t>(i)];
                if (i % 10 != 7) return;
                // The first to fail waits for the others.
                if (i == 7 && threads > 1) wait_while_others([&] { return failed < 3; });
                ++failed;
                throw std::runtime_error(std::to_string(i));
            });
        };
        REQUIRE_THROWS_WITH(run(), "7");
        for (const std::atomic<int>& count : calls) REQUIRE(count == 1);
    }
}

TEST_CASE("parallel_for: the caller's settings hold on all threads, and are not left behind", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    const bf::CancelToken token;
    token.cancel();
    {
        const bf::Settings settings({.threads = threads, .memory_limit = 12345, .cancel = token});
        std::atomic<int> wrong{0};
        bf::parallel_for(100, [&](Index) {
            const bf::SettingsParams& current = bf::Settings::current();
            if (current.threads != threads || current.memory_limit != 12345 || !current.cancel || !current.cancel->cancelled())
                ++wrong;
            // What f sets is gone with its scope.
            const bf::Settings inner({.threads = threads, .memory_limit = 999});
            if (bf::Settings::current().memory_limit != 999) ++wrong;
        });
        REQUIRE(wrong == 0);
        REQUIRE(bf::Settings::current().memory_limit == 12345);
    }
    const bf::Settings plain({.threads = threads});
    std::atomic<int> left_over{0};
    bf::parallel_for(100, [&](Index) { left_over += bf::Settings::current().memory_limit != 0; });
    REQUIRE(left_over == 0);
}

TEST_CASE("parallel_for: what runs in parallel is inside a stream, the caller is not", "[exec]") {
    const int threads = GENERATE(2, 3, 8);
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    std::atomic<int> outside{0};
    const auto run = [&] {
        bf::parallel_for(50, [&](Index i) {
            outside += !bf::detail::inside_stream();
            if (i == 20) throw std::logic_error("twenty");
        });
    };
    REQUIRE_THROWS_AS(run(), std::logic_error);
    REQUIRE(outside == 0);
    REQUIRE_FALSE(bf::detail::inside_stream());
    // One number needs no threads.
    bf::parallel_for(1, [&](Index) { outside += !bf::detail::inside_stream(); });
    REQUIRE(outside == 1);
}

TEST_CASE("parallel_for: a stream inside runs on its own thread alone, in order", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    std::atomic<int> strangers{0};
    std::array<std::vector<Index>, 6> seen;
    bf::parallel_for(6, [&](Index i) {
        const auto here = std::this_thread::get_id();
        struct Slot {
            Index value = 0;
        };
        bf::stream<Slot>({.name = "test", .blocks = 20},
                         [&](Slot& slot, Index block) {
                             strangers += std::this_thread::get_id() != here;
                             slot.value = block * i;
                         },
                         [&](Slot& slot, Index) { seen[static_cast<std::size_t>(i)].push_back(slot.value); });
    });
    REQUIRE(strangers == 0);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        REQUIRE(seen[i].size() == 20);
        for (std::size_t block = 0; block < 20; ++block) REQUIRE(seen[i][block] == static_cast<Index>(block * i));
    }
}

TEST_CASE("parallel_for: inside a stream's work and sink, and inside itself", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    thread_local int depth = 0;
    std::atomic<int> taken_up{0}, calls{0};
    struct Slot {
        std::array<Index, 30> values{};
    };
    std::vector<Index> sums;
    bf::stream<Slot>({.name = "test", .blocks = 40},
                     [&](Slot& slot, Index block) {
                         // A thread that waits for its numbers must not take up another block.
                         taken_up += depth != 0;
                         ++depth;
                         bf::parallel_for(30, [&](Index i) {
                             ++calls;
                             if (i == 29) std::this_thread::yield();
                             slot.values[static_cast<std::size_t>(i)] = block * i;
                         });
                         --depth;
                     },
                     [&](Slot& slot, Index) {
                         std::array<Index, 3> thirds{};
                         bf::parallel_for(3, [&](Index third) {
                             bf::parallel_for(10, [&](Index) { ++calls; });
                             for (Index i = 0; i < 10; ++i)
                                 thirds[static_cast<std::size_t>(third)] += slot.values[static_cast<std::size_t>(10 * third + i)];
                         });
                         sums.push_back(thirds[0] + thirds[1] + thirds[2]);
                     });
    REQUIRE(taken_up == 0);
    REQUIRE(calls == 40 * (30 + 30));
    REQUIRE(sums.size() == 40);
    for (std::size_t block = 0; block < 40; ++block) REQUIRE(sums[block] == static_cast<Index>(block) * 29 * 15);
}

TEST_CASE("parallel_for: an exception inside a stream is that of its block", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    struct Slot {};
    Index done = 0;
    const auto run = [&] {
        bf::stream<Slot>({.name = "test", .blocks = 40},
                         [&](Slot&, Index block) {
                             bf::parallel_for(8, [&](Index i) {
                                 if (block < 11 || i < 5) return;
                                 throw std::runtime_error(std::to_string(block) + "/" + std::to_string(i));
                             });
                         },
                         [&](Slot&, Index) { ++done; });
    };
    REQUIRE_THROWS_WITH(run(), "11/5");
    REQUIRE(done == 11);
}
