#ifndef BLOCKFIT_LINEAR_MODEL_LINEAR_REGRESSOR_HPP
#define BLOCKFIT_LINEAR_MODEL_LINEAR_REGRESSOR_HPP

#include <algorithm>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/estimator/validation_split.hpp>
#include <blockfit/kernels/linear_sgd.hpp>
#include <blockfit/linear_model/linear_state.hpp>

namespace blockfit {
inline namespace v1 {

struct RegressorFitOptions {
    SampleWeight sample_weight{};
    /// d weights and the intercept to start from; empty: zeros, or with warm_start the fitted ones.
    std::vector<double> coef_init{};
    std::vector<double> intercept_init{};
};

namespace detail {

/// What the linear regressors share: training, prediction. Self has training() -> LinearTraining and
/// check_params(where) for what is its own.
template <class Self, class Params>
class LinearRegressor : public ParamsMixin<Self, Params>, public RegressorMixin<Self> {
public:
    using Options = RegressorFitOptions;
    using ParamsMixin<Self, Params>::ParamsMixin;

    /// Up to max_iter epochs over X (n x d, finite) and n finite targets, from scratch or, with warm_start, from the
    /// present weights. On any error the estimator is as before. Throws DataError (NaN, infinity, overflow),
    /// ShapeError, ParameterError.
    template <std::floating_point T>
    Self& fit(MatrixView<const T> X, std::span<const double> y, const RegressorFitOptions& options = {}) {
        const std::string where = method(Self::class_name, "fit");
        const LinearTraining training = checked_training(where);
        check_linear_block(where, X, std::ssize(y), options.sample_weight, true);
        require_finite_targets(where, y);
        LinearState next;
        next.start(1, X.cols());
        if (training.warm_start && fitted()) {
            require_same(where, "number of features", X.cols(), n_features_in());
            next.coef = state_.shown_coef();
            next.intercept = state_.shown_intercept();
        }
        if (!options.coef_init.empty()) {
            require_same(where, "length of coef_init", std::ssize(options.coef_init), X.cols());
            next.coef = Matrix<double>(1, X.cols(), options.coef_init);
        }
        if (!options.intercept_init.empty()) {
            require_same(where, "length of intercept_init", std::ssize(options.intercept_init), 1);
            next.intercept = options.intercept_init;
        }
        train(where, next, training, training.max_iter, X, y, options.sample_weight);
        state_ = std::move(next);
        return self();
    }

    /// One epoch over a block, n x d and n finite targets. On any error the estimator is as before. max_iter, tol,
    /// validation_fraction and n_iter_no_change have no effect here; early_stopping is refused.
    template <std::floating_point T>
    Self& partial_fit(MatrixView<const T> X, std::span<const double> y, const PartialFitOptions& options = {}) {
        const std::string where = method(Self::class_name, "partial_fit");
        check_partial_fit(where);
        require_parameter(options.classes.empty(), where, "classes are for classifiers, but this is a regressor");
        if (fitted()) require_same(where, "number of features", X.cols(), n_features_in());
        check_linear_block(where, X, std::ssize(y), options.sample_weight, options.check_input);
        require_finite_targets(where, y);
        LinearState next = state_;
        if (!fitted()) next.start(1, X.cols());
        train(where, next, self().training(), 1, X, y, options.sample_weight);
        state_ = std::move(next);
        return self();
    }

    /// Throws ParameterError if these parameters do not go with partial_fit; for wrappers, which check before any work.
    void check_partial_fit(std::string_view where) const {
        if (checked_training(where).early_stopping)
            throw ParameterError(std::string(where) + ": early_stopping is for fit only; set it to false");
    }

    /// X coef + intercept, n values. Throws DataError at NaN or infinity.
    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<double> out) const {
        if (!fitted()) require_fitted("predict");
        state_.decide(Self::class_name, "predict", X, std::ssize(out),
                      [&](Index i, std::span<const double> values) { out[static_cast<std::size_t>(i)] = values[0]; });
    }
    using RegressorMixin<Self>::predict;

    /// For data of any other kind in memory.
    template <MatrixLike M, VectorLike V>
    Self& fit(const M& X, const V& y, const RegressorFitOptions& options = {}) {
        const RealSpan targets(y);
        return with_real_view(method(Self::class_name, "fit"), X,
                              [&](auto view) -> Self& { return self().fit(view, targets.get(), options); });
    }
    template <MatrixLike M, VectorLike V>
    Self& partial_fit(const M& X, const V& y, const PartialFitOptions& options = {}) {
        const RealSpan targets(y);
        return with_real_view(method(Self::class_name, "partial_fit"), X,
                              [&](auto view) -> Self& { return self().partial_fit(view, targets.get(), options); });
    }
    /// Chunked data goes through Incremental, which knows blocks.
    template <class T, class V, class... Rest>
    void fit(const ChunkedMatrix<T>&, const ChunkedVector<V>&, Rest&&...) {
        static_assert(!sizeof(T),
                      "this regressor learns block by block: wrap it, Incremental{regressor}, to fit chunked data");
    }
    template <class T, class V, class... Rest>
    void partial_fit(const ChunkedMatrix<T>&, const ChunkedVector<V>&, Rest&&...) {
        static_assert(!sizeof(T),
                      "this regressor learns block by block: wrap it, Incremental{regressor}, to fit chunked data");
    }

    [[nodiscard]] bool fitted() const noexcept { return state_.coef.rows() > 0; }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").coef.cols(); }
    /// d weights. With averaging, the averages once it has begun.
    [[nodiscard]] std::span<const double> coef() const { return require_fitted("coef").shown_coef().row(0); }
    /// One value.
    [[nodiscard]] const std::vector<double>& intercept() const { return require_fitted("intercept").shown_intercept(); }
    /// The clock of the step size: 1 plus the rows seen, held-out ones included.
    [[nodiscard]] double t() const { return require_fitted("t").t; }
    /// Epochs of the last call.
    [[nodiscard]] Index n_iter() const { return require_fitted("n_iter").n_iter; }

    friend bool operator==(const Self& a, const Self& b) {
        return describe("", a.params()) == describe("", b.params()) && a.state_ == b.state_;
    }

    /// Names the whole state for saving; `finish_load` checks it.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        state_.visit_state(visitor);
    }
    void finish_load() { state_.check_loaded(Self::class_name, fitted() ? 1 : 0); }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    const LinearState& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(method(Self::class_name, what) +
                                 ": the regressor is not fitted; call fit or partial_fit first");
        return state_;
    }
    [[nodiscard]] LinearTraining checked_training(std::string_view where) const {
        if constexpr (requires { self().check_params(where); }) self().check_params(where);
        const LinearTraining training = self().training();
        check_linear_training(where, training);
        return training;
    }

    template <class T>
    static void train(std::string_view where, LinearState& state, const LinearTraining& training, Index max_iter,
                      MatrixView<const T> X, std::span<const double> y, const SampleWeight& sample_weight) {
        std::vector<unsigned char> held_out;
        if (training.early_stopping) {
            RandomState generator(training.random_state);
            held_out = random_split(where, X.rows(), training.validation_fraction, generator).held_out();
        }
        const LinearTask task{.y = {.reals = y}, .seed = sgd_seed_regressor(training.random_state)};
        state.train(where, training, max_iter, X, std::span(&task, 1), sample_weight, held_out,
                    [&](const sgd::Model& model, const LinearTask&) {
                        return validation_score(model, X, y, sample_weight, held_out);
                    });
    }

    /// R^2 of the held-out rows.
    template <class T>
    [[nodiscard]] static double validation_score(const sgd::Model& model, MatrixView<const T> X,
                                                 std::span<const double> y, const SampleWeight& weight,
                                                 std::span<const unsigned char> held_out) {
        std::vector<double> targets, predicted, weights;
        for (Index i = 0; i < X.rows(); ++i) {
            if (!held_out[static_cast<std::size_t>(i)]) continue;
            targets.push_back(y[static_cast<std::size_t>(i)]);
            predicted.push_back(ordered::dot(X.row(i).data(), model.w.data(), X.cols()) + model.intercept);
            weights.push_back(weight[i]);
        }
        const auto column = [](const std::vector<double>& v) {
            return MatrixView<const double>(v.data(), std::ssize(v), 1);
        };
        Residuals sums(1);
        sums.add(column(predicted), column(targets), weights);
        return sums.r2();
    }

    LinearState state_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
