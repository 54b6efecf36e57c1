#ifndef BLOCKFIT_PREPROCESSING_MAX_ABS_SCALER_HPP
#define BLOCKFIT_PREPROCESSING_MAX_ABS_SCALER_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <tuple>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/preprocessing/extrema_scaler.hpp>

namespace blockfit {
inline namespace v1 {

/// There is nothing to choose.
struct MaxAbsScalerParams {
    static constexpr std::tuple<> fields() { return {}; }
};

/// Divides each column by its largest absolute value, so that zeros stay zero. As scikit-learn's MaxAbsScaler: NaN is
/// left out of the maximum and stays NaN, infinity is refused, a column that stays below 10 epsilon of the type of the
/// data is not divided.
///
/// fit on chunked data is one parallel pass; the split into blocks does not change the result, not by a bit.
///
/// Differs from scikit-learn: a column without a value in some block is left out of that block instead of becoming NaN
/// for good, and float data is divided in double and rounded once.
class MaxAbsScaler : public detail::ExtremaScaler<MaxAbsScaler, MaxAbsScalerParams> {
public:
    static constexpr std::string_view class_name = "MaxAbsScaler";
    static constexpr int schema_version = 1;

    explicit MaxAbsScaler(MaxAbsScalerParams params = {}) : ExtremaScaler(params) {}

    /// x <- x / scale. X and out: n x d; out may be X itself. Throws ShapeError on another number of columns, DataError
    /// at infinity.
    template <std::floating_point T>
    void transform(MatrixView<const T> X, MatrixView<T> out) const {
        map_rows("transform", X, out, [&](auto x, Index j) { return x / same_width(x, scale_, j); });
    }
    using TransformerMixin::transform;

    /// x <- x * scale: undoes transform.
    template <std::floating_point T>
    void inverse_transform(MatrixView<const T> X, MatrixView<T> out) const {
        map_rows("inverse_transform", X, out, [&](auto x, Index j) { return x * same_width(x, scale_, j); });
    }
    using TransformerMixin::inverse_transform;

    /// d largest absolute values, NaN where a column had no value yet. Throws NotFittedError before the first fit.
    [[nodiscard]] const std::vector<double>& max_abs() const { return require_fitted("max_abs"), max_abs_; }
    /// What transform divides by: max_abs, or 1 for a column of zeros.
    [[nodiscard]] const std::vector<double>& scale() const { return require_fitted("scale"), scale_; }

    friend bool operator==(const MaxAbsScaler& a, const MaxAbsScaler& b) { return a.extrema() == b.extrema(); }

    /// The protocol of ExtremaScaler.
    void check_params(std::string_view) const {}
    void take_params() {}
    void derive() {
        const std::size_t d = extrema().min.size();
        max_abs_.resize(d);
        scale_.resize(d);
        for (std::size_t j = 0; j < d; ++j) {
            max_abs_[j] = no_value(j) ? std::numeric_limits<double>::quiet_NaN()
                                      : std::max(-extrema().min[j], extrema().max[j]);
            scale_[j] = divisor(max_abs_[j]);
        }
    }

    /// Names the whole state for saving; `finish_load` checks it and derives the rest.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visit_extrema(visitor);
    }
    void finish_load() {
        check_loaded();
        if (fitted()) derive();
    }

private:
    // Derived from the extrema.
    std::vector<double> max_abs_, scale_;
};
static_assert(Transformer<MaxAbsScaler> && UnsupervisedPartialFit<MaxAbsScaler>);

}  // namespace v1
}  // namespace blockfit

#endif
