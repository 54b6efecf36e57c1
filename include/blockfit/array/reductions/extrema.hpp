#ifndef BLOCKFIT_ARRAY_REDUCTIONS_EXTREMA_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_EXTREMA_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <blockfit/array/reductions/extremum.hpp>
#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/tile_task.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

template <class T, ExtremumKind Kind>
class ExtremumOp {
    using Of = ExtremumOf<T, Kind>;

public:
    using Value = std::conditional_t<Kind.index, Index, T>;
    struct State {
        std::vector<Extremum<T>> sums;
        std::vector<typename Of::Lane> most{}, totals{};
    };
    explicit ExtremumOp(std::string_view name, Outputs outputs) : name_(name), outputs_(outputs) {}

    State make(const Partial*) const { return {std::vector<Extremum<T>>(static_cast<std::size_t>(outputs_.count))}; }
    void add(State& s, MatrixView<const T> X, Index first_row) const {
        if (outputs_.by_column) Of::add_columns(s.sums, X, first_row, s.most, s.totals);
        else
            for_each_strip(X, [&](const T* x, Index n, Index first) {
                Of::add_strip(s.sums[0], x, n, first_row * X.cols() + first);
            });
    }
    void merge(State& total, const State& block) const {
        for (std::size_t j = 0; j < total.sums.size(); ++j) Of::merge(total.sums[j], block.sums[j]);
    }
    std::vector<Value> finish(const State& total) const {
        std::vector<Value> values;
        for (std::size_t j = 0; j < total.sums.size(); ++j)
            values.push_back(
                Of::value(name_, total.sums[j], {.column = outputs_.by_column ? static_cast<Index>(j) : -1}));
        return values;
    }
    Index bytes(Index) const { return outputs_.count * 40; }

private:
    std::string_view name_;  // a literal
    Outputs outputs_;
};

inline void require_elements(std::string_view name, Index elements) {
    if (elements == 0) throw ShapeError(std::string(name) + ": the array has no elements");
}

template <ExtremumKind Kind, class Array>
[[nodiscard]] auto extremum_all(std::string_view name, const Array& array) {
    using Op = ExtremumOp<typename Array::value_type, Kind>;
    require_elements(name, over_all(array).elements);
    return make_reduction<typename Op::Value>(name, array, Op(name, over_all(array)));
}
template <ExtremumKind Kind, class T, int A>
[[nodiscard]] auto extremum_along(std::string_view name, const ChunkedMatrix<T>& X, std::integral_constant<int, A>) {
    using Op = ExtremumOp<T, Kind>;
    require_elements(name, A == 0 ? X.rows() : X.cols());
    if constexpr (A == 0) {
        return make_reduction<std::vector<typename Op::Value>>(name, X, Op(name, over_columns(X)));
    } else {
        return row_wise<typename Op::Value>(name, X, [name](const T* x, Index n, Index row) {
            Extremum<T> sum;
            for (Index i = 0; i < n; i += strip_size)
                ExtremumOf<T, Kind>::add_strip(sum, x + i, std::min(strip_size, n - i), i);
            return ExtremumOf<T, Kind>::value(name, sum, {.row = row});
        });
    }
}

}  // namespace detail

/// The smallest or largest element, of all, of each column (axis<0>) or of each row (axis<1>, lazily). NaN if there is
/// a NaN; a zero comes without its sign. Throws ShapeError if there is no element.
template <detail::AnyChunked Array>
[[nodiscard]] auto min(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{}>("min", array);
}
template <class T, int A>
[[nodiscard]] auto min(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{}>("min", X, along);
}
template <detail::AnyChunked Array>
[[nodiscard]] auto max(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.max = true}>("max", array);
}
template <class T, int A>
[[nodiscard]] auto max(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.max = true}>("max", X, along);
}
/// The same of the elements that are not NaN; NaN if there are none.
template <detail::AnyChunked Array>
[[nodiscard]] auto nanmin(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.skip_nan = true}>("nanmin", array);
}
template <class T, int A>
[[nodiscard]] auto nanmin(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.skip_nan = true}>("nanmin", X, along);
}
template <detail::AnyChunked Array>
[[nodiscard]] auto nanmax(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.max = true, .skip_nan = true}>("nanmax", array);
}
template <class T, int A>
[[nodiscard]] auto nanmax(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.max = true, .skip_nan = true}>("nanmax", X, along);
}

/// Where the smallest or largest element is first: of a matrix i * cols + j for row i and column j, of each column
/// (axis<0>) the row, of each row (axis<1>, lazily) the column. The first NaN if there is one. Throws ShapeError if
/// there is no element.
template <detail::AnyChunked Array>
[[nodiscard]] auto argmin(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.index = true}>("argmin", array);
}
template <class T, int A>
[[nodiscard]] auto argmin(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.index = true}>("argmin", X, along);
}
template <detail::AnyChunked Array>
[[nodiscard]] auto argmax(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.max = true, .index = true}>("argmax", array);
}
template <class T, int A>
[[nodiscard]] auto argmax(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.max = true, .index = true}>("argmax", X, along);
}
/// The same of the elements that are not NaN. Computing throws DataError if there are none, in one column or row.
template <detail::AnyChunked Array>
[[nodiscard]] auto nanargmin(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.skip_nan = true, .index = true}>("nanargmin", array);
}
template <class T, int A>
[[nodiscard]] auto nanargmin(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.skip_nan = true, .index = true}>("nanargmin", X, along);
}
template <detail::AnyChunked Array>
[[nodiscard]] auto nanargmax(const Array& array) {
    return detail::extremum_all<detail::ExtremumKind{.max = true, .skip_nan = true, .index = true}>("nanargmax", array);
}
template <class T, int A>
[[nodiscard]] auto nanargmax(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along) {
    return detail::extremum_along<detail::ExtremumKind{.max = true, .skip_nan = true, .index = true}>("nanargmax", X,
                                                                                                      along);
}

}  // namespace v1
}  // namespace blockfit

#endif
