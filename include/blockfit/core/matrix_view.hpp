#ifndef BLOCKFIT_CORE_MATRIX_VIEW_HPP
#define BLOCKFIT_CORE_MATRIX_VIEW_HPP

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {

/// Rows [begin, end).
struct RowRange {
    Index begin = 0;
    Index end = 0;
    [[nodiscard]] constexpr Index size() const noexcept { return end - begin; }
    friend bool operator==(const RowRange&, const RowRange&) = default;
};

/// A block of data: row-major, rows are samples, row_stride >= cols, not owning. Passed by value.
template <class T>
class MatrixView {
public:
    using value_type = std::remove_const_t<T>;

    constexpr MatrixView() noexcept = default;
    constexpr MatrixView(T* data, Index rows, Index cols) noexcept : MatrixView(data, rows, cols, cols) {}
    constexpr MatrixView(T* data, Index rows, Index cols, Index row_stride) noexcept
        : data_(data), rows_(rows), cols_(cols), row_stride_(row_stride) {
        assert(rows >= 0 && cols >= 0 && row_stride >= cols);
    }
    /// A view that may be written to is also one that may be read.
    constexpr operator MatrixView<const T>() const noexcept
        requires(!std::is_const_v<T>)
    {
        return {data_, rows_, cols_, row_stride_};
    }

    [[nodiscard]] constexpr T* data() const noexcept { return data_; }
    [[nodiscard]] constexpr Index rows() const noexcept { return rows_; }
    [[nodiscard]] constexpr Index cols() const noexcept { return cols_; }
    /// Distance between the starts of two rows, in elements.
    [[nodiscard]] constexpr Index row_stride() const noexcept { return row_stride_; }
    [[nodiscard]] constexpr bool contiguous() const noexcept { return row_stride_ == cols_ || rows_ <= 1; }

    [[nodiscard]] constexpr std::span<T> row(Index i) const noexcept {
        assert(i >= 0 && i < rows_);
        return {data_ + i * row_stride_, static_cast<std::size_t>(cols_)};
    }
    [[nodiscard]] constexpr T& operator()(Index i, Index j) const noexcept {
        assert(i >= 0 && i < rows_ && j >= 0 && j < cols_);
        return data_[i * row_stride_ + j];
    }
    [[nodiscard]] constexpr MatrixView rows(Index begin, Index end) const noexcept {
        assert(0 <= begin && begin <= end && end <= rows_);
        return {data_ + begin * row_stride_, end - begin, cols_, row_stride_};
    }
    [[nodiscard]] constexpr MatrixView rows(RowRange range) const noexcept { return rows(range.begin, range.end); }
    [[nodiscard]] constexpr MatrixView cols(Index begin, Index end) const noexcept {
        assert(0 <= begin && begin <= end && end <= cols_);
        return {data_ + begin, rows_, end - begin, row_stride_};
    }

private:
    T* data_ = nullptr;
    Index rows_ = 0;
    Index cols_ = 0;
    Index row_stride_ = 0;
};

}  // namespace v1
}  // namespace blockfit

#endif
