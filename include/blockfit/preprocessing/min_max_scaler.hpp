#ifndef BLOCKFIT_PREPROCESSING_MIN_MAX_SCALER_HPP
#define BLOCKFIT_PREPROCESSING_MIN_MAX_SCALER_HPP

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/preprocessing/extrema_scaler.hpp>

namespace blockfit {
inline namespace v1 {

struct MinMaxScalerParams {
    /// Where the smallest and the largest value of a column go, the first below the second.
    std::pair<double, double> feature_range{0.0, 1.0};
    /// Cut off in transform what lies beyond feature_range, as values may that were not fitted.
    bool clip = false;

    static constexpr auto fields() {
        using P = MinMaxScalerParams;
        return std::tuple{Field{"feature_range", &P::feature_range}, Field{"clip", &P::clip}};
    }
};

/// Maps each column linearly so that its smallest and largest value become feature_range. As scikit-learn's MinMaxScaler:
/// NaN is left out of the extrema and stays NaN, infinity is refused, a column whose range is below 10 epsilon of the
/// type of the data is only shifted.
///
/// fit on chunked data is one parallel pass; the split into blocks does not change the result, not by a bit.
///
/// Differs from scikit-learn: a column without a value in some block is left out of that block instead of becoming NaN
/// for good, and float data is scaled in double and rounded once.
class MinMaxScaler : public detail::ExtremaScaler<MinMaxScaler, MinMaxScalerParams> {
public:
    static constexpr std::string_view class_name = "MinMaxScaler";
    static constexpr int schema_version = 1;

    explicit MinMaxScaler(MinMaxScalerParams params = {}) : ExtremaScaler(params) {}

    /// x <- x * scale + min, then cut off at feature_range with clip. X and out: n x d; out may be X itself. Throws
    /// ShapeError on another number of columns, DataError at infinity.
    template <std::floating_point T>
    void transform(MatrixView<const T> X, MatrixView<T> out) const {
        map_rows("transform", X, out, [&](auto x, Index j) {
            return ordered::mul(x, same_width(x, scale_, j)) + same_width(x, min_, j);
        });
        if (!params().clip) return;
        const T low = static_cast<T>(params().feature_range.first), high = static_cast<T>(params().feature_range.second);
        for (Index i = 0; i < out.rows(); ++i)
            for (T& z : out.row(i)) z = z < low ? low : z > high ? high : z;  // NaN stays
    }
    using TransformerMixin::transform;

    /// x <- (x - min) / scale: undoes transform, except for what was cut off.
    template <std::floating_point T>
    void inverse_transform(MatrixView<const T> X, MatrixView<T> out) const {
        map_rows("inverse_transform", X, out,
                 [&](auto x, Index j) { return (x - same_width(x, min_, j)) / same_width(x, scale_, j); });
    }
    using TransformerMixin::inverse_transform;

    /// d smallest and d largest values, NaN where a column had no value yet. Throws NotFittedError before the first fit,
    /// as the others do.
    [[nodiscard]] const std::vector<double>& data_min() const { return require_fitted("data_min"), data_min_; }
    [[nodiscard]] const std::vector<double>& data_max() const { return require_fitted("data_max"), data_max_; }
    /// data_max - data_min
    [[nodiscard]] const std::vector<double>& data_range() const { return require_fitted("data_range"), data_range_; }
    /// What transform multiplies by, and what it then adds.
    [[nodiscard]] const std::vector<double>& scale() const { return require_fitted("scale"), scale_; }
    [[nodiscard]] const std::vector<double>& min() const { return require_fitted("min"), min_; }

    friend bool operator==(const MinMaxScaler& a, const MinMaxScaler& b) {
        return detail::describe("", a.params()) == detail::describe("", b.params()) && a.extrema() == b.extrema() &&
               a.range_ == b.range_;
    }

    /// The protocol of ExtremaScaler.
    void check_params(std::string_view where) const {
        const auto [low, high] = params().feature_range;
        detail::require_parameter(low < high && std::isfinite(high - low), where,
                                  "feature_range must hold two finite numbers, the first below the second");
    }
    void take_params() { range_ = params().feature_range; }
    void derive() {
        const std::size_t d = extrema().min.size();
        data_min_ = extrema().min;
        data_max_ = extrema().max;
        data_range_.resize(d);
        scale_.resize(d);
        min_.resize(d);
        for (std::size_t j = 0; j < d; ++j) {
            if (no_value(j)) data_min_[j] = data_max_[j] = std::numeric_limits<double>::quiet_NaN();
            data_range_[j] = data_max_[j] - data_min_[j];
            scale_[j] = (range_.second - range_.first) / divisor(data_range_[j]);
            min_[j] = range_.first - ordered::mul(data_min_[j], scale_[j]);
        }
    }

    /// Names the whole state for saving; `finish_load` checks it and derives the rest.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visit_extrema(visitor);
        visitor("low", range_.first);
        visitor("high", range_.second);
    }
    void finish_load() {
        check_loaded();
        if (!(range_.first < range_.second) || !std::isfinite(range_.second - range_.first))
            throw ModelError("MinMaxScaler: the saved range is out of range");
        if (fitted()) derive();
    }

private:
    std::pair<double, double> range_{0.0, 1.0};  // the feature_range in force at the last fit
    // Derived from the extrema and it.
    std::vector<double> data_min_, data_max_, data_range_, scale_, min_;
};
static_assert(Transformer<MinMaxScaler> && UnsupervisedPartialFit<MinMaxScaler>);

}  // namespace v1
}  // namespace blockfit

#endif
