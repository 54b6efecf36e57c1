#ifndef BLOCKFIT_ARRAY_REDUCTIONS_TILE_TASK_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_TILE_TASK_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/reductions/task.hpp>
#include <blockfit/core/matrix.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// What an Op knows of some rows.
template <class State>
struct PartialOf : Partial {
    explicit PartialOf(State s) : state(std::move(s)) {}
    State state;
};

/// The reduction of a source of T's by an Op, which sees tiles of tile_rows(cols) rows counted from the start of their
/// block, the last one shorter, whatever rows the pass reads together: so the result depends on the blocks alone.
///
/// Op::State; make(before), add(state, tile, first_row), merge(total, block), finish(total) -> a vector with one value
/// for each output, bytes(rows); if need be total_bytes(), and `before()`, a task that must run first. R: that vector,
/// or its only value.
template <class T, class Op, class R>
class TileTask final : public ReductionTaskOf<R> {
public:
    TileTask(std::string_view name, Source<T> source, BlockPlan plan, std::vector<Origin> origins, Op op)
        : ReductionTaskOf<R>(name, std::move(plan), source->cols(), std::move(origins)),
          source_(std::move(source)),
          op_(std::move(op)),
          tile_rows_(detail::tile_rows(source_->cols())) {}

    const ReductionTask* before() const noexcept override {
        if constexpr (requires { op_.before(); }) return op_.before();
        else return nullptr;
    }
    std::unique_ptr<Partial> make(const Partial* before) const override {
        return std::make_unique<Rows>(op_.make(before));
    }
    void add(Partial& partial, RowRange rows, bool last, Scratch& scratch) const override {
        Rows& p = static_cast<Rows&>(partial);
        const MatrixView<const T> X = source_->view(rows, scratch);
        for (Index i = 0; i < X.rows();) {
            const Index left = X.rows() - i;
            if (p.held == 0 && (left >= tile_rows_ || last)) {
                const Index n = std::min(left, tile_rows_);
                op_.add(p.state, X.rows(i, i + n), rows.begin + i);
                i += n;
                continue;
            }
            const Index n = std::min(left, tile_rows_ - p.held);
            if (p.tile.rows() == 0) p.tile.resize(tile_rows_, X.cols());
            for (Index k = 0; k < n; ++k) std::ranges::copy(X.row(i + k), p.tile.row(p.held + k).begin());
            p.held += n;
            i += n;
            if (p.held == tile_rows_ || (last && i == X.rows())) {
                op_.add(p.state, std::as_const(p.tile).view().rows(0, p.held), rows.begin + i - p.held);
                p.held = 0;
            }
        }
    }
    void merge(Partial& total, Partial& block) const override {
        op_.merge(static_cast<Rows&>(total).state, static_cast<Rows&>(block).state);
    }
    R finish(const Partial& total) const override {
        auto values = op_.finish(static_cast<const Rows&>(total).state);
        if constexpr (std::is_same_v<R, decltype(values)>) return values;
        else return static_cast<R>(std::move(values[0]));
    }
    Index partial_bytes(Index rows) const override { return op_.bytes(rows); }
    Index total_bytes() const override {
        if constexpr (requires { op_.total_bytes(); }) return op_.total_bytes();
        else return op_.bytes(this->plan().rows());
    }
    Index view_bytes(Index rows) const override {
        // The second tile is `tile`, if arrays of other widths are read with this one.
        return source_->scratch_bytes(rows) + (rows + tile_rows_) * source_->cols() * static_cast<Index>(sizeof(T));
    }
    const void* array() const noexcept override { return source_.get(); }

private:
    struct Rows final : PartialOf<typename Op::State> {
        using PartialOf<typename Op::State>::PartialOf;
        Matrix<T> tile;  ///< rows that wait for the rest of theirs
        Index held = 0;
    };
    Source<T> source_;
    Op op_;
    Index tile_rows_;
};

template <class R, class Array, class Op>
[[nodiscard]] Reduction<R> make_reduction(std::string_view name, const Array& array, Op op) {
    using T = typename Array::value_type;
    static_assert(sizeof(T) <= 8, "reductions of long double are not supported; use astype<double>()");
    return Reduction<R>(
        std::make_shared<const TileTask<T, Op, R>>(name, array.source(), array.plan(), array.origins(), std::move(op)));
}

/// A matrix or vector with all its elements as one, or column by column, as reductions see it.
struct Outputs {
    Index count = 1;         ///< results
    Index elements = 0;      ///< that go into each
    bool by_column = false;  ///< one result a column
};
template <class Array>
[[nodiscard]] Outputs over_all(const Array& array) {
    return {1, checked_product(array.rows(), array.source()->cols(), "reduction"), false};
}
template <class T>
[[nodiscard]] Outputs over_columns(const ChunkedMatrix<T>& X) {
    return {X.cols(), X.rows(), true};
}

/// ChunkedMatrix or ChunkedVector.
template <class Array>
concept AnyChunked = std::is_same_v<Array, ChunkedMatrix<typename Array::value_type>> ||
    std::is_same_v<Array, ChunkedVector<typename Array::value_type>>;

/// An Op that is made from Outputs, over all elements and column by column.
template <class R, class Op, class Array>
[[nodiscard]] Reduction<R> reduce_all(std::string_view name, const Array& array) {
    return make_reduction<R>(name, array, Op(over_all(array)));
}
template <class R, class Op, class T>
[[nodiscard]] Reduction<std::vector<R>> reduce_columns(std::string_view name, const ChunkedMatrix<T>& X) {
    return make_reduction<std::vector<R>>(name, X, Op(over_columns(X)));
}

/// One value for each row: f(values, cols, row) on some thread whenever the rows are read; `row` is for errors.
template <class U, class T, class F>
[[nodiscard]] ChunkedVector<U> row_wise(std::string_view name, const ChunkedMatrix<T>& X, F f) {
    static_assert(sizeof(T) <= 8, "reductions of long double are not supported; use astype<double>()");
    const auto map = [f](MatrixView<const T> in, MatrixView<U> out) {
        for (Index i = 0; i < in.rows(); ++i) out(i, 0) = f(in.row(i).data(), in.cols(), i);
    };
    return {std::make_shared<RowMap<U, T, std::decay_t<decltype(map)>>>(X.source(), 1, name, map), X.plan()};
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
