#ifndef BLOCKFIT_PREPROCESSING_EXTREMA_SCALER_HPP
#define BLOCKFIT_PREPROCESSING_EXTREMA_SCALER_HPP

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/params.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/kernels/extrema.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// What the scalers that know the extrema of each column share: their state, training, checks. Self has
///     void check_params(where) const
///     void take_params()      keeps what parameters are in force from now on
///     void derive()           what transform needs, from extrema() and those
template <class Self, class Params>
class ExtremaScaler : public ParamsMixin<Self, Params>, public OnePassFitMixin<Self>, public TransformerMixin<Self> {
public:
    using ParamsMixin<Self, Params>::ParamsMixin;
    /// For wrappers; weights given all the same are an UnsupportedError.
    static constexpr bool accepts_sample_weight = false;

    [[nodiscard]] bool fitted() const noexcept { return !extrema_.min.empty(); }
    [[nodiscard]] Index n_features_in() const { return std::ssize(require_fitted("n_features_in").extrema_.min); }
    [[nodiscard]] Index n_features_out() const { return n_features_in(); }
    /// All rows seen, with or without NaN.
    [[nodiscard]] Index n_samples_seen() const { return require_fitted("n_samples_seen").extrema_.rows; }

    /// The protocol of OnePassFitMixin.
    using Summary = Extrema;
    struct Work {};
    [[nodiscard]] Summary summarise_nothing(Index cols) const { return extrema::none(cols); }
    template <std::floating_point T>
    void summarise(Summary& summary, MatrixView<const T> X, const SampleWeight& weight, Work&) const {
        if (weight) throw UnsupportedError(std::string(Self::class_name) + "::fit: extrema have no use for sample_weight");
        extrema::add_tile(method(Self::class_name, "fit"), summary, X);
    }
    void absorb(Summary summary) {
        if (fitted()) extrema::merge(extrema_, summary);
        else extrema_ = std::move(summary);
        self().take_params();
        self().derive();
    }
    void check_fit(std::string_view where, Index rows, Index cols) const {
        static_cast<const Self&>(*this).check_params(where);
        if (rows < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (cols < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        if (fitted()) require_same(where, "number of features", cols, n_features_in());
    }

protected:
    [[nodiscard]] const Extrema& extrema() const noexcept { return extrema_; }
    template <class Visitor>
    void visit_extrema(Visitor&& visitor) {
        visitor("min", extrema_.min);
        visitor("max", extrema_.max);
        visitor("rows", extrema_.rows);
        Index only_float = extrema_.only_float;
        visitor("only_float", only_float);
        extrema_.only_float = only_float != 0;
    }
    /// Throws ModelError unless the extrema read from a file can be some.
    void check_loaded() const {
        bool ok = extrema_.max.size() == extrema_.min.size() && (fitted() ? extrema_.rows >= 1 : extrema_ == Extrema{});
        for (std::size_t j = 0; ok && j < extrema_.min.size(); ++j) {
            const double low = extrema_.min[j], high = extrema_.max[j];
            ok = no_value(j) ? std::isinf(low) && std::isinf(high) : std::isfinite(low) && std::isfinite(high);
        }
        if (!ok) throw ModelError(std::string(Self::class_name) + ": the saved extrema are out of range");
    }
    /// Has column j had no value yet?
    [[nodiscard]] bool no_value(std::size_t j) const noexcept { return extrema_.min[j] > extrema_.max[j]; }
    /// `range`, or 1 if it is so small that the column counts as constant: scikit-learn's rule, absolute, in the type of
    /// the data.
    [[nodiscard]] double divisor(double range) const noexcept {
        const double epsilon = extrema_.only_float ? double(std::numeric_limits<float>::epsilon())
                                                   : std::numeric_limits<double>::epsilon();
        return range < 10 * epsilon ? 1.0 : range;
    }
    const ExtremaScaler& require_fitted(std::string_view what) const {
        if (!fitted()) throw NotFittedError(method(Self::class_name, what) + ": the scaler is not fitted; call fit first");
        return *this;
    }

    /// out = f(x, j) for all values, f being given pairs of columns as ordered::Pair, or the last one alone as double.
    template <class T, class F>
    void map_rows(std::string_view name, MatrixView<const T> X, MatrixView<T> out, F f) const {
        check_transform(method(Self::class_name, name), X, out);
        const Index d = X.cols();
        for (Index i = 0; i < X.rows(); ++i) {
            const T* const x = X.row(i).data();
            T* const z = out.row(i).data();
            Index j = 0;
            for (; j + 2 <= d; j += 2) {
                const ordered::Pair pair = f(ordered::load(x + j), j);
                z[j] = static_cast<T>(pair[0]);
                z[j + 1] = static_cast<T>(pair[1]);
            }
            if (j < d) z[j] = static_cast<T>(f(double(x[j]), j));
        }
    }
    /// For the functions of map_rows: as many values of a vector as in `like`.
    [[nodiscard]] static double same_width(double, const std::vector<double>& v, Index j) {
        return v[static_cast<std::size_t>(j)];
    }
    [[nodiscard]] static ordered::Pair same_width(ordered::Pair, const std::vector<double>& v, Index j) {
        return ordered::load(v.data() + j);
    }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }

    template <class T>
    void check_transform(std::string_view where, MatrixView<const T> X, MatrixView<T> out) const {
        if (!fitted()) throw NotFittedError(std::string(where) + ": the scaler is not fitted; call fit first");
        require_same(where, "number of features", X.cols(), n_features_in());
        require_same(where, "number of rows of out", out.rows(), X.rows());
        require_same(where, "number of columns of out", out.cols(), X.cols());
        for (Index i = 0; i < X.rows(); ++i) {
            T sum{};
            for (const T x : X.row(i)) sum += x - x;
            if (sum != T(0)) extrema::refuse_infinity(where, X, {i, i + 1});
        }
    }

    Extrema extrema_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
