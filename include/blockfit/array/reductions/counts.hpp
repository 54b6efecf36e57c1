#ifndef BLOCKFIT_ARRAY_REDUCTIONS_COUNTS_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_COUNTS_HPP

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/tile_task.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// How many of a strip of at most strip_size elements are not 0; NaN is not.
template <class T>
[[nodiscard]] inline Index count_strip(const T* x, Index n) noexcept {
    const Vector<T> zero{};
    auto counts = zero != zero;  // lanes of T's size, counting down: a byte holds those of a strip
    Index i = 0;
    for (; i + lanes_of<T> <= n; i += lanes_of<T>) counts += load_vector(x + i) != zero;
    Index count = 0;
    for (Index k = 0; k < lanes_of<T>; ++k) count -= static_cast<Index>(counts[k]);
    for (; i < n; ++i) count += x[i] != T(0);
    return count;
}
template <class T>
[[nodiscard]] Index count_row(const T* x, Index n) noexcept {
    Index count = 0;
    for (Index i = 0; i < n; i += strip_size) count += count_strip(x + i, std::min(strip_size, n - i));
    return count;
}

enum class CountKind { count, any, all };

template <CountKind Kind>
[[nodiscard]] constexpr auto count_value(Index count, Index n) noexcept {
    if constexpr (Kind == CountKind::count) return count;
    else if constexpr (Kind == CountKind::any) return count > 0;
    else return count == n;
}
template <CountKind Kind>
using CountOf = std::conditional_t<Kind == CountKind::count, Index, bool>;

template <class T, CountKind Kind>
class CountOp {
    using Mask = decltype(Vector<T>{} != Vector<T>{});
    using Lane = std::remove_cvref_t<decltype(Mask{}[0])>;
    static constexpr Index rows_of_a_lane = 128;  // a byte counts down so far

public:
    struct State {
        std::vector<Index> counts;
        std::vector<Lane> work{};
    };
    explicit CountOp(Outputs outputs) : outputs_(outputs) {}

    State make(const Partial*) const { return {std::vector<Index>(static_cast<std::size_t>(outputs_.count))}; }
    void add(State& s, MatrixView<const T> X, Index) const {
        if (!outputs_.by_column) {
            for_each_strip(X, [&](const T* x, Index n, Index) { s.counts[0] += count_strip(x, n); });
            return;
        }
        const Index d = X.cols();
        const Vector<T> zero{};
        for (Index begin = 0; begin < X.rows(); begin += rows_of_a_lane) {
            s.work.assign(s.counts.size(), Lane(0));
            Lane* const counts = s.work.data();
            for (Index i = begin; i < std::min(begin + rows_of_a_lane, X.rows()); ++i) {
                const T* const x = X.row(i).data();
                Index j = 0;
                for (; j + lanes_of<T> <= d; j += lanes_of<T>) {
                    Mask c;
                    std::memcpy(&c, counts + j, sizeof c);
                    c += load_vector(x + j) != zero;
                    std::memcpy(counts + j, &c, sizeof c);
                }
                for (; j < d; ++j) counts[j] = static_cast<Lane>(counts[j] - (x[j] != T(0)));
            }
            for (std::size_t j = 0; j < s.counts.size(); ++j) s.counts[j] -= static_cast<Index>(counts[j]);
        }
    }
    void merge(State& total, const State& block) const {
        for (std::size_t j = 0; j < total.counts.size(); ++j) total.counts[j] += block.counts[j];
    }
    auto finish(const State& total) const {
        std::vector<CountOf<Kind>> values;
        for (const Index count : total.counts) values.push_back(count_value<Kind>(count, outputs_.elements));
        return values;
    }
    Index bytes(Index) const { return outputs_.count * 16; }

private:
    Outputs outputs_;
};

template <CountKind Kind, class Array>
[[nodiscard]] Reduction<CountOf<Kind>> count_all(std::string_view name, const Array& array) {
    return reduce_all<CountOf<Kind>, CountOp<typename Array::value_type, Kind>>(name, array);
}
template <CountKind Kind, class T, int A>
[[nodiscard]] auto count_along(std::string_view name, const ChunkedMatrix<T>& X, std::integral_constant<int, A>) {
    if constexpr (A == 0) return reduce_columns<CountOf<Kind>, CountOp<T, Kind>>(name, X);
    else
        return row_wise<CountOf<Kind>>(
            name, X, [](const T* x, Index n, Index) { return count_value<Kind>(count_row(x, n), n); });
}

}  // namespace detail

/// How many elements are not 0, of all, of each column (axis<0>) or of each row (axis<1>, lazily). NaN counts.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Index> count_nonzero(const Array& array) {
    return detail::count_all<detail::CountKind::count>("count_nonzero", array);
}
template <class T, int A>
[[nodiscard]] auto count_nonzero(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::count_along<detail::CountKind::count>("count_nonzero", X, along);
}

/// Is any element not 0? NaN is not. Of nothing: false.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<bool> any(const Array& array) {
    return detail::count_all<detail::CountKind::any>("any", array);
}
template <class T, int A>
[[nodiscard]] auto any(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::count_along<detail::CountKind::any>("any", X, along);
}

/// Is no element 0? Of nothing: true.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<bool> all(const Array& array) {
    return detail::count_all<detail::CountKind::all>("all", array);
}
template <class T, int A>
[[nodiscard]] auto all(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::count_along<detail::CountKind::all>("all", X, along);
}

}  // namespace v1
}  // namespace blockfit

#endif
