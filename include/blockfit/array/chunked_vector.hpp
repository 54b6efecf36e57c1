#ifndef BLOCKFIT_ARRAY_CHUNKED_VECTOR_HPP
#define BLOCKFIT_ARRAY_CHUNKED_VECTOR_HPP

#include <array>
#include <memory>
#include <string_view>
#include <type_traits>

#include <blockfit/array/chunked_array.hpp>

namespace blockfit {
inline namespace v1 {

/// A lazy one-dimensional array in blocks of rows, such as y: a cheap handle on a source with one column.
template <class T>
class ChunkedVector : public detail::ChunkedArray<T, ChunkedVector<T>> {
public:
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "ChunkedVector<T>: T must be a number type of at most 64 bits");
    static constexpr std::string_view class_name = "ChunkedVector";
    static constexpr bool is_vector = true;
    using detail::ChunkedArray<T, ChunkedVector<T>>::ChunkedArray;

    [[nodiscard]] Index size() const noexcept { return this->rows(); }
    [[nodiscard]] std::array<Index, 1> shape() const noexcept { return {this->rows()}; }

    /// As element type U. Reading throws DataError at a value that U cannot hold.
    template <class U>
    [[nodiscard]] ChunkedVector<U> astype() const {
        if constexpr (std::is_same_v<U, T>) return *this;
        else return {std::make_shared<detail::Cast<U, T>>(this->source()), this->plan()};
    }
    /// f(block, out) for each block, both n x 1: lazily, on any thread. f is called again whenever the block is read.
    template <class U = T, class F>
    [[nodiscard]] ChunkedVector<U> map_blocks(F f) const {
        return {std::make_shared<detail::BlockMap<U, T, F>>(this->source(), this->plan(), 1, std::move(f)), this->plan()};
    }
};

namespace detail {
template <class A>
inline constexpr bool is_chunked_vector = false;
template <class T>
inline constexpr bool is_chunked_vector<ChunkedVector<T>> = true;
}  // namespace detail

}  // namespace v1
}  // namespace blockfit

#endif
