#ifndef BLOCKFIT_ARRAY_REDUCTIONS_SUMS_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_SUMS_HPP

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/tile_task.hpp>

namespace blockfit {
inline namespace v1 {

/// The type of a sum of T's: double for real numbers, otherwise as numpy's on Linux int64 or, of unsigned, uint64.
template <class T>
using SumOf = std::conditional_t<
    std::floating_point<T>, double,
    std::conditional_t<std::unsigned_integral<T> && !std::same_as<T, bool>, std::uint64_t, std::int64_t>>;

namespace detail {

/// The sum of a column or row, without rounding for integers.
template <class T>
using Accumulator = std::conditional_t<std::floating_point<T>, DoubleSum, Int128>;

/// Throws DataError if the exact sum does not fit into its type.
template <class T>
[[nodiscard]] SumOf<T> sum_value(Int128 sum, ErrorPlace place = {}) {
    if (sum < std::numeric_limits<SumOf<T>>::min() || sum > std::numeric_limits<SumOf<T>>::max())
        throw DataError("sum: the total is beyond the range of " + std::string(dtype_name<SumOf<T>>()) +
                            "; sum astype<double>() instead",
                        std::move(place));
    return static_cast<SumOf<T>>(sum);
}
template <class T>
[[nodiscard]] double sum_value(const DoubleSum& sum, const ErrorPlace& = {}) {
    return sum.value();
}
[[nodiscard]] inline double to_double(Int128 sum) noexcept { return static_cast<double>(sum); }
[[nodiscard]] inline double to_double(const DoubleSum& sum) noexcept { return sum.value(); }

enum class SumKind { sum, mean };

template <class T, bool SkipNan, SumKind Kind>
class SumOp {
public:
    struct State {
        std::vector<Accumulator<T>> sums;
        std::vector<Index> nans;
        std::vector<double> work{};
    };
    explicit SumOp(Outputs outputs) : outputs_(outputs) {}

    State make(const Partial*) const {
        const auto n = static_cast<std::size_t>(outputs_.count);
        return {std::vector<Accumulator<T>>(n), std::vector<Index>(n)};
    }
    void add(State& s, MatrixView<const T> X, Index) const {
        if constexpr (std::floating_point<T>) {
            if (outputs_.by_column) sum_columns<SkipNan, false>(X, s.sums.data(), s.nans.data(), s.work);
            else
                for_each_strip(X,
                               [&](const T* x, Index n, Index) { s.sums[0].add(sum_strip<SkipNan>(x, n, s.nans[0])); });
        } else {
            if (outputs_.by_column) sum_columns(X, s.sums.data());
            else for_each_strip(X, [&](const T* x, Index n, Index) { s.sums[0] += sum_strip(x, n); });
        }
    }
    void merge(State& total, const State& block) const {
        for (std::size_t j = 0; j < total.sums.size(); ++j) {
            if constexpr (std::floating_point<T>) total.sums[j].add(block.sums[j]);
            else total.sums[j] += block.sums[j];
            total.nans[j] += block.nans[j];
        }
    }
    auto finish(const State& total) const {
        std::vector<std::conditional_t<Kind == SumKind::sum, SumOf<T>, double>> values;
        for (std::size_t j = 0; j < total.sums.size(); ++j)
            if constexpr (Kind == SumKind::sum)
                values.push_back(
                    sum_value<T>(total.sums[j], {.column = outputs_.by_column ? static_cast<Index>(j) : -1}));
            else values.push_back(to_double(total.sums[j]) / static_cast<double>(outputs_.elements - total.nans[j]));
        return values;
    }
    Index bytes(Index) const { return outputs_.count * 40; }

private:
    Outputs outputs_;
};

/// The sum of a row, and how many values went into it.
template <bool SkipNan, class T>
[[nodiscard]] Accumulator<T> sum_row(const T* x, Index n, Index& nans) {
    Accumulator<T> sum{};
    for (Index i = 0; i < n; i += strip_size) {
        const Index size = std::min(strip_size, n - i);
        if constexpr (std::floating_point<T>) sum.add(sum_strip<SkipNan>(x + i, size, nans));
        else sum += sum_strip(x + i, size);
    }
    return sum;
}
template <bool SkipNan, class T>
[[nodiscard]] ChunkedVector<SumOf<T>> sum_rows(std::string_view name, const ChunkedMatrix<T>& X) {
    return row_wise<SumOf<T>>(name, X, [](const T* x, Index n, Index row) {
        Index nans = 0;
        return sum_value<T>(sum_row<SkipNan>(x, n, nans), {.row = row});
    });
}
template <bool SkipNan, class T>
[[nodiscard]] ChunkedVector<double> mean_rows(std::string_view name, const ChunkedMatrix<T>& X) {
    return row_wise<double>(name, X, [](const T* x, Index n, Index) {
        Index nans = 0;
        const double sum = to_double(sum_row<SkipNan>(x, n, nans));
        return sum / static_cast<double>(n - nans);
    });
}

/// Of numbers that are never NaN, what skips NaN is what does not.
template <class T>
inline constexpr bool may_be_nan = std::floating_point<T>;

}  // namespace detail

/// The sum of all elements, of each column (axis<0>) or of each row (axis<1>, lazily). Of real numbers in double, to
/// about one unit in the last place of the sum of magnitudes; of integers and bool exact: throws DataError if it does
/// not fit into 64 bits. Of nothing: 0.
template <detail::AnyChunked Array>
[[nodiscard]] auto sum(const Array& array) {
    using T = typename Array::value_type;
    return detail::reduce_all<SumOf<T>, detail::SumOp<T, false, detail::SumKind::sum>>("sum", array);
}
template <class T, int A>
[[nodiscard]] auto sum(const ChunkedMatrix<T>& X, std::integral_constant<int, A>) {
    if constexpr (A == 0)
        return detail::reduce_columns<SumOf<T>, detail::SumOp<T, false, detail::SumKind::sum>>("sum", X);
    else return detail::sum_rows<false>("sum", X);
}
/// The same with NaN as 0.
template <detail::AnyChunked Array>
[[nodiscard]] auto nansum(const Array& array) {
    using T = typename Array::value_type;
    return detail::reduce_all<SumOf<T>, detail::SumOp<T, detail::may_be_nan<T>, detail::SumKind::sum>>("nansum", array);
}
template <class T, int A>
[[nodiscard]] auto nansum(const ChunkedMatrix<T>& X, std::integral_constant<int, A>) {
    constexpr bool skip = detail::may_be_nan<T>;
    if constexpr (A == 0)
        return detail::reduce_columns<SumOf<T>, detail::SumOp<T, skip, detail::SumKind::sum>>("nansum", X);
    else return detail::sum_rows<skip>("nansum", X);
}

/// The arithmetic mean in double, computed from the sum of `sum`. Of nothing: NaN.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<double> mean(const Array& array) {
    using T = typename Array::value_type;
    return detail::reduce_all<double, detail::SumOp<T, false, detail::SumKind::mean>>("mean", array);
}
template <class T, int A>
[[nodiscard]] auto mean(const ChunkedMatrix<T>& X, std::integral_constant<int, A>) {
    if constexpr (A == 0)
        return detail::reduce_columns<double, detail::SumOp<T, false, detail::SumKind::mean>>("mean", X);
    else return detail::mean_rows<false>("mean", X);
}
/// The mean of the values that are not NaN; NaN if there are none.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<double> nanmean(const Array& array) {
    using T = typename Array::value_type;
    return detail::reduce_all<double, detail::SumOp<T, detail::may_be_nan<T>, detail::SumKind::mean>>("nanmean", array);
}
template <class T, int A>
[[nodiscard]] auto nanmean(const ChunkedMatrix<T>& X, std::integral_constant<int, A>) {
    constexpr bool skip = detail::may_be_nan<T>;
    if constexpr (A == 0)
        return detail::reduce_columns<double, detail::SumOp<T, skip, detail::SumKind::mean>>("nanmean", X);
    else return detail::mean_rows<skip>("nanmean", X);
}

}  // namespace v1
}  // namespace blockfit

#endif
