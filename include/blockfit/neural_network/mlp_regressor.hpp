#ifndef BLOCKFIT_NEURAL_NETWORK_MLP_REGRESSOR_HPP
#define BLOCKFIT_NEURAL_NETWORK_MLP_REGRESSOR_HPP

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/neural_network/mlp.hpp>

namespace blockfit {
inline namespace v1 {

/// A multilayer perceptron for regression on squared error, with one output or, if y is a matrix, several. As
/// scikit-learn's MLPRegressor: the same parameters, seed and blocks give the same weights to 1e-6. T is the type of
/// weights and computation; predictions are double.
///
/// Differs from scikit-learn: predict of a model of several outputs is predict_outputs; an error leaves the estimator
/// as it was. random_state defaults to 0.
template <class T = double>
class MLPRegressor : public detail::MLP<MLPRegressor<T>, T>, public RegressorMixin<MLPRegressor<T>> {
    using Base = detail::MLP<MLPRegressor, T>;

public:
    static constexpr std::string_view class_name = "MLPRegressor";
    static constexpr int schema_version = 1;

    explicit MLPRegressor(MLPRegressorParams params = {}) : Base(std::move(params)) {}

    /// Up to max_iter passes over X (n x d, finite) and Y (n x n_outputs, finite), from scratch or, with warm_start,
    /// from the present weights. On any error the estimator is as before. Throws DataError (NaN, infinity, overflow),
    /// ShapeError, ParameterError, UnsupportedError (lbfgs, sample weights).
    template <std::floating_point V>
    MLPRegressor& fit(MatrixView<const V> X, MatrixView<const double> Y, const PartialFitOptions& options = {}) {
        const std::string where = detail::method(class_name, "fit");
        this->check_params(where);
        check_targets(where, X, Y, options);
        MLPRegressor next = *this;
        if (this->params().warm_start && this->fitted()) require_same_form(where, X, Y);
        else next.restart(OutputActivation::identity);
        const auto split = [&](RandomState& generator) {
            return detail::random_split(where, X.rows(), this->params().validation_fraction, generator);
        };
        const auto score = [&](std::span<const Index> rows) { return next.r2(X, Y, rows); };
        next.train_fully(where, X, Y.cols(), copy_row(Y), split, score);
        return *this = std::move(next);
    }
    /// One pass over a block. On any error the estimator is as before. max_iter, warm_start and validation_fraction
    /// have no effect here; early_stopping is refused.
    template <std::floating_point V>
    MLPRegressor& partial_fit(MatrixView<const V> X, MatrixView<const double> Y,
                              const PartialFitOptions& options = {}) {
        const std::string where = detail::method(class_name, "partial_fit");
        this->check_partial_fit(where);
        if (this->fitted()) require_same_form(where, X, Y);
        check_targets(where, X, Y, options);
        MLPRegressor next = *this;
        next.train_block(where, X, Y.cols(), copy_row(Y));
        return *this = std::move(next);
    }
    /// One target a row.
    template <std::floating_point V>
    MLPRegressor& fit(MatrixView<const V> X, std::span<const double> y, const PartialFitOptions& options = {}) {
        return fit(X, column(y), options);
    }
    template <std::floating_point V>
    MLPRegressor& partial_fit(MatrixView<const V> X, std::span<const double> y, const PartialFitOptions& options = {}) {
        return partial_fit(X, column(y), options);
    }

    /// n values, of a model of one output. Throws UnsupportedError for several.
    template <std::floating_point V>
    void predict(MatrixView<const V> X, std::span<double> out) const {
        this->require_fitted("predict");
        if (this->n_outputs() != 1)
            throw UnsupportedError("MLPRegressor::predict: the model has " + std::to_string(this->n_outputs()) +
                                   " outputs; use predict_outputs");
        this->for_each_output("predict", X, std::ssize(out), [&](Index i, std::span<const T> value) {
            out[static_cast<std::size_t>(i)] = static_cast<double>(value[0]);
        });
    }
    /// n x n_outputs.
    template <std::floating_point V>
    void predict_outputs(MatrixView<const V> X, MatrixView<double> out) const {
        this->require_fitted("predict_outputs");
        detail::require_same("MLPRegressor::predict_outputs", "number of columns of out", out.cols(),
                             this->n_outputs());
        this->for_each_output("predict_outputs", X, out.rows(), [&](Index i, std::span<const T> values) {
            std::ranges::transform(values, out.row(i).begin(), [](T v) { return static_cast<double>(v); });
        });
    }
    using RegressorMixin<MLPRegressor>::predict;
    using RegressorMixin<MLPRegressor>::predict_outputs;

    /// For data of any other kind in memory; a matrix as y has a column an output.
    template <MatrixLike M, class Y>
    requires VectorLike<Y> || MatrixLike<Y> MLPRegressor& fit(const M& X, const Y& y,
                                                              const PartialFitOptions& options = {}) {
        return detail::with_real_view("MLPRegressor::fit", X, [&](auto view) -> MLPRegressor& {
            return with_targets("MLPRegressor::fit", y,
                                [&](auto targets) -> MLPRegressor& { return fit(view, targets, options); });
        });
    }
    template <MatrixLike M, class Y>
    requires VectorLike<Y> || MatrixLike<Y> MLPRegressor& partial_fit(const M& X, const Y& y,
                                                                      const PartialFitOptions& options = {}) {
        return detail::with_real_view("MLPRegressor::partial_fit", X, [&](auto view) -> MLPRegressor& {
            return with_targets("MLPRegressor::partial_fit", y,
                                [&](auto targets) -> MLPRegressor& { return partial_fit(view, targets, options); });
        });
    }
    /// Chunked data goes through Incremental, which knows blocks.
    template <class V, class Y, class... Rest>
    void fit(const ChunkedMatrix<V>&, const Y&, Rest&&...) {
        static_assert(!sizeof(V),
                      "MLPRegressor learns block by block: wrap it, Incremental{regressor}, to fit chunked data");
    }
    template <class V, class Y, class... Rest>
    void partial_fit(const ChunkedMatrix<V>&, const Y&, Rest&&...) {
        static_assert(!sizeof(V),
                      "MLPRegressor learns block by block: wrap it, Incremental{regressor}, to fit chunked data");
    }

    friend bool operator==(const MLPRegressor& a, const MLPRegressor& b) { return a.same_state(b); }
    void finish_load() {
        Base::finish_load();
        if (this->fitted() && this->out_activation() != OutputActivation::identity)
            throw ModelError("MLPRegressor: the saved network does not end in the identity");
    }

private:
    template <class Y, class F>
    static MLPRegressor& with_targets(std::string_view where, const Y& y, F f) {
        if constexpr (VectorLike<Y>) {
            const RealSpan reals(y);
            return f(reals.get());
        } else {
            return Base::with_target_matrix(where, y, f);
        }
    }
    [[nodiscard]] static MatrixView<const double> column(std::span<const double> y) {
        return {y.data(), std::ssize(y), 1};
    }
    template <class V>
    void check_targets(std::string_view where, MatrixView<const V> X, MatrixView<const double> Y,
                       const PartialFitOptions& options) const {
        detail::require_parameter(options.classes.empty(), where,
                                  "classes are for classifiers, but this is a regressor");
        this->check_block(where, X, Y.rows(), options);
        if (Y.cols() < 1) throw ShapeError(std::string(where) + ": y has 0 columns, expected at least 1");
        detail::require_finite_targets(where, Y);
    }
    template <class V>
    void require_same_form(std::string_view where, MatrixView<const V> X, MatrixView<const double> Y) const {
        detail::require_same(where, "number of features", X.cols(), this->n_features_in());
        detail::require_same(where, "number of columns of y", Y.cols(), this->n_outputs());
    }
    [[nodiscard]] static auto copy_row(MatrixView<const double> Y) {
        return [Y](Index row, std::span<T> out) {
            std::ranges::transform(Y.row(row), out.begin(), [](double v) { return static_cast<T>(v); });
        };
    }
    /// R^2 of some rows.
    template <class V>
    [[nodiscard]] double r2(MatrixView<const V> X, MatrixView<const double> Y, std::span<const Index> rows) const {
        const auto n = std::ssize(rows);
        Matrix<V> held_out(n, X.cols());
        Matrix<double> predicted(n, Y.cols()), wanted(n, Y.cols());
        for (Index i = 0; i < n; ++i) {
            const Index row = rows[static_cast<std::size_t>(i)];
            std::ranges::copy(X.row(row), held_out.row(i).begin());
            std::ranges::copy(Y.row(row), wanted.row(i).begin());
        }
        mlp::for_each_output(
            this->layers(), this->form(), std::as_const(held_out).view(), [&](Index i, std::span<const T> values) {
                std::ranges::transform(values, predicted.row(i).begin(), [](T v) { return static_cast<double>(v); });
            });
        detail::Residuals sums(Y.cols());
        sums.add(std::as_const(predicted).view(), std::as_const(wanted).view(), {});
        return sums.r2();
    }
};
MLPRegressor(MLPRegressorParams)->MLPRegressor<double>;
static_assert(Regressor<MLPRegressor<>> && SupervisedPartialFit<MLPRegressor<>> &&
              MultiOutputPartialFit<MLPRegressor<>>);

}  // namespace v1
}  // namespace blockfit

#endif
