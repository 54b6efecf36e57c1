#ifndef BLOCKFIT_LINEAR_MODEL_LINEAR_STATE_HPP
#define BLOCKFIT_LINEAR_MODEL_LINEAR_STATE_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/estimator/foreign.hpp>
#include <blockfit/exec/parallel_for.hpp>
#include <blockfit/kernels/linear_sgd.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The parameters of any linear estimator, as the shared training needs them.
struct LinearTraining {
    sgd::Options options;
    Index max_iter = 1000;
    std::optional<double> tol = 1e-3;
    Index n_iter_no_change = 5;
    std::uint32_t random_state = 0;
    bool early_stopping = false;
    double validation_fraction = 0.1;
    bool warm_start = false;
};

/// Throws ParameterError for what no linear estimator accepts.
inline void check_linear_training(std::string_view where, const LinearTraining& p) {
    const LearningRate rate = p.options.learning_rate;
    const bool needs_eta0 =
        rate == LearningRate::constant || rate == LearningRate::invscaling || rate == LearningRate::adaptive;
    const double alpha = p.options.alpha, eta0 = p.options.eta0;
    require_parameter(alpha >= 0 && std::isfinite(alpha), where, "alpha must be at least 0");
    require_parameter(alpha > 0 || rate != LearningRate::optimal, where,
                      "alpha must be above 0 for learning_rate optimal");
    require_parameter(p.options.l1_ratio >= 0 && p.options.l1_ratio <= 1, where, "l1_ratio must be in [0, 1]");
    require_parameter(p.max_iter >= 1, where, "max_iter must be at least 1");
    require_parameter(!p.tol || *p.tol >= 0, where, "tol must be at least 0, or nullopt");
    require_parameter(p.options.epsilon >= 0, where, "epsilon must be at least 0");
    require_parameter(eta0 >= 0 && std::isfinite(eta0), where, "eta0 must be at least 0");
    require_parameter(eta0 > 0 || !needs_eta0, where, "eta0 must be above 0 for learning_rate " + detail::to_text(rate));
    require_parameter(std::isfinite(p.options.power_t), where, "power_t must be finite");
    require_parameter(p.options.C > 0, where, "C must be above 0");
    require_parameter(p.validation_fraction > 0 && p.validation_fraction < 1, where,
                      "validation_fraction must be in (0, 1)");
    require_parameter(p.n_iter_no_change >= 1, where, "n_iter_no_change must be at least 1");
    require_parameter(p.options.average >= 0, where, "average must be false, true or a number of rows");
}

template <class T>
void check_linear_block(std::string_view where, MatrixView<const T> X, Index n_targets, const SampleWeight& weight,
                        bool check_values) {
    if (X.rows() < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
    if (X.cols() < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
    if (X.rows() > 0xFFFFFFFF) throw ShapeError(std::string(where) + ": a block holds at most 2^32 - 1 rows");
    require_same(where, "length of y", n_targets, X.rows());
    weight.check(where, X.rows());
    if (check_values) require_finite(where, X);
}

/// What one model of several is trained on.
struct LinearTask {
    sgd::Targets y;
    std::uint32_t seed = 0;
    double positive_weight = 1.0;
    double negative_weight = 1.0;
};

/// The fitted state of a linear estimator of one or more models that do not interact.
struct LinearState {
    Matrix<double> coef;  ///< models x d; no rows before the first fit
    std::vector<double> intercept;
    Matrix<double> mean_coef;  ///< running means; no rows without averaging
    std::vector<double> mean_intercept;
    double t = 1.0;
    Index n_iter = 0;
    Index average_from = 0;  ///< the parameter in force at the last call

    friend bool operator==(const LinearState&, const LinearState&) = default;

    void start(Index models, Index cols) {
        coef = Matrix<double>(models, cols);
        intercept.assign(static_cast<std::size_t>(models), 0.0);
    }
    /// Are the averages what is shown and predicted with?
    [[nodiscard]] bool averaging() const noexcept {
        return average_from > 0 && mean_coef.rows() > 0 && static_cast<double>(average_from) <= t - 1.0;
    }
    [[nodiscard]] const Matrix<double>& shown_coef() const noexcept { return averaging() ? mean_coef : coef; }
    [[nodiscard]] const std::vector<double>& shown_intercept() const noexcept {
        return averaging() ? mean_intercept : intercept;
    }

    /// Trains each model on its task, in parallel; score(model, task) is the one of early stopping, on held-out rows.
    /// Throws DataError if weights overflowed, which leaves the state broken.
    template <class T, class Score>
    void train(std::string_view where, const LinearTraining& training, Index max_iter, MatrixView<const T> X,
               std::span<const LinearTask> tasks, const SampleWeight& sample_weight,
               std::span<const unsigned char> held_out, Score score) {
        const Index models = coef.rows();
        average_from = training.options.average;
        if (average_from > 0 && mean_coef.rows() == 0) {
            mean_coef = Matrix<double>(models, coef.cols());
            mean_intercept.assign(intercept.size(), 0.0);
        }
        std::vector<Index> epochs(tasks.size());
        const auto train_one = [&](Index k) {
            const auto at = static_cast<std::size_t>(k);
            const LinearTask& task = tasks[at];
            sgd::Options options = training.options;
            options.seed = task.seed;
            options.positive_weight = task.positive_weight;
            options.negative_weight = task.negative_weight;
            // In memory of its own, a cache line away from anything else: rows of coef share lines, for which threads
            // would fight at every step.
            constexpr std::size_t line = 8;
            const auto cols = static_cast<std::size_t>(coef.cols());
            const bool averaged = mean_coef.rows() > 0;
            std::vector<double> own(3 * line + (averaged ? 2 : 1) * cols);
            sgd::Model model{std::span(own).subspan(line, cols), intercept[at],
                             averaged ? std::span(own).subspan(2 * line + cols, cols) : std::span<double>(),
                             averaged ? mean_intercept[at] : 0.0};
            std::ranges::copy(coef.row(k), model.w.begin());
            if (averaged) std::ranges::copy(mean_coef.row(k), model.mean_w.begin());
            const sgd::Stopping stopping{max_iter, training.tol, training.n_iter_no_change, held_out,
                                         [&](const sgd::Model& m) { return score(m, task); }};
            epochs[at] = sgd::train(model, options, stopping, X, task.y, sample_weight, t);
            intercept[at] = model.intercept;
            std::ranges::copy(model.w, coef.row(k).begin());
            if (averaged) {
                mean_intercept[at] = model.mean_intercept;
                std::ranges::copy(model.mean_w, mean_coef.row(k).begin());
            }
        };
        constexpr Index worth_threads = 1 << 14;
        if (X.rows() * X.cols() * max_iter >= worth_threads) parallel_for(models, train_one);
        else
            for (Index k = 0; k < models; ++k) train_one(k);
        if (std::ranges::min(epochs) < 0)
            throw DataError(std::string(where) +
                            ": the weights overflowed; scale the features (StandardScaler) or lower eta0");
        n_iter = std::ranges::max(epochs);
        t += static_cast<double>(n_iter) * static_cast<double>(X.rows());
    }

    /// Calls f(i, decision values of row i). Throws DataError at NaN or infinity.
    template <class T, class F>
    void decide(std::string_view class_name, std::string_view name, MatrixView<const T> X, Index out_rows, F f) const {
        const auto where = [&] { return method(class_name, name); };
        if (X.cols() != coef.cols()) require_same(where(), "number of features", X.cols(), coef.cols());
        if (out_rows != X.rows()) require_same(where(), "number of rows of out", out_rows, X.rows());
        const Matrix<double>& w = shown_coef();
        const std::vector<double>& b = shown_intercept();
        std::vector<double> decisions(b.size());
        for (Index i = 0; i < X.rows(); ++i) {
            const T* const x = X.row(i).data();
            double sum = 0.0;
            for (std::size_t k = 0; k < b.size(); ++k)
                sum += decisions[k] = ordered::dot(x, w.data() + static_cast<Index>(k) * w.cols(), w.cols()) + b[k];
            // NaN and infinity in x always reach the sum.
            if (!std::isfinite(sum)) {
                try {
                    require_finite(where(), X.rows(i, i + 1));
                } catch (Error& error) {
                    error.add_rows(i);
                    throw;
                }
            }
            f(i, std::span<const double>(decisions));
        }
    }

    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("coef", coef);
        visitor("intercept", intercept);
        visitor("average_coef", mean_coef);
        visitor("average_intercept", mean_intercept);
        visitor("t", t);
        visitor("n_iter", n_iter);
        visitor("average_from", average_from);
    }
    /// Throws ModelError unless this is a possible state of `models` models, 0 for an unfitted estimator.
    void check_loaded(std::string_view class_name, Index models) const {
        const auto require = [&](bool ok, std::string_view what) {
            if (!ok) throw ModelError(std::string(class_name) + ": the saved " + std::string(what));
        };
        if (models == 0) return require(*this == LinearState{}, "state is not that of an unfitted model");
        require(coef.rows() == models && coef.cols() >= 1 && std::ssize(intercept) == models,
                "coef and intercept do not fit the models");
        // Averages stay when averaging is switched off between two calls.
        const bool averaged = mean_coef.rows() > 0;
        require((averaged || average_from == 0) && average_from >= 0 && mean_coef.rows() == (averaged ? models : 0) &&
                    (!averaged || mean_coef.cols() == coef.cols()) &&
                    std::ssize(mean_intercept) == (averaged ? models : 0),
                "averages do not fit the weights");
        const auto finite = [](auto&& values) {
            return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
        };
        require(finite(coef.values()) && finite(intercept) && finite(mean_coef.values()) && finite(mean_intercept),
                "weights are not finite");
        require(t >= 1 && std::isfinite(t) && n_iter >= 0, "clock is out of range");
    }
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
