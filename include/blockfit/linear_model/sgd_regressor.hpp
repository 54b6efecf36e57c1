#ifndef BLOCKFIT_LINEAR_MODEL_SGD_REGRESSOR_HPP
#define BLOCKFIT_LINEAR_MODEL_SGD_REGRESSOR_HPP

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/linear_model/linear_regressor.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, but random_state = 0 instead of None.
struct SGDRegressorParams {
    /// squared_error, huber, epsilon_insensitive or squared_epsilon_insensitive.
    Loss loss = Loss::squared_error;
    Penalty penalty = Penalty::l2;
    /// Strength of the penalty, >= 0; > 0 for the optimal schedule.
    double alpha = 1e-4;
    /// Share of the L1 part under elasticnet, in [0, 1].
    double l1_ratio = 0.15;
    bool fit_intercept = true;
    /// Epochs at most, >= 1. `fit` only, like tol and the early stopping parameters.
    Index max_iter = 1000;
    /// `fit` stops when n_iter_no_change epochs gain less than this; nullopt: never.
    std::optional<double> tol = 1e-3;
    /// Visit the rows of a block in random order, the same each time for the same block size.
    bool shuffle = true;
    /// Of all losses but squared_error: where errors begin to count, or for huber to count linearly; >= 0.
    double epsilon = 0.1;
    std::uint32_t random_state = 0;
    LearningRate learning_rate = LearningRate::invscaling;
    /// First step size, > 0 for constant, invscaling and adaptive.
    double eta0 = 0.01;
    double power_t = 0.25;
    /// Hold out validation_fraction of the rows and stop when their R^2 no longer gains tol.
    bool early_stopping = false;
    /// In (0, 1).
    double validation_fraction = 0.1;
    /// >= 1.
    Index n_iter_no_change = 5;
    /// `fit` starts from the present weights.
    bool warm_start = false;
    /// true or n: average the weights, from the first or n-th row on.
    Index average = 0;

    static constexpr auto fields() {
        using P = SGDRegressorParams;
        return std::tuple{Field{"loss", &P::loss},
                          Field{"penalty", &P::penalty},
                          Field{"alpha", &P::alpha},
                          Field{"l1_ratio", &P::l1_ratio},
                          Field{"fit_intercept", &P::fit_intercept},
                          Field{"max_iter", &P::max_iter},
                          Field{"tol", &P::tol},
                          Field{"shuffle", &P::shuffle},
                          Field{"epsilon", &P::epsilon},
                          Field{"random_state", &P::random_state},
                          Field{"learning_rate", &P::learning_rate},
                          Field{"eta0", &P::eta0},
                          Field{"power_t", &P::power_t},
                          Field{"early_stopping", &P::early_stopping},
                          Field{"validation_fraction", &P::validation_fraction},
                          Field{"n_iter_no_change", &P::n_iter_no_change},
                          Field{"warm_start", &P::warm_start},
                          Field{"average", &P::average}};
    }
};

/// Linear regression (least squares, Huber, support vector) by stochastic gradient descent, one row at a time. As
/// scikit-learn's SGDRegressor, to rounding: the same parameters, seed and blocks give the same weights.
///
/// Differs from scikit-learn: the average under an L1 penalty is the running mean; the early-stopping score is that of
/// the weights in use; an error leaves the estimator as it was. random_state defaults to 0.
class SGDRegressor : public detail::LinearRegressor<SGDRegressor, SGDRegressorParams> {
public:
    static constexpr std::string_view class_name = "SGDRegressor";
    static constexpr int schema_version = 1;

    explicit SGDRegressor(SGDRegressorParams params = {}) : LinearRegressor(params) {}

    /// The protocol of LinearRegressor.
    void check_params(std::string_view where) const {
        const Loss loss = params().loss;
        detail::require_parameter(loss == Loss::squared_error || loss == Loss::huber ||
                                      loss == Loss::epsilon_insensitive || loss == Loss::squared_epsilon_insensitive,
                                  where,
                                  "loss " + detail::to_text(loss) +
                                      " is for classification; use squared_error, huber, "
                                      "epsilon_insensitive or squared_epsilon_insensitive");
    }
    [[nodiscard]] detail::LinearTraining training() const {
        const SGDRegressorParams& p = params();
        return {.options = {.loss = p.loss,
                            .epsilon = p.epsilon,
                            .penalty = p.penalty,
                            .alpha = p.alpha,
                            .l1_ratio = p.l1_ratio,
                            .learning_rate = p.learning_rate,
                            .eta0 = p.eta0,
                            .power_t = p.power_t,
                            .fit_intercept = p.fit_intercept,
                            .average = p.average,
                            .shuffle = p.shuffle},
                .max_iter = p.max_iter,
                .tol = p.tol,
                .n_iter_no_change = p.n_iter_no_change,
                .random_state = p.random_state,
                .early_stopping = p.early_stopping,
                .validation_fraction = p.validation_fraction,
                .warm_start = p.warm_start};
    }
};
static_assert(Regressor<SGDRegressor> && SupervisedPartialFit<SGDRegressor> && !Classifier<SGDRegressor>);

}  // namespace v1
}  // namespace blockfit

#endif
