#ifndef BLOCKFIT_ARRAY_REDUCTIONS_VARIANCE_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_VARIANCE_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/convert.hpp>
#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/tile_task.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

struct VarianceOptions {
    /// The sum of squares is divided by the number of values less this.
    Index ddof = 0;
};

namespace detail {

/// Count, mean and sum of squared deviations of some values. The mean is kept in two doubles, so that joining many
/// small parts of numbers far from zero loses nothing.
struct Moment {
    double count = 0;
    DoubleSum mean;
    DoubleSum deviation;

    /// Joined with other values (Chan, Golub, LeVeque 1979).
    void add(const Moment& other) noexcept {
        if (other.count == 0) return;
        if (count == 0) {
            *this = other;
            return;
        }
        const double n = count + other.count;
        const double share = other.count / n;
        const double delta = (other.mean.high - mean.high) + (other.mean.low - mean.low);
        deviation.add(other.deviation);
        deviation.add(ordered::mul(ordered::mul(delta, delta), count * share));
        if (std::isfinite(delta)) mean.add(ordered::mul(delta, share));
        else mean = {ordered::mul(mean.high, count / n) + ordered::mul(other.mean.high, share), 0.0};
        count = n;
    }
};

/// From the mean to rounding, and the sums of the deviations from it and of their squares.
[[nodiscard]] inline Moment moment_from(double count, double mean, const DoubleSum& first,
                                        const DoubleSum& second) noexcept {
    const double sum = first.value();
    Moment result{count, {}, second};
    result.mean.add(mean);
    result.mean.add(sum / count);
    if (std::isfinite(second.high)) result.deviation.add(-ordered::mul(sum, sum) / count);
    if (result.deviation.value() < 0) result.deviation = {};
    return result;
}

/// The moment of n values a stride apart, of any kind: NaN left out if asked to, infinite, or with a sum beyond the
/// range. NaN that is not left out and infinity make the deviation NaN.
template <bool SkipNan, class T>
[[nodiscard]] Moment careful_moment(const T* x, Index n, Index stride) noexcept {
    const auto over_values = [&](auto f) {
        for (Index i = 0; i < n; ++i) {
            const double v = double(x[i * stride]);
            if (!SkipNan || v == v) f(v);
        }
    };
    double count = 0, mean = 0;
    over_values([&](double) { count += 1; });
    if (count == 0) return {};
    over_values([&](double v) { mean += v / count; });
    DoubleSum first, second;
    over_values([&](double v) {
        first.add(v - mean);
        second.add(ordered::mul(v - mean, v - mean));
    });
    return moment_from(count, mean, first, second);
}

/// The moment of all values of a tile of float or double: two passes while it is in cache.
template <bool SkipNan, class T>
[[nodiscard]] Moment moment_of_values(MatrixView<const T> X) {
    DoubleSum sum, first, second;
    Index nans = 0, ignored = 0;
    for_each_strip(X, [&](const T* x, Index n, Index) { sum.add(sum_strip<SkipNan>(x, n, nans)); });
    const auto count = static_cast<double>(X.rows() * X.cols() - nans);
    const double mean = sum.value() / count;
    if (!std::isfinite(mean)) {
        Moment result;
        for_each_strip(X, [&](const T* x, Index n, Index) { result.add(careful_moment<SkipNan>(x, n, 1)); });
        return result;
    }
    for_each_strip(X, [&](const T* x, Index n, Index) {
        first.add(sum_strip<SkipNan>(x, n, ignored, mean));
        second.add(sum_strip<SkipNan, true>(x, n, ignored, mean));
    });
    return moment_from(count, mean, first, second);
}

/// The variance of n values; NaN as numpy when the divisor is not positive.
template <bool SkipNan>
[[nodiscard]] double variance_of(double deviation, double n, double ddof) {
    if (SkipNan && n - ddof <= 0) return std::numeric_limits<double>::quiet_NaN();
    return deviation / std::max(n - ddof, 0.0);
}

template <class T>
[[nodiscard]] MatrixView<const RealOf<T>> as_real(MatrixView<const T> X, [[maybe_unused]] Matrix<RealOf<T>>& buffer) {
    if constexpr (std::floating_point<T>) {
        return X;
    } else {
        buffer.resize(X.rows(), X.cols());
        for (Index i = 0; i < X.rows(); ++i)
            std::ranges::transform(X.row(i), buffer.row(i).begin(), [](T x) { return static_cast<double>(x); });
        return std::as_const(buffer).view();
    }
}

template <class T, bool SkipNan, bool Root>
class VarianceOp {
public:
    struct State {
        std::vector<Moment> moments;
        std::vector<DoubleSum> sums{}, squares{};
        std::vector<Index> nans{};
        std::vector<double> means{}, work{};
        Matrix<RealOf<T>> real{};
    };
    VarianceOp(Outputs outputs, VarianceOptions options)
        : outputs_(outputs), ddof_(static_cast<double>(options.ddof)) {}

    State make(const Partial*) const { return {std::vector<Moment>(static_cast<std::size_t>(outputs_.count))}; }
    void add(State& s, MatrixView<const T> values, Index) const {
        const MatrixView<const RealOf<T>> X = as_real(values, s.real);
        if (!outputs_.by_column) {
            s.moments[0].add(moment_of_values<SkipNan>(X));
            return;
        }
        const std::size_t d = s.moments.size();
        s.sums.assign(d, {});
        s.squares.assign(d, {});
        s.nans.assign(d, 0);
        s.means.resize(d);
        const auto count = [&](std::size_t j) { return static_cast<double>(X.rows() - s.nans[j]); };
        sum_columns<SkipNan, false>(X, s.sums.data(), s.nans.data(), s.work);
        for (std::size_t j = 0; j < d; ++j) s.means[j] = s.sums[j].value() / count(j);
        s.sums.assign(d, {});
        sum_columns<SkipNan, true>(X, s.sums.data(), s.nans.data(), s.work, s.means.data(), s.squares.data());
        for (std::size_t j = 0; j < d; ++j)
            s.moments[j].add(std::isfinite(s.means[j])
                                 ? moment_from(count(j), s.means[j], s.sums[j], s.squares[j])
                                 : careful_moment<SkipNan>(X.data() + static_cast<Index>(j), X.rows(), X.row_stride()));
    }
    void merge(State& total, const State& block) const {
        for (std::size_t j = 0; j < total.moments.size(); ++j) total.moments[j].add(block.moments[j]);
    }
    std::vector<double> finish(const State& total) const {
        std::vector<double> values;
        for (const Moment& m : total.moments) {
            const double value = variance_of<SkipNan>(m.deviation.value(), m.count, ddof_);
            values.push_back(Root ? std::sqrt(value) : value);
        }
        return values;
    }
    /// Integers are converted tile by tile.
    Index bytes(Index) const {
        const Index tile = std::floating_point<T> ? 0 : std::max<Index>(65536, 16 * outputs_.count);
        return outputs_.count * 128 + tile * static_cast<Index>(sizeof(double));
    }

private:
    Outputs outputs_;
    double ddof_;
};

template <bool SkipNan, bool Root, class Array>
[[nodiscard]] Reduction<double> variance_all(std::string_view name, const Array& array, VarianceOptions options) {
    using T = typename Array::value_type;
    return make_reduction<double>(name, array, VarianceOp < T, SkipNan && std::floating_point<T>,
                                  Root > (over_all(array), options));
}
template <bool SkipNan, bool Root, class T, int A>
[[nodiscard]] auto variance_along(std::string_view name, const ChunkedMatrix<T>& X, std::integral_constant<int, A>,
                                  VarianceOptions options) {
    if constexpr (A == 0) {
        return make_reduction<std::vector<double>>(name, X, VarianceOp < T, SkipNan && std::floating_point<T>,
                                                   Root > (over_columns(X), options));
    } else {
        return row_wise<double>(name, X, [ddof = static_cast<double>(options.ddof)](const T* x, Index n, Index) {
            Matrix<RealOf<T>> real;
            const Moment row = moment_of_values<SkipNan>(as_real(MatrixView<const T>(x, 1, n), real));
            const double value = variance_of<SkipNan>(row.deviation.value(), row.count, ddof);
            return Root ? std::sqrt(value) : value;
        });
    }
}

}  // namespace detail

/// The variance of all elements, of each column (axis<0>) or of each row (axis<1>, lazily): the mean squared deviation
/// from the mean, the sum divided by n - ddof. In double, two passes over a tile in cache, tiles joined as by Chan,
/// Golub and LeVeque (1979). NaN if there is a NaN or an infinite value, or n is 0.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<double> var(const Array& array, VarianceOptions options = {}) {
    return detail::variance_all<false, false>("var", array, options);
}
template <class T, int A>
[[nodiscard]] auto var(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along, VarianceOptions options = {}) {
    return detail::variance_along<false, false>("var", X, along, options);
}
/// The same of the values that are not NaN; NaN if there are no more than ddof.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<double> nanvar(const Array& array, VarianceOptions options = {}) {
    return detail::variance_all<true, false>("nanvar", array, options);
}
template <class T, int A>
[[nodiscard]] auto nanvar(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along,
                          VarianceOptions options = {}) {
    return detail::variance_along<true, false>("nanvar", X, along, options);
}
/// The standard deviation, numpy's std: the square root of `var`.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<double> stddev(const Array& array, VarianceOptions options = {}) {
    return detail::variance_all<false, true>("stddev", array, options);
}
template <class T, int A>
[[nodiscard]] auto stddev(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along,
                          VarianceOptions options = {}) {
    return detail::variance_along<false, true>("stddev", X, along, options);
}
/// numpy's nanstd: the square root of `nanvar`.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<double> nanstddev(const Array& array, VarianceOptions options = {}) {
    return detail::variance_all<true, true>("nanstddev", array, options);
}
template <class T, int A>
[[nodiscard]] auto nanstddev(const ChunkedMatrix<T>& X, std::integral_constant<int, A> along,
                             VarianceOptions options = {}) {
    return detail::variance_along<true, true>("nanstddev", X, along, options);
}

}  // namespace v1
}  // namespace blockfit

#endif
