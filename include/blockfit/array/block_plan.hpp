#ifndef BLOCKFIT_ARRAY_BLOCK_PLAN_HPP
#define BLOCKFIT_ARRAY_BLOCK_PLAN_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// Where the rows of an array are cut into blocks. A block is what one partial_fit call sees. Cheap to copy.
class BlockPlan {
public:
    BlockPlan() : BlockPlan(0, 1) {}
    /// Blocks of `block_rows` rows, the last one shorter. Throws ParameterError if rows < 0 or block_rows < 1.
    BlockPlan(Index rows, Index block_rows) {
        detail::require_parameter(rows >= 0, "BlockPlan", "rows is " + std::to_string(rows) + ", expected at least 0");
        detail::require_parameter(block_rows >= 1, "BlockPlan",
                                  "block_rows is " + std::to_string(block_rows) + ", expected at least 1");
        std::vector<Index> ends;
        ends.reserve(static_cast<std::size_t>(rows / block_rows + (rows % block_rows != 0)));
        for (Index begin = 0; begin < rows; begin += std::min(block_rows, rows - begin))
            ends.push_back(begin + std::min(block_rows, rows - begin));
        ends_ = std::make_shared<const std::vector<Index>>(std::move(ends));
    }
    /// Blocks that end before the given rows, ascending.
    explicit BlockPlan(std::vector<Index> ends) {
        Index last = 0;
        for (const Index end : ends) {
            detail::require_parameter(end > last, "BlockPlan", "block ends must ascend");
            last = end;
        }
        ends_ = std::make_shared<const std::vector<Index>>(std::move(ends));
    }

    /// Number of blocks.
    [[nodiscard]] Index size() const noexcept { return std::ssize(*ends_); }
    [[nodiscard]] Index rows() const noexcept { return ends_->empty() ? 0 : ends_->back(); }
    [[nodiscard]] RowRange operator[](Index block) const noexcept {
        const auto i = static_cast<std::size_t>(block);
        return {i == 0 ? 0 : (*ends_)[i - 1], (*ends_)[i]};
    }
    /// The block that holds `row`.
    [[nodiscard]] Index find(Index row) const noexcept { return std::ranges::upper_bound(*ends_, row) - ends_->begin(); }
    /// Rows of the largest block.
    [[nodiscard]] Index largest() const noexcept {
        Index most = 0;
        for (Index i = 0; i < size(); ++i) most = std::max(most, (*this)[i].size());
        return most;
    }
    /// The plan of rows [begin, end): the same cuts, counted from `begin`.
    [[nodiscard]] BlockPlan slice(RowRange range) const {
        std::vector<Index> ends;
        const auto last = std::ranges::lower_bound(*ends_, range.end);
        for (auto end = std::ranges::upper_bound(*ends_, range.begin); end < last; ++end) ends.push_back(*end - range.begin);
        if (range.size() > 0) ends.push_back(range.size());
        return BlockPlan(std::move(ends));
    }
    friend bool operator==(const BlockPlan& a, const BlockPlan& b) { return *a.ends_ == *b.ends_; }

private:
    std::shared_ptr<const std::vector<Index>> ends_;
};

struct BlockOptions {
    /// Rows a block; 0: chosen from the size of a row and, for a file, of its chunks. Fixes what each partial_fit sees.
    Index block_rows = 0;
};

namespace detail {

/// The rule for block_rows = 0, fixed for ever because the blocks are part of the result: the chunk's rows if such a
/// block has 1 to 128 MB; smaller chunks are grouped up to 16 MB; otherwise (or without chunks) the rows of 16 MB.
[[nodiscard]] inline Index choose_block_rows(Index requested, Index row_bytes, Index chunk_rows = 0) {
    require_parameter(requested >= 0, "block_rows", "got " + std::to_string(requested) + ", expected at least 1");
    if (requested > 0) return requested;
    constexpr Index MB = 1'000'000;
    row_bytes = std::max<Index>(row_bytes, 1);
    const Index rows = std::max<Index>(16 * MB / row_bytes, 1);
    if (chunk_rows <= 0 || chunk_rows > 128 * MB / row_bytes) return rows;
    if (chunk_rows * row_bytes >= MB) return chunk_rows;
    return std::max<Index>(rows / chunk_rows, 1) * chunk_rows;
}

/// Rows of a tile: what fits a core's cache while it is read, decoded, scaled and used. A power of two that depends on
/// the number of columns alone; moments are summed by it, so it is fixed for ever.
[[nodiscard]] constexpr Index tile_rows(Index cols) noexcept {
    Index rows = 4096;
    while (rows > 16 && rows * cols > 65536) rows /= 2;
    return rows;
}

/// Calls f(rows) for each tile of `range`. An error that names a row of the tile is made to count from range.begin.
template <class F>
void for_each_tile(RowRange range, Index rows_per_tile, F f) {
    for (Index begin = range.begin; begin < range.end; begin += rows_per_tile) {
        try {
            f(RowRange{begin, std::min(begin + rows_per_tile, range.end)});
        } catch (Error& error) {
            error.add_rows(begin - range.begin);
            throw;
        }
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
