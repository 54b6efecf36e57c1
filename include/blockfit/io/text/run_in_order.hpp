#ifndef BLOCKFIT_IO_TEXT_RUN_IN_ORDER_HPP
#define BLOCKFIT_IO_TEXT_RUN_IN_ORDER_HPP

#include <functional>

#include <blockfit/array/block_source.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/exec/stream.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// `stream` with its types erased, so that the passes over text files compile it once.
inline void run_in_order(const StreamPlan& plan, const std::function<void(Scratch&, Index)>& work,
                         const std::function<void(Scratch&, Index)>& sink) {
    stream<Scratch>(
        plan, [&](Scratch& scratch, Index i) { work(scratch, i); },
        [&](Scratch& scratch, Index i) { sink(scratch, i); });
}

/// `stream_blocks` likewise.
inline void run_blocks_in_order(const BlockPass& pass, const std::function<void(Scratch&, RowRange)>& work,
                                const std::function<void(Scratch&, RowRange)>& sink) {
    const auto located = [&](const std::function<void(Scratch&, RowRange)>& call, Scratch& scratch, Index block) {
        const RowRange rows = pass.plan[block];
        try {
            call(scratch, rows);
        } catch (Error& error) {
            const Origin origin = pass.origins.empty() ? Origin{} : pass.origins.front();
            error.locate(block, rows.begin, origin.file, origin.dataset);
            throw;
        }
    };
    run_in_order(
        pass.stream_plan(), [&](Scratch& scratch, Index block) { located(work, scratch, block); },
        [&](Scratch& scratch, Index block) { located(sink, scratch, block); });
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
