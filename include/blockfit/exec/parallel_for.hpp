#ifndef BLOCKFIT_EXEC_PARALLEL_FOR_HPP
#define BLOCKFIT_EXEC_PARALLEL_FOR_HPP

#include <cstddef>
#include <exception>
#include <vector>

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <blockfit/core/error.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/exec/stream.hpp>

namespace blockfit {
inline namespace v1 {

/// Calls f(i) for 0 <= i < n, on any thread and several at a time: for independent work inside one block. Inside a
/// stream it uses the stream's threads, otherwise those of the settings. Every i is called; the exception of the
/// smallest i is the one rethrown.
template <class F>
void parallel_for(Index n, F f) {
    const SettingsParams settings = Settings::current();
    const int threads = detail::thread_count(settings);
    if (n <= 1) {
        if (n == 1) f(Index{0});
        return;
    }
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(n));
    char begin = 0, end = 0;  // addresses that stand for hand-overs
    const auto run_one = [&](Index i) {
        detail::acquire(&begin);
        try {
            const detail::BlockScope scope(settings);
            f(i);
        } catch (...) {
            failures[static_cast<std::size_t>(i)] = std::current_exception();
        }
        detail::release(&end);
    };
    // A pipeline, because of oneTBB's ways to run in parallel it is the one whose hand-overs are marked for the thread
    // sanitizer.
    namespace tbb = oneapi::tbb;
    Index next = 0;
    const auto issue = [&](tbb::flow_control& control) -> Index {
        detail::acquire(&begin);
        const Index i = next;
        const bool last = i == n;
        if (last) control.stop();
        else ++next;
        detail::release(last ? &end : &begin);
        return i;
    };
    const auto run = [&] {
        tbb::task_group_context context(tbb::task_group_context::isolated);
        tbb::parallel_pipeline(
            static_cast<std::size_t>(threads),
            tbb::make_filter<void, Index>(tbb::filter_mode::serial_in_order, detail::Stage(issue)) &
                tbb::make_filter<Index, void>(tbb::filter_mode::parallel, detail::Stage(run_one)),
            context);
    };
    detail::release(&begin);
    if (threads == 1)
        for (Index i = 0; i < n; ++i) run_one(i);
    // Isolated, because a thread that waits here could otherwise take up another block of the stream.
    else if (detail::inside_stream()) tbb::this_task_arena::isolate(run);
    else tbb::task_arena(threads).execute(run);
    detail::acquire(&end);
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

}  // namespace v1
}  // namespace blockfit

#endif
