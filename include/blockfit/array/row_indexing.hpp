#ifndef BLOCKFIT_ARRAY_ROW_INDEXING_HPP
#define BLOCKFIT_ARRAY_ROW_INDEXING_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/array/block_rows.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>

/// Rows of an array by step, by a mask, and by their numbers.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The plan of what is left of blocks that keep `kept` rows each, and which blocks those are.
struct KeptBlocks {
    std::vector<Index> ends;
    std::vector<Index> from;
    void add(Index block, Index kept) {
        if (kept == 0) return;
        ends.push_back((ends.empty() ? 0 : ends.back()) + kept);
        from.push_back(block);
    }
};

/// Rows begin, begin + step, ... before end (after it, if step < 0).
class StepSelection final : public RowSelection {
public:
    StepSelection(const BlockPlan& plan, RowRange range, Index step)
        : StepSelection(plan, range, step, kept_blocks(plan, range, step)) {}
    void pick(Index, RowRange rows, std::vector<Index>& out, Scratch&) const override {
        const auto [first, count] = within(range_, step_, rows);
        for (Index k = 0; k < count; ++k) out.push_back(first + k * step_ - rows.begin);
    }

private:
    StepSelection(const BlockPlan& plan, RowRange range, Index step, KeptBlocks kept)
        : RowSelection("rows", plan, BlockPlan(std::move(kept.ends)), std::move(kept.from), step > 0), range_(range), step_(step) {}

    /// The first of the rows that lie in a block, in the order of the result, and how many there are.
    [[nodiscard]] static std::pair<Index, Index> within(RowRange range, Index step, RowRange block) {
        const Index size = step > 0 ? step : -step;
        // Number of steps from range.begin to the first row of the block, or, backward, to its last.
        const Index ahead = step > 0 ? block.begin - range.begin : range.begin - (block.end - 1);
        const Index steps = ahead > 0 ? (ahead + size - 1) / size : 0;
        const Index first = range.begin + steps * step;
        const Index left = step > 0 ? std::min(block.end, range.end) - first : first - std::max(block.begin - 1, range.end);
        return {first, left > 0 ? (left + size - 1) / size : 0};
    }
    [[nodiscard]] static KeptBlocks kept_blocks(const BlockPlan& plan, RowRange range, Index step) {
        KeptBlocks kept;
        for (Index i = 0; i < plan.size(); ++i) {
            const Index b = step > 0 ? i : plan.size() - 1 - i;
            kept.add(b, within(range, step, plan[b]).second);
        }
        return kept;
    }

    RowRange range_;
    Index step_;
};

/// The rows for which a mask holds.
class MaskSelection final : public RowSelection {
public:
    MaskSelection(ChunkedVector<bool> mask, const BlockPlan& plan, KeptBlocks kept)
        : RowSelection("filter", plan, BlockPlan(std::move(kept.ends)), std::move(kept.from), true), mask_(std::move(mask)) {}
    void pick(Index, RowRange rows, std::vector<Index>& out, Scratch& scratch) const override {
        for_each_tile(rows, tile_rows(1), [&](RowRange tile) {
            const MatrixView<const bool> kept = mask_.source()->view(tile, scratch);
            for (Index i = 0; i < kept.rows(); ++i)
                if (kept(i, 0)) out.push_back(tile.begin - rows.begin + i);
        });
    }
    [[nodiscard]] Index scratch_bytes() const override { return mask_.source()->scratch_bytes(tile_rows(1)) + tile_rows(1); }
    void origins(std::vector<Origin>& list) const override { mask_.source()->origins(list); }

private:
    ChunkedVector<bool> mask_;
};

/// Counts the rows that a mask keeps of each block of `plan`, in one parallel pass over the mask.
[[nodiscard]] inline std::shared_ptr<const RowSelection> select_by_mask(const ChunkedVector<bool>& mask, const BlockPlan& plan) {
    require_same("filter", "length of the mask", mask.rows(), plan.rows());
    struct Slot {
        Scratch scratch;
        Index kept = 0;
    };
    KeptBlocks kept;
    const Index bytes = mask.source()->scratch_bytes(tile_rows(1)) + tile_rows(1);
    stream_blocks<Slot>(
        {.name = "filter", .plan = plan, .bytes_per_block = bytes, .fixed_bytes = bytes, .origins = mask.origins()},
        [&](Slot& slot, Index, RowRange rows) {
            slot.kept = 0;
            for_each_tile(rows, tile_rows(1), [&](RowRange tile) {
                const MatrixView<const bool> view = mask.source()->view(tile, slot.scratch);
                for (Index i = 0; i < view.rows(); ++i) slot.kept += view(i, 0);
            });
        },
        [&](Slot& slot, Index block, RowRange) { kept.add(block, slot.kept); });
    return std::make_shared<const MaskSelection>(mask, plan, std::move(kept));
}

/// Rows by number, in the order given.
template <class T>
class TakenRows final : public DerivedSource<T, T> {
public:
    TakenRows(Source<T> parent, std::vector<Index> rows)
        : DerivedSource<T, T>(parent, std::ssize(rows), parent->cols()), rows_(std::move(rows)) {}
    void read(RowRange range, MatrixView<T> out, Scratch& scratch) const override {
        const auto at = [this](Index k) { return rows_[static_cast<std::size_t>(k)]; };
        for (Index k = range.begin; k < range.end;) {
            Index last = k + 1;  // rows that follow each other are read together
            while (last < range.end && at(last) == at(last - 1) + 1) ++last;
            try {
                this->parent().read({at(k), at(last - 1) + 1}, out.rows(k - range.begin, last - range.begin), scratch);
            } catch (Error& error) {
                error.add_rows(k - range.begin);
                throw;
            }
            k = last;
        }
    }
    [[nodiscard]] Index own_scratch_bytes(Index rows) const override { return this->parent().scratch_bytes(rows); }
    std::string_view name() const noexcept override { return "take"; }

private:
    std::vector<Index> rows_;
};

/// Array::rows(begin, end, step).
template <class Array>
[[nodiscard]] Array step_rows(const Array& array, Index begin, Index end, Index step) {
    require_parameter(step != 0, "rows", "step is 0, expected another number");
    const Index n = array.rows();
    const bool inside = step > 0 ? begin >= 0 && begin <= end && end <= n : end >= -1 && end <= begin && begin < n;
    if (!inside)
        throw ShapeError("rows(" + std::to_string(begin) + ", " + std::to_string(end) + ", " + std::to_string(step) +
                         "): the array has " + std::to_string(n) + " rows");
    step = std::clamp(step, -std::max<Index>(n, 1), std::max<Index>(n, 1));  // larger ones would overflow, and are no different
    return select_rows(array, std::make_shared<const StepSelection>(array.plan(), RowRange{begin, end}, step));
}

/// Array::filter(mask).
template <class Array>
[[nodiscard]] Array filter_rows(const Array& array, const ChunkedVector<bool>& mask) {
    return select_rows(array, select_by_mask(mask, array.plan()));
}

/// Array::take(rows).
template <class Array>
[[nodiscard]] Array take_rows(const Array& array, std::vector<Index> rows) {
    for (const Index i : rows)
        if (i < 0 || i >= array.rows())
            throw ShapeError("take: row " + std::to_string(i) + " was asked for, the array has " + std::to_string(array.rows()));
    using T = typename Array::value_type;
    const BlockPlan plan(std::ssize(rows), choose_block_rows(0, array.row_bytes()));
    return {std::make_shared<TakenRows<T>>(array.source(), std::move(rows)), plan};
}

}  // namespace detail

/// Those rows of each array for which the mask holds, in the blocks that are left of each array's: filter(X.col(0) > 0,
/// X, y). The mask is read once now, to count them, and again whenever the result is read; the rest is lazy. Returns a
/// tuple, or the array if there is one. Throws ShapeError if the lengths differ; reading throws DataError if the mask
/// does not hold for as many rows as before.
template <class First, class... More>
[[nodiscard]] auto filter(const ChunkedVector<bool>& mask, const First& first, const More&... more) {
    (detail::require_same("filter", "number of rows of an array", more.rows(), first.rows()), ...);
    const auto selection = detail::select_by_mask(mask, first.plan());
    if constexpr (sizeof...(More) == 0) {
        return detail::select_rows(first, selection);
    } else {
        return std::tuple(detail::select_rows(first, selection), detail::select_rows(more, selection)...);
    }
}

}  // namespace v1
}  // namespace blockfit

#endif
