#ifndef BLOCKFIT_LINEAR_MODEL_SGD_CLASSIFIER_HPP
#define BLOCKFIT_LINEAR_MODEL_SGD_CLASSIFIER_HPP

#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/linear_model/linear_classifier.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, but random_state = 0 instead of None.
struct SGDClassifierParams {
    Loss loss = Loss::hinge;
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
    /// Of huber, epsilon_insensitive and squared_epsilon_insensitive, >= 0.
    double epsilon = 0.1;
    std::uint32_t random_state = 0;
    LearningRate learning_rate = LearningRate::optimal;
    /// First step size, > 0 for constant, invscaling and adaptive.
    double eta0 = 0.0;
    double power_t = 0.5;
    /// Hold out validation_fraction of the rows and stop when their accuracy no longer gains tol.
    bool early_stopping = false;
    /// In (0, 1).
    double validation_fraction = 0.1;
    /// >= 1.
    Index n_iter_no_change = 5;
    ClassWeight class_weight{};
    /// `fit` starts from the present weights.
    bool warm_start = false;
    /// true or n: average the weights, from the first or n-th row on.
    Index average = 0;

    static constexpr auto fields() {
        using P = SGDClassifierParams;
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
                          Field{"class_weight", &P::class_weight},
                          Field{"warm_start", &P::warm_start},
                          Field{"average", &P::average}};
    }
};

/// Linear classifiers (SVM, logistic regression, ...) by stochastic gradient descent, one row at a time, one model a
/// class against the rest for more than two. As scikit-learn's SGDClassifier, to rounding: the same parameters, seed and
/// blocks give the same weights.
///
/// Differs from scikit-learn: averaged classifiers go on from their intercept in the next block instead of restarting
/// it; the average under an L1 penalty is the running mean; the early-stopping score is that of the weights in use; an
/// error leaves the estimator as it was. random_state defaults to 0.
class SGDClassifier : public detail::LinearClassifier<SGDClassifier, SGDClassifierParams> {
public:
    static constexpr std::string_view class_name = "SGDClassifier";
    static constexpr int schema_version = 1;

    explicit SGDClassifier(SGDClassifierParams params = {}) : LinearClassifier(params) {}

    /// n x n_classes. log_loss: the logistic function of the distances; modified_huber: (clip(distance, -1, 1) + 1) / 2;
    /// for more than two classes each row is divided by its sum. Throws UnsupportedError for other losses.
    template <std::floating_point T>
    void predict_proba(MatrixView<const T> X, MatrixView<double> out) const {
        require_proba("predict_proba");
        const bool logistic = params().loss == Loss::log_loss;
        const Index n_classes = std::ssize(classes());
        detail::require_same("SGDClassifier::predict_proba", "number of columns of out", out.cols(), n_classes);
        decision_function(X, n_classes == 2 ? out.cols(1, 2) : out);
        for (Index i = 0; i < out.rows(); ++i) {
            const std::span<double> p = out.row(i);
            double sum = 0.0;
            for (double& each : n_classes == 2 ? p.subspan(1) : p)
                sum += each = logistic ? ordered::sigmoid(each) : (std::min(std::max(each, -1.0), 1.0) + 1.0) / 2.0;
            if (n_classes == 2) {
                p[0] = 1.0 - p[1];
            } else {
                const bool all_zero = sum == 0.0 && !logistic;
                for (double& each : p) each = all_zero ? 1.0 / static_cast<double>(n_classes) : each / sum;
            }
        }
    }
    using LinearClassifier::predict_proba;

    /// The protocol of LinearClassifier.
    [[nodiscard]] detail::LinearTraining training() const {
        const SGDClassifierParams& p = params();
        return {.options = {.loss = p.loss,
                            .epsilon = p.epsilon,
                            .penalty = p.penalty,
                            .alpha = p.alpha,
                            .l1_ratio = p.l1_ratio,
                            .learning_rate = p.learning_rate,
                            .eta0 = p.eta0,
                            .power_t = p.power_t,
                            .C = 1.0,
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
    /// Throws UnsupportedError unless this loss gives probabilities.
    void require_proba(std::string_view name) const {
        if (params().loss != Loss::log_loss && params().loss != Loss::modified_huber)
            throw UnsupportedError(detail::method(class_name, name) + ": there are no probabilities for loss " +
                                   detail::to_text(params().loss) + "; use log_loss or modified_huber");
    }
};
static_assert(Classifier<SGDClassifier> && SupervisedPartialFit<SGDClassifier>);

}  // namespace v1
}  // namespace blockfit

#endif
