#ifndef BLOCKFIT_ARRAY_STREAM_BLOCKS_HPP
#define BLOCKFIT_ARRAY_STREAM_BLOCKS_HPP

#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/exec/stream.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// One pass over the blocks of an array.
struct BlockPass {
    std::string_view name;
    BlockPlan plan;
    Index bytes_per_block = 0;
    Index fixed_bytes = 0;  ///< the part of it that does not grow with the rows of a block
    std::vector<Origin> origins{};
    /// Blocks to visit, in this order; empty: all, from the first to the last.
    std::vector<Index> order{};

    [[nodiscard]] StreamPlan stream_plan() const {
        return {.name = name,
                .blocks = order.empty() ? plan.size() : std::ssize(order),
                .bytes_per_block = bytes_per_block,
                .fixed_bytes = fixed_bytes,
                .block_rows = plan.largest()};
    }
};

/// `stream` over blocks of rows: work(slot, block, rows), sink(slot, block, rows). Errors get their block, row, file
/// and dataset here.
template <class Slot, class Work, class Sink>
void stream_blocks(const BlockPass& pass, Work work, Sink sink) {
    const auto block_at = [&](Index i) { return pass.order.empty() ? i : pass.order[static_cast<std::size_t>(i)]; };
    const auto located = [&](Index i, auto call) {
        const Index block = block_at(i);
        const RowRange rows = pass.plan[block];
        try {
            call(block, rows);
        } catch (Error& error) {
            const Origin origin = pass.origins.empty() ? Origin{} : pass.origins.front();
            error.locate(block, rows.begin, origin.file, origin.dataset);
            throw;
        }
    };
    stream<Slot>(pass.stream_plan(),
                 [&](Slot& slot, Index i) { located(i, [&](Index block, RowRange rows) { work(slot, block, rows); }); },
                 [&](Slot& slot, Index i) { located(i, [&](Index block, RowRange rows) { sink(slot, block, rows); }); });
}

/// Reads rows of a source into `out`, tile by tile.
template <class T>
void read_by_tile(const BlockSource<T>& source, RowRange rows, MatrixView<T> out, Scratch& scratch) {
    for_each_tile(rows, tile_rows(source.cols()), [&](RowRange tile) {
        source.read(tile, out.rows(tile.begin - rows.begin, tile.end - rows.begin), scratch);
    });
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
