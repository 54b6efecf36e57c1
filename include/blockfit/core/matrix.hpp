#ifndef BLOCKFIT_CORE_MATRIX_HPP
#define BLOCKFIT_CORE_MATRIX_HPP

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/bool_vector.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// An owning row-major matrix: what in-memory calls return. Its rows are contiguous.
template <class T>
class Matrix {
    using Storage = std::conditional_t<std::is_same_v<T, bool>, detail::BoolVector, std::vector<T>>;

public:
    using value_type = T;

    Matrix() = default;
    /// rows x cols zeros. Throws ShapeError if a size is negative or their product too large.
    Matrix(Index rows, Index cols)
        : rows_(rows), cols_(cols), values_(static_cast<std::size_t>(detail::checked_product(rows, cols, "Matrix"))) {}
    /// Takes `values` over, row after row. Throws ShapeError unless there are rows*cols of them.
    Matrix(Index rows, Index cols, std::vector<T> values) : rows_(rows), cols_(cols), values_(std::move(values)) {
        detail::require_same("Matrix", "number of values", std::ssize(values_), detail::checked_product(rows, cols, "Matrix"));
    }
    /// {{1, 2}, {3, 4}}. Throws ShapeError if the rows differ in length.
    Matrix(std::initializer_list<std::initializer_list<T>> rows)
        : Matrix(std::ssize(rows), rows.size() == 0 ? 0 : std::ssize(*rows.begin())) {
        Index i = 0;
        for (const auto& row : rows) {
            detail::require_same("Matrix", "length of a row", std::ssize(row), cols_);
            std::ranges::copy(row, view().row(i++).begin());
        }
    }
    /// A copy of a view, packed.
    explicit Matrix(MatrixView<const T> view) : Matrix(view.rows(), view.cols()) {
        for (Index i = 0; i < rows_; ++i) std::ranges::copy(view.row(i), this->view().row(i).begin());
    }

    [[nodiscard]] Index rows() const noexcept { return rows_; }
    [[nodiscard]] Index cols() const noexcept { return cols_; }
    [[nodiscard]] T* data() noexcept { return values_.data(); }
    [[nodiscard]] const T* data() const noexcept { return values_.data(); }
    /// All values, row after row.
    [[nodiscard]] std::span<T> values() & noexcept { return values_; }
    [[nodiscard]] std::span<const T> values() const& noexcept { return values_; }
    /// Of a temporary they are handed over, so that `for (double v : X.compute().values())` is safe.
    [[nodiscard]] std::vector<T> values() && noexcept { return std::move(values_); }
    [[nodiscard]] T& operator()(Index i, Index j) noexcept { return view()(i, j); }
    [[nodiscard]] const T& operator()(Index i, Index j) const noexcept { return view()(i, j); }
    [[nodiscard]] std::span<T> row(Index i) noexcept { return view().row(i); }
    [[nodiscard]] std::span<const T> row(Index i) const noexcept { return view().row(i); }

    [[nodiscard]] MatrixView<T> view() noexcept { return {values_.data(), rows_, cols_}; }
    [[nodiscard]] MatrixView<const T> view() const noexcept { return {values_.data(), rows_, cols_}; }
    operator MatrixView<T>() noexcept { return view(); }
    operator MatrixView<const T>() const noexcept { return view(); }

    /// Changes the shape; memory once allocated is kept, values are unspecified afterwards.
    void resize(Index rows, Index cols) {
        values_.resize(static_cast<std::size_t>(detail::checked_product(rows, cols, "Matrix::resize")));
        rows_ = rows;
        cols_ = cols;
    }

    /// Same shape and equal values (NaN is not equal to NaN).
    friend bool operator==(const Matrix&, const Matrix&) = default;

private:
    Index rows_ = 0;
    Index cols_ = 0;
    Storage values_;
};

}  // namespace v1
}  // namespace blockfit

#endif
