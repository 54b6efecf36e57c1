#ifndef BLOCKFIT_LINEAR_MODEL_PASSIVE_AGGRESSIVE_REGRESSOR_HPP
#define BLOCKFIT_LINEAR_MODEL_PASSIVE_AGGRESSIVE_REGRESSOR_HPP

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/linear_model/linear_regressor.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, but random_state = 0 instead of None.
struct PassiveAggressiveRegressorParams {
    /// Largest step, > 0; infinity for no limit.
    double C = 1.0;
    bool fit_intercept = true;
    /// Epochs at most, >= 1. `fit` only, like tol and the early stopping parameters.
    Index max_iter = 1000;
    /// `fit` stops when n_iter_no_change epochs gain less than this; nullopt: never.
    std::optional<double> tol = 1e-3;
    /// Hold out validation_fraction of the rows and stop when their R^2 no longer gains tol.
    bool early_stopping = false;
    /// In (0, 1).
    double validation_fraction = 0.1;
    /// >= 1.
    Index n_iter_no_change = 5;
    /// Visit the rows of a block in random order, the same each time for the same block size.
    bool shuffle = true;
    /// epsilon_insensitive (PA-I: steps up to C) or squared_epsilon_insensitive (PA-II: steps softened by C).
    Loss loss = Loss::epsilon_insensitive;
    /// Errors below it are none, >= 0.
    double epsilon = 0.1;
    std::uint32_t random_state = 0;
    /// `fit` starts from the present weights.
    bool warm_start = false;
    /// true or n: average the weights, from the first or n-th row on.
    Index average = 0;

    static constexpr auto fields() {
        using P = PassiveAggressiveRegressorParams;
        return std::tuple{Field{"C", &P::C},
                          Field{"fit_intercept", &P::fit_intercept},
                          Field{"max_iter", &P::max_iter},
                          Field{"tol", &P::tol},
                          Field{"early_stopping", &P::early_stopping},
                          Field{"validation_fraction", &P::validation_fraction},
                          Field{"n_iter_no_change", &P::n_iter_no_change},
                          Field{"shuffle", &P::shuffle},
                          Field{"loss", &P::loss},
                          Field{"epsilon", &P::epsilon},
                          Field{"random_state", &P::random_state},
                          Field{"warm_start", &P::warm_start},
                          Field{"average", &P::average}};
    }
};

/// Online regression that changes the weights as little as it can to get each row right to epsilon (Crammer, Dekel,
/// Keshet, Shalev-Shwartz, Singer 2006). As scikit-learn's PassiveAggressiveRegressor, to rounding; both losses use the
/// unsquared error, as there.
///
/// Differs from scikit-learn: sample weights are accepted and scale the step; an error leaves the estimator as it was;
/// random_state defaults to 0.
class PassiveAggressiveRegressor
    : public detail::LinearRegressor<PassiveAggressiveRegressor, PassiveAggressiveRegressorParams> {
public:
    static constexpr std::string_view class_name = "PassiveAggressiveRegressor";
    static constexpr int schema_version = 1;

    explicit PassiveAggressiveRegressor(PassiveAggressiveRegressorParams params = {})
        : LinearRegressor(std::move(params)) {}

    /// The protocol of LinearRegressor.
    void check_params(std::string_view where) const {
        const Loss loss = params().loss;
        detail::require_parameter(
            loss == Loss::epsilon_insensitive || loss == Loss::squared_epsilon_insensitive, where,
            "loss is " + detail::to_text(loss) + ", expected epsilon_insensitive or squared_epsilon_insensitive");
    }
    [[nodiscard]] detail::LinearTraining training() const {
        const PassiveAggressiveRegressorParams& p = params();
        return {
            .options = {.loss = Loss::epsilon_insensitive,
                        .epsilon = p.epsilon,
                        .penalty = Penalty::none,
                        .learning_rate = p.loss == Loss::epsilon_insensitive ? LearningRate::pa1 : LearningRate::pa2,
                        .eta0 = 1.0,
                        .C = p.C,
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
static_assert(Regressor<PassiveAggressiveRegressor> && SupervisedPartialFit<PassiveAggressiveRegressor>);

}  // namespace v1
}  // namespace blockfit

#endif
