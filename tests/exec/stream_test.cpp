#include <array>
#include <atomic>
#include <cstddef>
#include <numeric>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <blockfit/exec/stream.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr std::array<int, 4> thread_counts{1, 2, 3, 8};

/// Keeps a core busy. Empty assembly, as the thread sanitizer would make a volatile counter ten times slower.
void spin(Index steps) {
    for (Index i = 0; i < steps; ++i) asm volatile("" : : "r"(i));
}

/// Lets other threads overtake: returns when they have, or after a while, as nothing guarantees that there are any.
template <class Condition>
void wait_while_others(Condition have_not) {
    for (int i = 0; i < 2000 && have_not(); ++i) std::this_thread::yield();
}

std::vector<Index> numbers_to(Index n) {
    std::vector<Index> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), Index{0});
    return all;
}

/// Counts what is alive.
struct Counted {
    Counted() { rise(); }
    Counted(const Counted&) { rise(); }
    Counted& operator=(const Counted&) = default;
    ~Counted() { --live; }
    static void rise() {
        const Index now = ++live;
        for (Index most = peak; most < now && !peak.compare_exchange_weak(most, now);) {
        }
    }
    static inline std::atomic<Index> live{0};
    static inline std::atomic<Index> peak{0};
};

struct CountedSlot {
    Counted counted;
    std::vector<Index> values;
};

/// An exception that names its block and shows whether it was freed.
struct BlockFailure : std::runtime_error {
    BlockFailure(std::string stage, Index b) : std::runtime_error(stage), block(b) {}
    Index block;
    Counted counted{};
};

/// What a stream did, seen from outside.
struct Outcome {
    std::string stage = "complete";
    Index block = -1;
    std::vector<Index> sinks;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Work, class Sink>
Outcome run(Index blocks, Work work, Sink sink) {
    Outcome outcome;
    try {
        bf::stream<CountedSlot>({.name = "test", .blocks = blocks},
                                [&](CountedSlot&, Index block) { work(block); },
                                [&](CountedSlot&, Index block) {
                                    sink(block);
                                    outcome.sinks.push_back(block);
                                });
    } catch (const BlockFailure& failure) {
        outcome.stage = failure.what();
        outcome.block = failure.block;
    } catch (const bf::Cancelled&) {
        outcome.stage = "cancelled";
    }
    return outcome;
}

}  // namespace

TEST_CASE("stream: every block is worked on once and reaches the sink in order", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const Index blocks = GENERATE(0, 1, 2, 9, 10, 500);
    CAPTURE(threads, blocks);
    const bf::Settings settings({.threads = threads});
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(blocks));
    std::atomic<Index> works{0};
    std::vector<Index> seen, values;
    struct Slot {
        Index value = -1;
    };
    bf::stream<Slot>({.name = "test", .blocks = blocks},
                     [&](Slot& slot, Index block) {
                         // Every other block is overtaken by the next one.
                         if (threads > 1 && block % 2 == 0 && block + 1 < blocks)
                             wait_while_others([&] { return works < block + 1; });
                         ++works;
                         ++visits[static_cast<std::size_t>(block)];
                         slot.value = block * block;
                     },
                     [&](Slot& slot, Index block) {
                         seen.push_back(block);
                         values.push_back(slot.value);
                     });
    CHECK(seen == numbers_to(blocks));
    for (Index block = 0; block < blocks; ++block) {
        REQUIRE(visits[static_cast<std::size_t>(block)] == 1);
        REQUIRE(values[static_cast<std::size_t>(block)] == block * block);
    }
}

TEST_CASE("stream: a chain of sinks gives the same bits for any number of threads", "[exec]") {
    const auto chain = [](int threads) {
        const bf::Settings settings({.threads = threads});
        double state = 0.5;
        struct Slot {
            double value = 0;
        };
        bf::stream<Slot>({.name = "test", .blocks = 300},
                         [](Slot& slot, Index block) {
                             spin(block % 3 * 20000);
                             slot.value = 1.0 / static_cast<double>(block + 1);
                         },
                         [&](Slot& slot, Index) { state = 3.7 * state * (1 - state) + 1e-3 * slot.value; });
        return state;
    };
    const double serial = chain(1);
    for (const int threads : {2, 3, 8}) CHECK(chain(threads) == serial);
}

TEST_CASE("stream: at most threads + 1 slots exist, however slow the sink and however many the blocks", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const Index blocks = GENERATE(3, 40, 2000);
    CAPTURE(threads, blocks);
    const bf::Settings settings({.threads = threads});
    const Index allowed = threads == 1 ? 1 : std::min<Index>(threads + 1, blocks);
    Counted::peak = 0;
    std::atomic<Index> started{0}, finished{0}, most_in_flight{0};
    bf::stream<CountedSlot>({.name = "test", .blocks = blocks},
                            [&](CountedSlot& slot, Index) {
                                const Index in_flight = ++started - finished;
                                for (Index most = most_in_flight;
                                     most < in_flight && !most_in_flight.compare_exchange_weak(most, in_flight);) {
                                }
                                slot.values.resize(100);
                            },
                            [&](CountedSlot&, Index) {
                                spin(5000);
                                ++finished;
                            });
    CHECK(Counted::peak == allowed);
    CHECK(Counted::live == 0);
    CHECK(most_in_flight <= allowed);
    CHECK(finished == blocks);
}

TEST_CASE("stream: the memory limit bounds the slots", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    for (const Index fit : {1, 2, 3, 5, 100}) {
        CAPTURE(fit);
        const bf::Settings settings({.threads = threads, .memory_limit = fit * 1000 + 999});
        Counted::peak = 0;
        Index sinks = 0;
        bf::stream<CountedSlot>({.name = "test", .blocks = 60, .bytes_per_block = 1000, .block_rows = 10},
                                [](CountedSlot&, Index) {}, [&](CountedSlot&, Index) { ++sinks; });
        CHECK(Counted::peak == (threads == 1 ? 1 : std::min<Index>(threads + 1, fit)));
        CHECK(sinks == 60);
    }
}

TEST_CASE("stream: one block larger than the limit is an error before any work", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::Settings settings({.threads = threads, .memory_limit = 1'500'000});
    Index calls = 0;
    const auto count = [&](CountedSlot&, Index) { ++calls; };
    try {
        bf::stream<CountedSlot>({.name = "Scaler::fit", .blocks = 9, .bytes_per_block = 6'000'000, .block_rows = 4000},
                                count, count);
        FAIL("not refused");
    } catch (const bf::MemoryLimitError& error) {
        CHECK(error.code() == bf::ErrorCode::memory_limit);
        CHECK(std::string(error.what()) ==
              "Scaler::fit: a block of 4000 rows takes 6.0 MB, but memory_limit is 1.5 MB; raise Settings::memory_limit, "
              "or use block_rows of at most 1000");
    }
    CHECK(calls == 0);
    // If not even one row fits, fewer rows are no remedy.
    const bf::Settings tiny({.memory_limit = 1000});
    CHECK_THROWS_WITH((bf::stream<CountedSlot>(
                          {.name = "fit", .blocks = 1, .bytes_per_block = 2'000'000'000, .block_rows = 1}, count, count)),
                      "fit: a block of 1 rows takes 2.0 GB, but memory_limit is 1.0 kB; raise Settings::memory_limit");
    CHECK(calls == 0);
}

TEST_CASE("stream: the first bad block in order is the one reported", "[exec]") {
    constexpr Index blocks = 64, first_bad = 20;
    const int threads = GENERATE(1, 2, 8);
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    const Outcome expected{"work", first_bad, numbers_to(first_bad)};
    for (int repeat = 0; repeat < 200; ++repeat) {
        std::atomic<Index> failed{0};
        const Outcome outcome = run(
            blocks,
            [&](Index block) {
                if (block < first_bad) return;
                // Later blocks fail earlier.
                if (block == first_bad && threads > 1) wait_while_others([&] { return failed == 0; });
                ++failed;
                throw BlockFailure("work", block);
            },
            [](Index) {});
        REQUIRE(outcome == expected);
    }
    CHECK(Counted::live == 0);
}

TEST_CASE("stream: of failures in work and in sink the first in block order is reported", "[exec]") {
    const int threads = GENERATE(1, 2, 8);
    CAPTURE(threads);
    const bf::Settings settings({.threads = threads});
    struct Plan {
        Index bad_work, bad_sink;
        Outcome expected;
    };
    const std::vector<Plan> plans{
        {-1, 5, {"sink", 5, numbers_to(5)}},   // the sink alone
        {6, 5, {"sink", 5, numbers_to(5)}},    // the next block's work fails earlier in time, later in order
        {5, 5, {"work", 5, numbers_to(5)}},    // the same block: its sink is not reached
        {5, 4, {"sink", 4, numbers_to(4)}},
        {4, 5, {"work", 4, numbers_to(4)}},
        {0, 0, {"work", 0, {}}},
        {-1, 0, {"sink", 0, {}}},
        {29, 29, {"work", 29, numbers_to(29)}},  // the last block
        {-1, 29, {"sink", 29, numbers_to(29)}},
    };
    for (const Plan& plan : plans) {
        CAPTURE(plan.bad_work, plan.bad_sink);
        for (int repeat = 0; repeat < 50; ++repeat) {
            std::atomic<Index> works{0};
            const Outcome outcome = run(
                30,
                [&](Index block) {
                    ++works;
                    if (block == plan.bad_work) throw BlockFailure("work", block);
                },
                [&](Index block) {
                    if (block != plan.bad_sink) return;
                    if (threads > 1 && block < 29) wait_while_others([&] { return works <= block + 1; });
                    throw BlockFailure("sink", block);
                });
            REQUIRE(outcome == plan.expected);
        }
    }
    CHECK(Counted::live == 0);
}

TEST_CASE("stream: any exception passes unchanged, and the next stream is not affected", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::Settings settings({.threads = threads});
    const auto nothing = [](CountedSlot&, Index) {};
    const bf::StreamPlan plan{.name = "test", .blocks = 20};
    CHECK_THROWS_AS(bf::stream<CountedSlot>(plan, [](CountedSlot&, Index b) { if (b == 3) throw 42; }, nothing), int);
    CHECK_THROWS_AS(bf::stream<CountedSlot>(plan, nothing, [](CountedSlot&, Index b) { if (b == 3) throw 42; }), int);
    CHECK_THROWS_AS(
        bf::stream<CountedSlot>(plan, [](CountedSlot&, Index b) { if (b == 3) throw std::bad_alloc(); }, nothing),
        std::bad_alloc);
    struct Refusing {
        Refusing() { throw BlockFailure("slot", -1); }
    };
    CHECK_THROWS_AS(bf::stream<Refusing>(plan, [](Refusing&, Index) {}, [](Refusing&, Index) {}), BlockFailure);
    CHECK(run(20, [](Index) {}, [](Index) {}).sinks == numbers_to(20));
    CHECK(Counted::live == 0);
}

TEST_CASE("stream: what a block that failed left in its slot never reaches the sink", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::Settings settings({.threads = threads});
    struct Slot {
        bool half_done = false;
    };
    bool seen = false;
    CHECK_THROWS_AS(bf::stream<Slot>({.name = "test", .blocks = 40},
                                     [](Slot& slot, Index block) {
                                         slot.half_done = true;
                                         if (block == 11) throw BlockFailure("work", block);
                                         slot.half_done = false;
                                     },
                                     [&](Slot& slot, Index) { seen |= slot.half_done; }),
                    BlockFailure);
    CHECK_FALSE(seen);
}

TEST_CASE("stream: cancelled before it starts, it does nothing", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::CancelToken token;
    token.cancel();
    const bf::Settings settings({.threads = threads, .cancel = token});
    std::atomic<int> works{0};
    const Outcome outcome = run(10, [&](Index) { ++works; }, [](Index) {});
    CHECK(outcome == Outcome{"cancelled", -1, {}});
    CHECK(works == 0);
}

TEST_CASE("stream: cancelled from a sink, that sink is the last", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    for (const Index last : {0, 1, 17, 48}) {
        const bf::CancelToken token;
        const bf::Settings settings({.threads = threads, .cancel = token});
        std::atomic<Index> works{0};
        const Outcome outcome = run(50, [&](Index) { ++works; }, [&](Index block) {
            if (block != last) return;
            // The next blocks are ready by then, and must not get any further.
            if (threads > 1) wait_while_others([&] { return works <= last + 1; });
            token.cancel();
        });
        CHECK(outcome == Outcome{"cancelled", -1, numbers_to(last + 1)});
    }
    const bf::CancelToken token;
    const bf::Settings settings({.threads = threads, .cancel = token});
    CHECK_THROWS_WITH((bf::stream<CountedSlot>({.name = "Scaler::fit", .blocks = 50}, [](CountedSlot&, Index) {},
                                               [&](CountedSlot&, Index block) { if (block == 6) token.cancel(); })),
                      "Scaler::fit: cancelled after 7 of 50 blocks");
}

TEST_CASE("stream: a cancel in the last sink comes too late", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::CancelToken token;
    const bf::Settings settings({.threads = threads, .cancel = token});
    const Outcome outcome = run(50, [](Index) {}, [&](Index block) { if (block == 49) token.cancel(); });
    CHECK(outcome == Outcome{"complete", -1, numbers_to(50)});
}

TEST_CASE("stream: cancelled from work, the sinks that ran are the first ones and all complete", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    CAPTURE(threads);
    for (int repeat = 0; repeat < 50; ++repeat) {
        const bf::CancelToken token;
        const bf::Settings settings({.threads = threads, .cancel = token});
        const Outcome outcome = run(100, [&](Index block) { if (block == 30) token.cancel(); }, [](Index) {});
        REQUIRE(outcome.stage == "cancelled");
        REQUIRE(outcome.sinks.size() <= 31);
        REQUIRE(outcome.sinks == numbers_to(std::ssize(outcome.sinks)));
    }
    CHECK(Counted::live == 0);
}

TEST_CASE("stream: cancelled from another thread, an endless run ends", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::CancelToken token;
    std::atomic<bool> running{false};
    std::thread canceller([&] {
        while (!running) std::this_thread::yield();
        token.cancel();
    });
    const bf::Settings settings({.threads = threads, .cancel = token});
    Index next = 0;
    bool in_order = true;
    CHECK_THROWS_AS(bf::stream<CountedSlot>({.name = "test", .blocks = Index{1} << 60}, [](CountedSlot&, Index) {},
                                            [&](CountedSlot&, Index block) {
                                                in_order &= block == next++;
                                                if (block == 100) running = true;
                                            }),
                    bf::Cancelled);
    canceller.join();
    CHECK(in_order);
    CHECK(next > 100);
}

TEST_CASE("stream: a failure before a cancel is not hidden by it", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::CancelToken token;
    const bf::Settings settings({.threads = threads, .cancel = token});
    const Outcome outcome = run(50, [](Index) {}, [&](Index block) {
        if (block != 9) return;
        token.cancel();
        throw BlockFailure("sink", block);
    });
    CHECK(outcome == Outcome{"sink", 9, numbers_to(9)});
}

TEST_CASE("stream: work and sink see the settings of the caller, and threads forget them", "[exec]") {
    const int threads = GENERATE(2, 8);
    const auto limits_seen = [] {
        std::vector<Index> seen;
        std::atomic<int> at_work{0};
        struct Slot {
            Index limit = -1;
        };
        bf::stream<Slot>({.name = "test", .blocks = 200, .bytes_per_block = 1},
                         [&](Slot& slot, Index) {
                             ++at_work;
                             wait_while_others([&] { return at_work < 2; });
                             slot.limit = bf::Settings::current().memory_limit;
                             --at_work;
                         },
                         [&](Slot& slot, Index) {
                             seen.push_back(slot.limit);
                             seen.push_back(bf::Settings::current().memory_limit);
                         });
        return seen;
    };
    {
        const bf::Settings settings({.threads = threads, .memory_limit = 12345});
        CHECK(limits_seen() == std::vector<Index>(400, 12345));
        CHECK(bf::Settings::current().memory_limit == 12345);
    }
    CHECK(limits_seen() == std::vector<Index>(400, 0));
}

TEST_CASE("stream: inside another stream it runs alone on the calling thread", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bool in_sink = GENERATE(false, true);
    CAPTURE(threads, in_sink);
    const bf::Settings settings({.threads = threads, .memory_limit = 1000});
    std::atomic<int> strayed{0};
    std::atomic<Index> inner_sinks{0};
    const auto nested = [&] {
        const std::thread::id here = std::this_thread::get_id();
        Index next = 0;
        const auto check = [&] {
            if (std::this_thread::get_id() != here || bf::Settings::current().memory_limit != 1000) ++strayed;
        };
        bf::stream<CountedSlot>({.name = "inner", .blocks = 20, .bytes_per_block = 1},
                                [&](CountedSlot&, Index block) {
                                    if (threads > 1 && block == 0) wait_while_others([&] { return strayed == 0; });
                                    check();
                                },
                                [&](CountedSlot&, Index block) {
                                    check();
                                    if (block != next++) ++strayed;
                                    ++inner_sinks;
                                });
    };
    const Outcome outcome = run(
        50, [&](Index) { if (!in_sink) nested(); }, [&](Index) { if (in_sink) nested(); });
    CHECK(outcome == Outcome{"complete", -1, numbers_to(50)});
    CHECK(strayed == 0);
    CHECK(inner_sinks == 50 * 20);
    CHECK(Counted::live == 0);
}

TEST_CASE("stream: a failure in an inner stream is the failure of the outer block", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::Settings settings({.threads = threads});
    const Outcome outcome = run(
        30,
        [&](Index outer) {
            bf::stream<CountedSlot>({.name = "inner", .blocks = 5},
                                    [&](CountedSlot&, Index inner) {
                                        if (outer == 12 && inner == 3) throw BlockFailure("inner", inner);
                                    },
                                    [](CountedSlot&, Index) {});
        },
        [](Index) {});
    CHECK(outcome == Outcome{"inner", 3, numbers_to(12)});
    CHECK(Counted::live == 0);
}

// The thread sanitizer cannot see the hand-overs inside oneTBB's parallel_for either.
#ifndef BLOCKFIT_DETAIL_TSAN
TEST_CASE("stream: a parallel call inside work or sink never takes up another block", "[exec]") {
    const int threads = GENERATE(3, 8);
    const bf::Settings settings({.threads = threads});
    thread_local int inside = 0;
    std::atomic<int> intruders{0};
    std::atomic<Index> iterations{0};
    const auto parallel = [&] {
        if (inside++ != 0) ++intruders;
        const std::thread::id owner = std::this_thread::get_id();
        std::atomic<bool> shared{false};
        oneapi::tbb::parallel_for(
            oneapi::tbb::blocked_range<int>(0, 8, 1),
            [&](const auto& range) {
                // Another thread keeps a part of the loop, so that this one has to wait for it, and looks for other work.
                if (std::this_thread::get_id() != owner) {
                    shared = true;
                    spin(200000);
                } else {
                    wait_while_others([&] { return !shared; });
                }
                iterations += static_cast<Index>(range.size());
            },
            oneapi::tbb::simple_partitioner());
        --inside;
    };
    const auto alone = [&] {
        if (inside++ != 0) ++intruders;
        spin(400000);
        --inside;
    };
    SECTION("in work") {
        CHECK(run(50, [&](Index) { parallel(); }, [&](Index) { alone(); }) == Outcome{"complete", -1, numbers_to(50)});
    }
    SECTION("in sink") {
        CHECK(run(50, [&](Index) { alone(); }, [&](Index) { parallel(); }) == Outcome{"complete", -1, numbers_to(50)});
    }
    CHECK(intruders == 0);
    CHECK(iterations == 50 * 8);
}
#endif

TEST_CASE("stream: a cancelled group of the user's around it does not lose blocks", "[exec]") {
    const int threads = GENERATE(from_range(thread_counts));
    const bf::Settings settings({.threads = threads});
    oneapi::tbb::task_group_context context;
    Outcome outcome;
    oneapi::tbb::parallel_for(
        0, 1,
        [&](int) {
            context.cancel_group_execution();
            const bf::Settings inside({.threads = threads});
            outcome = run(100, [](Index) { spin(20000); }, [](Index) {});
        },
        context);
    CHECK(outcome == Outcome{"complete", -1, numbers_to(100)});
}

TEST_CASE("stream: runs in a user's arena and under a user's limit of threads", "[exec]") {
    const bf::Settings settings({.threads = 8});
    SECTION("arena") {
        oneapi::tbb::task_arena arena(2);
        Outcome outcome;
        arena.execute([&] {
            const bf::Settings inside({.threads = 8});
            outcome = run(100, [](Index) { spin(20000); }, [](Index) {});
        });
        CHECK(outcome == Outcome{"complete", -1, numbers_to(100)});
    }
    SECTION("limit") {
        const std::size_t allowed = GENERATE(1u, 2u, 3u);
        const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, allowed);
        Counted::peak = 0;
        CHECK(run(100, [](Index) { spin(20000); }, [](Index) {}) == Outcome{"complete", -1, numbers_to(100)});
        CHECK(Counted::peak == (allowed == 1 ? 1 : static_cast<Index>(allowed) + 1));
    }
}

TEST_CASE("stream: several at once, from threads of the user's", "[exec]") {
    std::vector<Outcome> outcomes(4);
    std::vector<std::thread> users;
    for (std::size_t user = 0; user < outcomes.size(); ++user)
        users.emplace_back([&, user] {
            const bf::Settings settings({.threads = static_cast<int>(user) + 1});
            const auto bad = static_cast<Index>(10 * user);
            outcomes[user] = run(
                200, [&](Index block) { if (block == bad && user > 0) throw BlockFailure("work", block); }, [](Index) {});
        });
    for (std::thread& user : users) user.join();
    CHECK(outcomes[0] == Outcome{"complete", -1, numbers_to(200)});
    for (Index user = 1; user < 4; ++user)
        CHECK(outcomes[static_cast<std::size_t>(user)] == Outcome{"work", 10 * user, numbers_to(10 * user)});
    CHECK(Counted::live == 0);
}
