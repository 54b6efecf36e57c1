#ifndef BLOCKFIT_ARRAY_BLOCK_ROWS_HPP
#define BLOCKFIT_ARRAY_BLOCK_ROWS_HPP

#include <algorithm>
#include <cassert>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/derived_sources.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

/// The source behind what keeps some rows of each block, or visits them in another order.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Chooses rows of the blocks of `parent_plan`: block b of `plan` holds chosen rows of the parent's block
/// parent_block(b). Arrays with the same rows (X and y) share one, and so choose once for each block that a reader
/// reads.
class RowSelection {
public:
    /// name: a literal, for printing and messages. from: for each block of `plan`, the number of its block of
    /// `parent_plan`. ascending: do the rows of each block keep their order?
    RowSelection(std::string_view name, BlockPlan parent_plan, BlockPlan plan, std::vector<Index> from, bool ascending)
        : name_(name),
          parent_plan_(std::move(parent_plan)),
          plan_(std::move(plan)),
          from_(std::move(from)),
          ascending_(ascending) {
        require_same(name_, "number of blocks", std::ssize(from_), plan_.size());
    }
    virtual ~RowSelection() = default;
    RowSelection(const RowSelection&) = delete;
    RowSelection& operator=(const RowSelection&) = delete;

    /// Appends the chosen rows of a block of the parent, which has the rows `rows`, as offsets from rows.begin: as many
    /// as the block of `plan` has, the same ones every time. `out` is empty and has room for one more.
    virtual void pick(Index parent_block, RowRange rows, std::vector<Index>& out, Scratch& scratch) const = 0;
    /// Bytes that pick needs in the scratch, `out` not counted.
    [[nodiscard]] virtual Index scratch_bytes() const { return 0; }
    /// Appends what pick reads from files.
    virtual void origins(std::vector<Origin>&) const {}

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] const BlockPlan& parent_plan() const noexcept { return parent_plan_; }
    [[nodiscard]] const BlockPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] bool ascending() const noexcept { return ascending_; }
    [[nodiscard]] Index parent_block(Index block) const noexcept { return from_[static_cast<std::size_t>(block)]; }

    /// The chosen rows of a block of `plan`, kept in the scratch until another block is asked for. Throws DataError if
    /// they are not as many as when the plan was made.
    [[nodiscard]] const std::vector<Index>& rows_of(Index block, Scratch& scratch) const {
        struct Picks {
            std::vector<Index> rows;
            Index block = -1;
        };
        Picks& picks = scratch.get<Picks>(this);
        if (picks.block == block) return picks.rows;
        const RowRange from = parent_plan_[parent_block(block)];
        const Index want = plan_[block].size();
        picks.block = -1;  // stays so if pick throws
        picks.rows.clear();
        picks.rows.reserve(static_cast<std::size_t>(want) + 1);
        pick(parent_block(block), from, picks.rows, scratch);
        if (std::ssize(picks.rows) != want)
            throw DataError(mismatch(name_, "number of rows chosen", std::ssize(picks.rows), want) +
                            "; the data changed since the array was made");
        assert(std::ranges::all_of(picks.rows, [&](Index i) { return i >= 0 && i < from.size(); }));
        assert(!ascending_ || std::ranges::adjacent_find(picks.rows, std::greater_equal<>()) == picks.rows.end());
        picks.block = block;
        return picks.rows;
    }

private:
    std::string_view name_;
    BlockPlan parent_plan_;
    BlockPlan plan_;
    std::vector<Index> from_;
    bool ascending_;
};

/// The rows that `selection` chooses of `parent`. Ascending ones are copied from tiles of the parent; for any other
/// order a reader holds the parent's block.
template <class T>
class BlockRows final : public DerivedSource<T, T> {
public:
    BlockRows(Source<T> parent, std::shared_ptr<const RowSelection> selection)
        : DerivedSource<T, T>(parent, selection->plan().rows(), parent->cols()), selection_(std::move(selection)) {
        require_same(selection_->name(), "number of rows", parent->rows(), selection_->parent_plan().rows());
    }

    void read(RowRange r, MatrixView<T> out, Scratch& scratch) const override {
        for (Index begin = r.begin; begin < r.end;) {
            const Index block = selection_->plan().find(begin);
            const RowRange whole = selection_->plan()[block];
            const RowRange part{begin, std::min(r.end, whole.end)};
            const RowRange wanted{part.begin - whole.begin, part.end - whole.begin};
            const MatrixView<T> target = out.rows(part.begin - r.begin, part.end - r.begin);
            try {
                const std::vector<Index>& rows = selection_->rows_of(block, scratch);
                const RowRange from = selection_->parent_plan()[selection_->parent_block(block)];
                if (selection_->ascending()) copy_tiles(rows, wanted, from.begin, target, scratch);
                else gather(rows, wanted, from, target, scratch);
            } catch (Error& error) {
                error.add_rows(part.begin - r.begin);
                throw;
            }
            begin = part.end;
        }
    }
    [[nodiscard]] Index own_scratch_bytes(Index) const override {
        const Index tile = tile_rows(this->cols());
        const BlockPlan& from = selection_->parent_plan();
        const Index held = this->parent().in_memory() ? 0 : selection_->ascending() ? tile : from.largest();
        return this->parent().scratch_bytes(tile) + held * this->cols() * static_cast<Index>(sizeof(T)) +
               selection_->plan().largest() * static_cast<Index>(sizeof(Index)) + selection_->scratch_bytes();
    }
    void origins(std::vector<Origin>& list) const override {
        this->parent().origins(list);
        selection_->origins(list);
    }
    std::string_view name() const noexcept override { return selection_->name(); }

private:
    static void copy_row(MatrixView<const T> in, Index i, MatrixView<T> out, Index k) {
        if (in.cols() == 1) out.data()[k * out.row_stride()] = in.data()[i * in.row_stride()];
        else std::copy_n(in.data() + i * in.row_stride(), in.cols(), out.data() + k * out.row_stride());
    }

    /// A row that the parent could not read, counted from row `first` of its block, is made to count from the first row
    /// wanted. The parent may have read rows that nobody wants: they have no number here.
    static void renumber(Error& error, Index first, const std::vector<Index>& rows, RowRange wanted) {
        if (error.row() < 0 || error.block() >= 0 || !error.dataset().empty()) return;
        const auto found = std::ranges::find(rows, first + error.row());
        const Index row = found == rows.end() ? -1 : std::max<Index>(found - rows.begin() - wanted.begin, -1);
        error.add_rows(row - error.row());
    }

    /// Rows rows[wanted] of the parent's block that starts at its row `start`, ascending, looked at in parts of a tile.
    /// Where the parts are cut depends on the rows chosen in the block, not on which of them are read, so that a part
    /// that two tiles of the result share is read once.
    void copy_tiles(const std::vector<Index>& rows, RowRange wanted, Index start, MatrixView<T> out,
                    Scratch& scratch) const {
        const auto at = [&rows](Index k) { return rows[static_cast<std::size_t>(k)]; };
        const Index tile = tile_rows(this->cols());
        // Rows that nobody wants are skipped if reading them would cost more than asking the parent once more.
        const Index row_bytes = std::max<Index>(this->cols(), 1) * static_cast<Index>(sizeof(T));
        const Index gap = std::max<Index>(16, 16384 / row_bytes);
        for (Index k = wanted.begin; k < wanted.end;) {
            const Index begin = at(k) / tile * tile;
            Index first = k;
            while (first > 0 && at(first - 1) >= begin && at(first) - at(first - 1) <= gap) --first;
            Index last = k + 1;
            while (last < std::ssize(rows) && at(last) < begin + tile && at(last) - at(last - 1) <= gap) ++last;
            const RowRange part{at(first), at(last - 1) + 1};
            try {
                const MatrixView<const T> in = this->parent().view({start + part.begin, start + part.end}, scratch);
                for (const Index end = std::min(last, wanted.end); k < end; ++k)
                    copy_row(in, at(k) - part.begin, out, k - wanted.begin);
            } catch (Error& error) {
                renumber(error, part.begin, rows, wanted);
                throw;
            }
        }
    }

    /// Rows rows[wanted] of the parent's block `from`, in any order.
    void gather(const std::vector<Index>& rows, RowRange wanted, RowRange from, MatrixView<T> out,
                Scratch& scratch) const {
        const MatrixView<const T> in = block(rows, wanted, from, scratch);
        for (Index k = wanted.begin; k < wanted.end; ++k)
            copy_row(in, rows[static_cast<std::size_t>(k)], out, k - wanted.begin);
    }
    /// The parent's block in memory: its own, or a copy, read by tile as the parent's temporaries would grow with the rows
    /// it is asked for.
    [[nodiscard]] MatrixView<const T> block(const std::vector<Index>& rows, RowRange wanted, RowRange from,
                                            Scratch& scratch) const {
        if (this->parent().in_memory()) return this->parent().view(from, scratch);
        struct Copy {
            Matrix<T> values;
            RowRange range{-1, -1};
        };
        Copy& copy = scratch.get<Copy>(this);
        if (copy.range != from) {
            copy.range = {-1, -1};  // stays so if read throws
            copy.values.resize(from.size(), this->cols());
            try {
                for_each_tile(from, tile_rows(this->cols()), [&](RowRange tile) {
                    const MatrixView<T> target =
                        copy.values.view().rows(tile.begin - from.begin, tile.end - from.begin);
                    this->parent().read(tile, target, scratch);
                });
            } catch (Error& error) {
                renumber(error, 0, rows, wanted);
                throw;
            }
            copy.range = from;
        }
        return std::as_const(copy.values).view();
    }

    std::shared_ptr<const RowSelection> selection_;
};

/// A ChunkedMatrix or a ChunkedVector.
template <class A>
concept BlockArray = requires(const A& array) {
    typename A::value_type;
    { array.source() } -> std::convertible_to<Source<typename A::value_type>>;
    { array.plan() } -> std::convertible_to<BlockPlan>;
};

/// The rows of `array` that `selection` chooses, in its blocks.
template <BlockArray A>
[[nodiscard]] A select_rows(const A& array, const std::shared_ptr<const RowSelection>& selection) {
    return A(std::make_shared<BlockRows<typename A::value_type>>(array.source(), selection), selection->plan());
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
