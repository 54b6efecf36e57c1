#ifndef BLOCKFIT_ARRAY_REDUCTIONS_QUANTILE_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_QUANTILE_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/quantile_sketch.hpp>
#include <blockfit/array/reductions/sort_keys.hpp>
#include <blockfit/array/reductions/tile_task.hpp>
#include <blockfit/core/matrix.hpp>

namespace blockfit {
inline namespace v1 {

struct QuantileOptions {
    /// The most that the rank of a result may be wrong, as a part of the number of values. 0: exact, with all values in
    /// memory.
    double rank_error = 0.001;
};

/// A quantile and how far its rank is off at most, as a part of the number of values: 0 if it is exact.
struct Quantile {
    double value = 0;
    double rank_error = 0;
};
/// One value for each q, or for each column; rank_error holds for all of them.
struct Quantiles {
    std::vector<double> values;
    double rank_error = 0;
};
/// A row for each q, a column for each column.
struct QuantileTable {
    Matrix<double> values;
    double rank_error = 0;
};

namespace detail {

/// Quantiles of one sketch: exact ones as numpy's linear interpolation, otherwise the kept key that covers the rank.
/// Returns the error of their ranks.
inline double quantiles_of(const QuantileSketch& sketch, double (*value_of)(SortKey), const std::vector<double>& q,
                           double* values, Index step) {
    const Index n = sketch.count();
    const std::vector<QuantileSketch::Entry> entries = sketch.entries();
    for (std::size_t k = 0; k < q.size(); ++k) {
        double& value = values[static_cast<Index>(k) * step];
        if (n == 0) {
            value = std::numeric_limits<double>::quiet_NaN();
            continue;
        }
        const double rank = q[k] * static_cast<double>(n - 1);
        if (sketch.error() == 0) {
            const auto below = static_cast<std::size_t>(rank);
            const double a = value_of(entries[below].key);
            const double b = value_of(entries[std::min(below + 1, entries.size() - 1)].key);
            const double part = rank - static_cast<double>(below);
            const double difference = b - a;
            if (part == 0 || a == b) value = a;  // numpy has NaN here for infinities
            else value = part >= 0.5 ? b - difference * (1 - part) : a + difference * part;
            continue;
        }
        const auto wanted = std::min(static_cast<Index>(rank + 0.5), n - 1);
        Index covered = 0;
        for (const QuantileSketch::Entry& entry : entries) {
            covered += entry.weight;
            if (covered <= wanted) continue;
            value = value_of(entry.key);
            break;
        }
    }
    // Half a rank for rounding to a whole one.
    return sketch.error() == 0 ? 0.0 : (static_cast<double>(sketch.error()) + 0.5) / static_cast<double>(n);
}

/// R: Quantile, Quantiles (several q or several columns) or QuantileTable.
template <class T, bool SkipNan, class R>
class QuantileOp {
public:
    struct State {
        std::vector<QuantileSketch> sketches;
        std::vector<Index> nans;
        std::vector<SortKey> keys{}, work{};
    };
    QuantileOp(Outputs outputs, Index cols, std::vector<double> q, QuantileOptions options)
        : outputs_(outputs),
          cols_(cols),
          q_(std::move(q)),
          k_(QuantileSketch::buffer_size(outputs.elements, options.rank_error)) {}

    State make(const Partial*) const {
        const auto n = static_cast<std::size_t>(outputs_.count);
        return {std::vector<QuantileSketch>(n, QuantileSketch(k_)), std::vector<Index>(n)};
    }
    void add(State& s, MatrixView<const T> X, Index) const {
        if (!outputs_.by_column)
            return for_each_strip(X, [&](const T* x, Index n, Index) { add_values(s, 0, x, n, 1); });
        for (Index j = 0; j < X.cols(); ++j)
            add_values(s, static_cast<std::size_t>(j), X.data() + j, X.rows(), X.row_stride());
    }
    void merge(State& total, State& block) const {
        for (std::size_t j = 0; j < total.sketches.size(); ++j) {
            total.sketches[j].merge(block.sketches[j], total.work);
            total.nans[j] += block.nans[j];
        }
    }
    std::vector<R> finish(const State& total) const {
        const Index columns = outputs_.count;
        Matrix<double> values(std::ssize(q_), columns);
        double rank_error = 0;
        for (Index j = 0; j < columns; ++j) {
            const auto at = static_cast<std::size_t>(j);
            if (!SkipNan && total.nans[at] > 0) {
                for (Index k = 0; k < values.rows(); ++k) values(k, j) = std::numeric_limits<double>::quiet_NaN();
                continue;
            }
            rank_error =
                std::max(rank_error,
                         quantiles_of(
                             total.sketches[at], [](SortKey key) { return static_cast<double>(from_sort_key<T>(key)); },
                             q_, values.data() + j, columns));
        }
        if constexpr (std::is_same_v<R, Quantile>) return {{values(0, 0), rank_error}};
        else if constexpr (std::is_same_v<R, Quantiles>) return {{std::move(values).values(), rank_error}};
        else return {{std::move(values), rank_error}};
    }
    /// What is kept may have twice its size in a vector that grew, and is sorted as entries of 16 bytes, column by column.
    Index total_bytes() const { return 4 * bytes(outputs_.elements / (outputs_.by_column ? 1 : std::max<Index>(cols_, 1))); }
    Index bytes(Index rows) const {
        const Index n = outputs_.by_column ? rows : rows * cols_;
        return outputs_.count * (QuantileSketch::bytes(n, k_) + static_cast<Index>(sizeof(QuantileSketch)));
    }

private:
    void add_values(State& s, std::size_t output, const T* x, Index n, Index stride) const {
        s.keys.clear();
        for (Index i = 0; i < n; ++i) {
            const SortKey key = sort_key(x[i * stride]);
            if constexpr (std::floating_point<T>) {
                if (key == nan_key) {
                    ++s.nans[output];
                    continue;
                }
            }
            s.keys.push_back(key);
        }
        s.sketches[output].add(s.keys.data(), s.keys.size(), s.work);
    }
    Outputs outputs_;
    Index cols_;
    std::vector<double> q_;
    Index k_;
};

inline void require_quantiles(std::string_view name, const std::vector<double>& q, const QuantileOptions& options) {
    for (const double each : q)
        require_parameter(each >= 0 && each <= 1, name, "q is " + std::to_string(each) + ", expected 0 to 1");
    require_parameter(options.rank_error >= 0 && options.rank_error < 1, name,
                      "rank_error is " + std::to_string(options.rank_error) + ", expected at least 0 and less than 1");
}
template <bool SkipNan, class R, class Array>
[[nodiscard]] Reduction<R> quantile_of(std::string_view name, const Array& array, Outputs outputs,
                                       std::vector<double> q, QuantileOptions options) {
    require_quantiles(name, q, options);
    return make_reduction<R>(
        name, array,
        QuantileOp<typename Array::value_type, SkipNan, R>(outputs, array.source()->cols(), std::move(q), options));
}

}  // namespace detail

/// The value below which a part q of all elements is, as numpy.quantile, from little memory in one pass. Few values
/// give numpy's linear interpolation; of more the result is one of the values, and its rank is off by at most
/// rank_error, a bound that is tracked and returned beside it. The order of the values does not matter for it. NaN if
/// there is a NaN or no value at all. Throws ParameterError unless 0 <= q <= 1 and 0 <= rank_error < 1.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Quantile> quantile(const Array& array, double q, QuantileOptions options = {}) {
    return detail::quantile_of<false, Quantile>("quantile", array, detail::over_all(array), {q}, options);
}
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Quantiles> quantile(const Array& array, std::vector<double> q, QuantileOptions options = {}) {
    return detail::quantile_of<false, Quantiles>("quantile", array, detail::over_all(array), std::move(q), options);
}
/// Of each column.
template <class T>
[[nodiscard]] Reduction<Quantiles> quantile(const ChunkedMatrix<T>& X, double q, Axis0, QuantileOptions options = {}) {
    return detail::quantile_of<false, Quantiles>("quantile", X, detail::over_columns(X), {q}, options);
}
template <class T>
[[nodiscard]] Reduction<QuantileTable> quantile(const ChunkedMatrix<T>& X, std::vector<double> q, Axis0,
                                                QuantileOptions options = {}) {
    return detail::quantile_of<false, QuantileTable>("quantile", X, detail::over_columns(X), std::move(q), options);
}
/// The same of the values that are not NaN.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Quantile> nanquantile(const Array& array, double q, QuantileOptions options = {}) {
    return detail::quantile_of<true, Quantile>("nanquantile", array, detail::over_all(array), {q}, options);
}
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Quantiles> nanquantile(const Array& array, std::vector<double> q,
                                               QuantileOptions options = {}) {
    return detail::quantile_of<true, Quantiles>("nanquantile", array, detail::over_all(array), std::move(q), options);
}
template <class T>
[[nodiscard]] Reduction<Quantiles> nanquantile(const ChunkedMatrix<T>& X, double q, Axis0,
                                               QuantileOptions options = {}) {
    return detail::quantile_of<true, Quantiles>("nanquantile", X, detail::over_columns(X), {q}, options);
}
template <class T>
[[nodiscard]] Reduction<QuantileTable> nanquantile(const ChunkedMatrix<T>& X, std::vector<double> q, Axis0,
                                                   QuantileOptions options = {}) {
    return detail::quantile_of<true, QuantileTable>("nanquantile", X, detail::over_columns(X), std::move(q), options);
}

/// The quantile at 0.5.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Quantile> median(const Array& array, QuantileOptions options = {}) {
    return detail::quantile_of<false, Quantile>("median", array, detail::over_all(array), {0.5}, options);
}
template <class T>
[[nodiscard]] Reduction<Quantiles> median(const ChunkedMatrix<T>& X, Axis0, QuantileOptions options = {}) {
    return detail::quantile_of<false, Quantiles>("median", X, detail::over_columns(X), {0.5}, options);
}
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Quantile> nanmedian(const Array& array, QuantileOptions options = {}) {
    return detail::quantile_of<true, Quantile>("nanmedian", array, detail::over_all(array), {0.5}, options);
}
template <class T>
[[nodiscard]] Reduction<Quantiles> nanmedian(const ChunkedMatrix<T>& X, Axis0, QuantileOptions options = {}) {
    return detail::quantile_of<true, Quantiles>("nanmedian", X, detail::over_columns(X), {0.5}, options);
}

}  // namespace v1
}  // namespace blockfit

#endif
