#ifndef BLOCKFIT_LINEAR_MODEL_PERCEPTRON_HPP
#define BLOCKFIT_LINEAR_MODEL_PERCEPTRON_HPP

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/linear_model/linear_classifier.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults.
struct PerceptronParams {
    Penalty penalty = Penalty::none;
    /// Strength of the penalty, >= 0.
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
    /// Step size, > 0.
    double eta0 = 1.0;
    std::uint32_t random_state = 0;
    /// Hold out validation_fraction of the rows and stop when their accuracy no longer gains tol.
    bool early_stopping = false;
    /// In (0, 1).
    double validation_fraction = 0.1;
    /// >= 1.
    Index n_iter_no_change = 5;
    ClassWeight class_weight{};
    /// `fit` starts from the present weights.
    bool warm_start = false;

    static constexpr auto fields() {
        using P = PerceptronParams;
        return std::tuple{Field{"penalty", &P::penalty},
                          Field{"alpha", &P::alpha},
                          Field{"l1_ratio", &P::l1_ratio},
                          Field{"fit_intercept", &P::fit_intercept},
                          Field{"max_iter", &P::max_iter},
                          Field{"tol", &P::tol},
                          Field{"shuffle", &P::shuffle},
                          Field{"eta0", &P::eta0},
                          Field{"random_state", &P::random_state},
                          Field{"early_stopping", &P::early_stopping},
                          Field{"validation_fraction", &P::validation_fraction},
                          Field{"n_iter_no_change", &P::n_iter_no_change},
                          Field{"class_weight", &P::class_weight},
                          Field{"warm_start", &P::warm_start}};
    }
};

/// Rosenblatt's perceptron: a row on the wrong side of the plane, or on it, moves the plane by eta0 times the row; one
/// model a class against the rest for more than two. As scikit-learn's Perceptron, to rounding: it is SGDClassifier
/// with loss perceptron and a constant step.
///
/// Differs from scikit-learn: the early-stopping score is that of the weights in use; an error leaves the estimator as
/// it was.
class Perceptron : public detail::LinearClassifier<Perceptron, PerceptronParams> {
public:
    static constexpr std::string_view class_name = "Perceptron";
    static constexpr int schema_version = 1;

    explicit Perceptron(PerceptronParams params = {}) : LinearClassifier(std::move(params)) {}

    /// The protocol of LinearClassifier.
    [[nodiscard]] detail::LinearTraining training() const {
        const PerceptronParams& p = params();
        return {.options = {.loss = Loss::perceptron,
                            .penalty = p.penalty,
                            .alpha = p.alpha,
                            .l1_ratio = p.l1_ratio,
                            .learning_rate = LearningRate::constant,
                            .eta0 = p.eta0,
                            .fit_intercept = p.fit_intercept,
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
static_assert(Classifier<Perceptron> && SupervisedPartialFit<Perceptron>);

}  // namespace v1
}  // namespace blockfit

#endif
