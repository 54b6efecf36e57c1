#ifndef BLOCKFIT_EXEC_STREAM_HPP
#define BLOCKFIT_EXEC_STREAM_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/exec/settings.hpp>

#if defined(__SANITIZE_THREAD__)
#define BLOCKFIT_DETAIL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BLOCKFIT_DETAIL_TSAN 1
#endif
#endif
#ifdef BLOCKFIT_DETAIL_TSAN
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#endif

namespace blockfit {
inline namespace v1 {

/// What `stream` is to run.
struct StreamPlan {
    /// For messages: "StandardScaler::fit".
    std::string_view name;
    Index blocks = 0;
    /// Memory that one block in flight takes: its buffers and what its source needs to decode it.
    Index bytes_per_block = 0;
    /// For the remedy in the MemoryLimitError: the part of it that fewer rows would not lessen, and the rows of the
    /// largest block.
    Index fixed_bytes = 0;
    Index block_rows = 0;
};

namespace detail {

/// oneTBB is not built for the thread sanitizer, which cannot see its hand-overs: these show them.
inline void acquire([[maybe_unused]] void* what) noexcept {
#ifdef BLOCKFIT_DETAIL_TSAN
    __tsan_acquire(what);
#endif
}
inline void release([[maybe_unused]] void* what) noexcept {
#ifdef BLOCKFIT_DETAIL_TSAN
    __tsan_release(what);
#endif
}

/// The body of a pipeline stage. oneTBB copies it before the first task starts: each copy hands itself over, and what the
/// caller did before. (Without this the sanitizer sees the copy and its first use race. A suppression cannot help, as it
/// needs the stack of the copy, which the sanitizer has often forgotten by then.)
template <class F>
class Stage {
public:
    explicit Stage(const F& f) noexcept : f_(&f) { release(this); }
    Stage(const Stage& other) noexcept : f_(other.f_) { release(this); }
    Stage& operator=(const Stage&) = delete;
    template <class Argument>
    decltype(auto) operator()(Argument&& argument) const {
        acquire(const_cast<Stage*>(this));
        return (*f_)(argument);
    }

private:
    const F* f_;
};

/// True on a thread that is inside a work or sink of `stream`.
inline bool& inside_stream() {
    thread_local bool inside = false;
    return inside;
}

/// Gives the thread that runs one block the caller's settings.
class BlockScope {
public:
    explicit BlockScope(const SettingsParams& params) : outer_(Settings::current()), inside_(inside_stream()) {
        Settings::current() = params;
        inside_stream() = true;
    }
    ~BlockScope() {
        Settings::current() = outer_;
        inside_stream() = inside_;
    }
    BlockScope(const BlockScope&) = delete;
    BlockScope& operator=(const BlockScope&) = delete;

private:
    SettingsParams outer_;
    bool inside_;
};

[[nodiscard]] inline int thread_count(const SettingsParams& settings) {
    const auto allowed = static_cast<int>(
        oneapi::tbb::global_control::active_value(oneapi::tbb::global_control::max_allowed_parallelism));
    return settings.threads == 0 ? allowed : std::min(settings.threads, allowed);
}

/// How many blocks may be in flight. Throws MemoryLimitError if not even one may.
[[nodiscard]] inline Index blocks_in_flight(const StreamPlan& plan, const SettingsParams& settings, int threads) {
    const Index most = std::min<Index>(threads + 1, plan.blocks);
    if (most == 0) return 0;
    if (settings.memory_limit == 0 || plan.bytes_per_block == 0) return most;
    const Index fit = settings.memory_limit / plan.bytes_per_block;
    if (fit == 0) {
        const Index left = settings.memory_limit - plan.fixed_bytes;
        const Index growing = plan.bytes_per_block - plan.fixed_bytes;
        const double share = growing > 0 ? static_cast<double>(left) / static_cast<double>(growing) : 0.0;
        const auto rows = static_cast<Index>(static_cast<double>(plan.block_rows) * share);
        std::string remedy = "raise Settings::memory_limit";
        if (rows > 0) remedy += ", or use block_rows of at most " + std::to_string(rows);
        throw MemoryLimitError(std::string(plan.name) + ": a block of " + std::to_string(plan.block_rows) + " rows takes " +
                               bytes_to_text(plan.bytes_per_block) + ", but memory_limit is " +
                               bytes_to_text(settings.memory_limit) + "; " + remedy);
    }
    return std::min(most, fit);
}

[[nodiscard]] inline bool cancelled(const SettingsParams& settings) {
    return settings.cancel && settings.cancel->cancelled();
}

/// Throws the MemoryLimitError that `stream` would, for callers that must know before they change anything.
inline void require_memory(const StreamPlan& plan) { (void)blocks_in_flight(plan, Settings::current(), 1); }

/// The work and sink of a stream with their types erased, so that a program compiles what follows once.
struct StreamBody {
    void* context;
    void (*work)(void* context, Index slot, Index block);
    void (*sink)(void* context, Index slot, Index block);
};

/// `stream` on `slots` slots.
inline void run_stream(const StreamPlan& plan, const SettingsParams& settings, int threads, Index slots, const StreamBody& body) {
    Index done = 0;
    const auto require_all_done = [&] {
        if (done < plan.blocks)
            throw Cancelled(std::string(plan.name) + ": cancelled after " + std::to_string(done) + " of " +
                            std::to_string(plan.blocks) + " blocks");
    };

    if (threads == 1 || slots <= 1) {
        for (; done < plan.blocks && !cancelled(settings); ++done) {
            const BlockScope scope(settings);
            body.work(body.context, 0, done);
            body.sink(body.context, 0, done);
        }
        return require_all_done();
    }

    // Tokens are block numbers; block b always gets slot b % slots. A slot is free again when its block has left the
    // sink, which is what bounds the number of tokens. So none is lost when a stage throws.
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(slots));
    const auto failure_of = [&](Index block) -> std::exception_ptr& { return failures[static_cast<std::size_t>(block % slots)]; };
    Index next = 0;
    std::exception_ptr failure;
    std::atomic<bool> stop{false};
    char end = 0, in_order = 0, out_order = 0;  // addresses that stand for hand-overs

    namespace tbb = oneapi::tbb;
    const auto issue = [&](tbb::flow_control& control) -> Index {
        acquire(&in_order);
        acquire(&out_order);
        const Index block = next;
        const bool last = block == plan.blocks || stop || cancelled(settings);
        if (last) control.stop();
        else ++next;
        release(&in_order);
        release(last ? static_cast<void*>(&end) : &failure_of(block));
        return block;
    };
    const auto run_work = [&](Index block) -> Index {
        std::exception_ptr& failed = failure_of(block);
        acquire(&failed);
        if (!stop) {
            try {
                const BlockScope scope(settings);
                // Isolated, because a thread that waits inside work for a parallel call of the user's could otherwise
                // take up another block, its sink included.
                tbb::this_task_arena::isolate([&] { body.work(body.context, block % slots, block); });
            } catch (...) {
                failed = std::current_exception();
            }
        }
        release(&failed);
        return block;
    };
    const auto run_sink = [&](Index block) {
        std::exception_ptr& failed = failure_of(block);
        acquire(&failed);
        acquire(&out_order);
        if (!stop && !cancelled(settings)) {
            try {
                if (failed) std::rethrow_exception(failed);
                const BlockScope scope(settings);
                tbb::this_task_arena::isolate([&] { body.sink(body.context, block % slots, block); });
                ++done;
            } catch (...) {
                failure = std::current_exception();
                stop = true;
            }
        } else {
            stop = true;
        }
        release(&out_order);
        release(&failed);
        release(&end);
    };

    tbb::task_group_context context(tbb::task_group_context::isolated);
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_pipeline(static_cast<std::size_t>(slots),
                               tbb::make_filter<void, Index>(tbb::filter_mode::serial_in_order, Stage(issue)) &
                                   tbb::make_filter<Index, Index>(tbb::filter_mode::parallel, Stage(run_work)) &
                                   tbb::make_filter<Index, void>(tbb::filter_mode::serial_in_order, Stage(run_sink)),
                               context);
    });
    acquire(&end);
    if (failure) std::rethrow_exception(failure);
    require_all_done();
}

}  // namespace detail

/// The one way to run. `work(slot, block)` runs for blocks 0 ... blocks-1 on any thread, several at a time;
/// `sink(slot, block)` then runs for them one by one in block order, on the slot that the work filled.
///
/// At most threads + 1 slots exist, fewer if the memory limit says so: readers wait when the sink is slower. The first
/// exception in block order, from work or sink, is the one rethrown, whatever the number of threads; no later block's
/// sink runs. Throws Cancelled if the settings' token was triggered before the last block was done, MemoryLimitError
/// before any work if one block is larger than the limit. Inside another stream it runs on the calling thread alone.
template <class Slot, class Work, class Sink>
void stream(const StreamPlan& plan, Work work, Sink sink) {
    const SettingsParams settings = Settings::current();
    const int threads = detail::inside_stream() ? 1 : detail::thread_count(settings);
    const Index slots = threads == 1 ? std::min<Index>(detail::blocks_in_flight(plan, settings, 1), 1)
                                     : detail::blocks_in_flight(plan, settings, threads);
    struct Run {
        std::vector<Slot> pool;
        Work& work;
        Sink& sink;
        Slot& at(Index slot) { return pool[static_cast<std::size_t>(slot)]; }
    };
    Run run{std::vector<Slot>(static_cast<std::size_t>(slots)), work, sink};
    detail::run_stream(plan, settings, threads, slots,
                       {&run,
                        [](void* context, Index slot, Index block) {
                            Run& r = *static_cast<Run*>(context);
                            r.work(r.at(slot), block);
                        },
                        [](void* context, Index slot, Index block) {
                            Run& r = *static_cast<Run*>(context);
                            r.sink(r.at(slot), block);
                        }});
}

}  // namespace v1
}  // namespace blockfit

#endif
