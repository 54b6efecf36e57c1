#ifndef BLOCKFIT_ARRAY_CHUNKED_MATRIX_HPP
#define BLOCKFIT_ARRAY_CHUNKED_MATRIX_HPP

#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_array.hpp>
#include <blockfit/array/chunked_vector.hpp>

namespace blockfit {
inline namespace v1 {

/// A lazy matrix in blocks of rows, as tall as a file: a cheap handle that hides where the rows come from. Nothing is
/// read before compute(), a fit, or a write asks for it.
template <class T>
class ChunkedMatrix : public detail::ChunkedArray<T, ChunkedMatrix<T>> {
public:
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "ChunkedMatrix<T>: T must be a number type of at most 64 bits");
    static constexpr std::string_view class_name = "ChunkedMatrix";
    static constexpr bool is_vector = false;
    using detail::ChunkedArray<T, ChunkedMatrix<T>>::ChunkedArray;

    [[nodiscard]] Index cols() const noexcept { return this->source()->cols(); }
    [[nodiscard]] std::array<Index, 2> shape() const noexcept { return {this->rows(), cols()}; }

    /// Columns by number, in the order given, repeats allowed. Throws ShapeError if one is not there.
    [[nodiscard]] ChunkedMatrix cols(std::vector<Index> columns) const {
        for (const Index j : columns) require_column(j);
        return {std::make_shared<detail::ColumnSelection<T>>(this->source(), std::move(columns)), this->plan()};
    }
    /// Columns [begin, end).
    [[nodiscard]] ChunkedMatrix cols(Index begin, Index end) const {
        if (begin < 0 || end < begin || end > cols())
            throw ShapeError("cols(" + std::to_string(begin) + ", " + std::to_string(end) + "): the matrix has " +
                             std::to_string(cols()) + " columns");
        std::vector<Index> columns(static_cast<std::size_t>(end - begin));
        std::iota(columns.begin(), columns.end(), begin);
        return cols(std::move(columns));
    }
    /// One column as a vector.
    [[nodiscard]] ChunkedVector<T> col(Index j) const {
        require_column(j);
        return {std::make_shared<detail::ColumnSelection<T>>(this->source(), std::vector{j}), this->plan()};
    }
    /// As element type U. Reading throws DataError at a value that U cannot hold.
    template <class U>
    [[nodiscard]] ChunkedMatrix<U> astype() const {
        if constexpr (std::is_same_v<U, T>) return *this;
        else return {std::make_shared<detail::Cast<U, T>>(this->source()), this->plan()};
    }

    /// f(MatrixView<const T> block, MatrixView<U> out) for each block: lazily, on any thread. out has `out_cols` columns
    /// (0: as many as this matrix). f is called again whenever the block is read.
    template <class U = T, class F>
    [[nodiscard]] ChunkedMatrix<U> map_blocks(F f, Index out_cols = 0) const {
        return {std::make_shared<detail::BlockMap<U, T, F>>(this->source(), this->plan(), out_cols == 0 ? cols() : out_cols,
                                                            std::move(f)),
                this->plan()};
    }
    /// As map_blocks for an f that treats each row alone: it is given a few rows at a time, while they are in cache.
    template <class U = T, class F>
    [[nodiscard]] ChunkedMatrix<U> map_rows(F f, Index out_cols = 0) const {
        return {std::make_shared<detail::RowMap<U, T, F>>(this->source(), out_cols == 0 ? cols() : out_cols, "map_rows",
                                                          std::move(f)),
                this->plan()};
    }

private:
    void require_column(Index j) const {
        if (j < 0 || j >= cols())
            throw ShapeError("column " + std::to_string(j) + " was asked for, the matrix has " + std::to_string(cols()));
    }
};

namespace detail {
template <class A>
inline constexpr bool is_chunked_matrix = false;
template <class T>
inline constexpr bool is_chunked_matrix<ChunkedMatrix<T>> = true;
}  // namespace detail

}  // namespace v1
}  // namespace blockfit

#endif
