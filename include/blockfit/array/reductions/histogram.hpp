#ifndef BLOCKFIT_ARRAY_REDUCTIONS_HISTOGRAM_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_HISTOGRAM_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/reductions/extremum.hpp>
#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/tile_task.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// Values in [edges[k], edges[k + 1]) are counted in counts[k]; the last bin has its right edge too.
struct Histogram {
    std::vector<Index> counts;
    std::vector<double> edges;
    friend bool operator==(const Histogram&, const Histogram&) = default;
};

/// Values outside are not counted.
struct HistogramRange {
    double low = 0;
    double high = 1;
};

namespace detail {

/// The bins of a histogram. Equal ones are found by a product, then corrected by their edges, as numpy does.
struct Bins {
    std::vector<double> edges;
    bool equal = false;
    double scale = 0;  ///< bins a unit, if they are equal

    /// As numpy.linspace. Edges of float data are rounded to float, as there.
    [[nodiscard]] static Bins equal_bins(Index bins, HistogramRange range, bool of_float) {
        if (range.low == range.high) range = {range.low - 0.5, range.high + 0.5};
        Bins result;
        const double step = (range.high - range.low) / static_cast<double>(bins);
        result.edges.resize(static_cast<std::size_t>(bins) + 1);
        for (Index i = 0; i < bins; ++i)
            result.edges[static_cast<std::size_t>(i)] = ordered::mul(static_cast<double>(i), step) + range.low;
        result.edges.back() = range.high;
        if (of_float)
            for (double& edge : result.edges) edge = double(static_cast<float>(edge));
        result.scale = static_cast<double>(bins) / (range.high - range.low);
        result.equal = std::isfinite(result.scale) && std::isfinite(step) && step > 0;
        return result;
    }

    /// Counts n values; counts has a place more, for those outside.
    void count(const double* x, Index n, Index* counts) const noexcept {
        const Index bins = std::ssize(edges) - 1;
        const double* const edge = edges.data();
        const double low = edge[0], high = edge[bins];
        if (!equal) {
            for (Index i = 0; i < n; ++i) {
                if (!(x[i] >= low && x[i] <= high)) continue;
                // The last bin that begins at x or before, without branches that depend on x.
                const double* bin = edge;
                for (Index left = bins; left > 1;) {
                    const Index half = left / 2;
                    bin += bin[half] <= x[i] ? half : 0;
                    left -= half;
                }
                ++counts[bin - edge];
            }
            return;
        }
        const double last = static_cast<double>(bins - 1);
        for (Index i = 0; i < n; ++i) {
            const double v = x[i];
            const bool inside = v >= low && v <= high;
            double place = ordered::mul(v - low, scale);
            place = place < last ? place : last;
            place = inside ? place : 0.0;  // NaN too
            Index k = static_cast<Index>(place);
            while (k > 0 && v < edge[k]) --k;
            while (k < bins - 1 && v >= edge[k + 1]) ++k;
            ++counts[inside ? k : bins];
        }
    }
};

/// Finds the smallest and the largest value, and whether there is a NaN.
template <class T>
class RangeOp {
public:
    struct State {
        Extremum<T> min{}, max{};
    };
    State make(const Partial*) const { return {}; }
    void add(State& s, MatrixView<const T> X, Index) const {
        for_each_strip(X, [&](const T* x, Index n, Index first) {
            ExtremumOf<T, smallest>::add_strip(s.min, x, n, first);
            ExtremumOf<T, largest>::add_strip(s.max, x, n, first);
        });
    }
    void merge(State& total, const State& block) const {
        ExtremumOf<T, smallest>::merge(total.min, block.min);
        ExtremumOf<T, largest>::merge(total.max, block.max);
    }
    std::vector<HistogramRange> finish(const State& s) const {
        return {{double(ExtremumOf<T, smallest>::value("histogram", s.min, {})),
                 double(ExtremumOf<T, largest>::value("histogram", s.max, {}))}};
    }
    Index bytes(Index) const { return static_cast<Index>(sizeof(State)); }
};

template <class T>
class HistogramOp {
public:
    using RangeTask = TileTask<T, RangeOp<T>, HistogramRange>;
    struct State {
        std::shared_ptr<const Bins> bins;
        std::vector<Index> counts;
    };
    /// With the bins, or with their number and what finds the range.
    explicit HistogramOp(std::shared_ptr<const Bins> bins)
        : bins_(std::move(bins)), n_bins_(std::ssize(bins_->edges) - 1) {}
    HistogramOp(Index n_bins, std::shared_ptr<const RangeTask> range) : n_bins_(n_bins), range_(std::move(range)) {}

    const ReductionTask* before() const noexcept { return range_.get(); }
    State make(const Partial* before) const {
        std::shared_ptr<const Bins> bins = bins_;
        if (range_) {
            HistogramRange range;
            if (range_->plan().rows() > 0 && range_->cols() > 0) range = range_->finish(*before);
            if (!std::isfinite(range.high - range.low))
                throw DataError("histogram: the values range from " + std::to_string(range.low) + " to " +
                                std::to_string(range.high) +
                                ", expected a finite range; give one: histogram(X, bins, {low, high})");
            bins = std::make_shared<const Bins>(Bins::equal_bins(n_bins_, range, std::same_as<T, float>));
        }
        return {std::move(bins), std::vector<Index>(static_cast<std::size_t>(n_bins_) + 1)};
    }
    void add(State& s, MatrixView<const T> X, Index) const {
        for_each_strip(X, [&](const T* x, Index n, Index) {
            if constexpr (std::same_as<T, double>) {
                s.bins->count(x, n, s.counts.data());
            } else {
                double values[strip_size];
                std::transform(x, x + n, values, [](T v) { return static_cast<double>(v); });
                s.bins->count(values, n, s.counts.data());
            }
        });
    }
    void merge(State& total, const State& block) const {
        std::transform(total.counts.begin(), total.counts.end(), block.counts.begin(), total.counts.begin(),
                       std::plus<>{});
    }
    std::vector<Histogram> finish(const State& total) const {
        return {{std::vector<Index>(total.counts.begin(), total.counts.end() - 1), total.bins->edges}};
    }
    Index bytes(Index) const { return 16 * (n_bins_ + 2); }

private:
    std::shared_ptr<const Bins> bins_;
    Index n_bins_ = 0;
    std::shared_ptr<const RangeTask> range_;
};

inline void require_bins(Index bins) {
    require_parameter(bins >= 1 && bins <= 1'000'000'000, "histogram",
                      "bins is " + std::to_string(bins) + ", expected 1 to 1000000000");
}

}  // namespace detail

/// numpy.histogram of all elements: equal bins in a range, the last one with its right edge; NaN and what is outside is
/// not counted.
/// Throws ParameterError unless bins >= 1, low <= high and high - low is finite.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Histogram> histogram(const Array& array, Index bins, HistogramRange range) {
    using T = typename Array::value_type;
    detail::require_bins(bins);
    detail::require_parameter(std::isfinite(range.high - range.low) && range.low <= range.high, "histogram",
                              "the range is [" + std::to_string(range.low) + ", " + std::to_string(range.high) +
                                  "], expected a finite range");
    return detail::make_reduction<Histogram>("histogram", array,
                                             detail::HistogramOp<T>(std::make_shared<const detail::Bins>(
                                                 detail::Bins::equal_bins(bins, range, std::same_as<T, float>))));
}
/// The range is that of the values, found in a pass of its own when the histogram is computed; computing then throws
/// DataError if there is a NaN or an infinite value. Of nothing: [0, 1].
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Histogram> histogram(const Array& array, Index bins = 10) {
    using T = typename Array::value_type;
    detail::require_bins(bins);
    return detail::make_reduction<Histogram>(
        "histogram", array,
        detail::HistogramOp<T>(bins,
                               std::make_shared<const typename detail::HistogramOp<T>::RangeTask>(
                                   "histogram", array.source(), array.plan(), array.origins(), detail::RangeOp<T>{})));
}
/// Bins between given edges. Throws ParameterError unless there are two or more, in order and none NaN.
template <detail::AnyChunked Array>
[[nodiscard]] Reduction<Histogram> histogram(const Array& array, std::vector<double> edges) {
    using T = typename Array::value_type;
    detail::require_parameter(edges.size() >= 2, "histogram", "expected at least 2 edges");
    for (std::size_t k = 0; k < edges.size(); ++k)
        detail::require_parameter(
            k == 0 ? edges[0] == edges[0] : edges[k - 1] <= edges[k], "histogram",
            "edge " + std::to_string(k) + " is " + std::to_string(edges[k]) + ", expected edges that do not descend");
    return detail::make_reduction<Histogram>(
        "histogram", array,
        detail::HistogramOp<T>(std::make_shared<const detail::Bins>(detail::Bins{std::move(edges)})));
}

}  // namespace v1
}  // namespace blockfit

#endif
