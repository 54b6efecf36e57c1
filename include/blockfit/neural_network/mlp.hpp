#ifndef BLOCKFIT_NEURAL_NETWORK_MLP_HPP
#define BLOCKFIT_NEURAL_NETWORK_MLP_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numeric>
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
#include <blockfit/kernels/mlp.hpp>
#include <blockfit/neural_network/mlp_params.hpp>

namespace blockfit {
inline namespace v1 {

namespace detail {

/// What MLPClassifier and MLPRegressor share: the network, its training and its state.
template <class Self, class T>
class MLP : public ParamsMixin<Self, MLPParams> {
    static_assert(std::floating_point<T>, "MLP: the weights are float or double");

public:
    using Options = PartialFitOptions;
    static constexpr bool accepts_sample_weight = false;
    using ParamsMixin<Self, MLPParams>::ParamsMixin;

    /// Throws ParameterError or UnsupportedError if these parameters do not go with partial_fit; for wrappers, which
    /// check before any work.
    void check_partial_fit(std::string_view where) const {
        check_params(where);
        if (this->params().early_stopping)
            throw ParameterError(std::string(where) + ": early_stopping is for fit only; set it to false");
    }

    [[nodiscard]] bool fitted() const noexcept { return layers_.size() > 0; }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").layers_.coefs.front().rows(); }
    /// Weights of each layer, fan_in x fan_out.
    [[nodiscard]] const std::vector<Matrix<T>>& coefs() const { return require_fitted("coefs").layers_.coefs; }
    /// Intercepts of each layer, fan_out.
    [[nodiscard]] const std::vector<std::vector<T>>& intercepts() const {
        return require_fitted("intercepts").layers_.intercepts;
    }
    /// Hidden layers + 2.
    [[nodiscard]] Index n_layers() const { return static_cast<Index>(require_fitted("n_layers").layers_.size()) + 1; }
    /// Targets a row; 1 for two classes.
    [[nodiscard]] Index n_outputs() const { return require_fitted("n_outputs").layers_.coefs.back().cols(); }
    [[nodiscard]] OutputActivation out_activation() const { return require_fitted("out_activation").output_; }
    /// Mean loss of the last pass, each mini-batch's taken before its step.
    [[nodiscard]] double loss() const { return require_fitted("loss").loss_curve_.back(); }
    /// The loss of each pass; a pass of partial_fit is one block.
    [[nodiscard]] const std::vector<double>& loss_curve() const { return require_fitted("loss_curve").loss_curve_; }
    /// The smallest loss; infinity with early stopping, where scores count.
    [[nodiscard]] double best_loss() const { return require_fitted("best_loss").best_loss_; }
    /// With early stopping the score on the held-out rows after each pass, and the best of them.
    [[nodiscard]] const std::vector<double>& validation_scores() const {
        return require_fitted("validation_scores").validation_scores_;
    }
    [[nodiscard]] double best_validation_score() const { return require_fitted("best_validation_score").best_score_; }
    /// Passes so far.
    [[nodiscard]] Index n_iter() const { return std::ssize(require_fitted("n_iter").loss_curve_); }
    /// Rows seen so far, repeats counted.
    [[nodiscard]] Index t() const { return require_fitted("t").t_; }

    /// Names the whole state for saving; `finish_load` checks it.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        Index output = static_cast<Index>(output_), solver = static_cast<Index>(optimizer_.solver),
              schedule = static_cast<Index>(optimizer_.schedule), nesterov = optimizer_.nesterovs_momentum;
        visitor("coefs", layers_.coefs);
        visitor("intercepts", layers_.intercepts);
        visitor("out_activation", output);
        visitor("loss_curve", loss_curve_);
        visitor("best_loss", best_loss_);
        visitor("validation_scores", validation_scores_);
        visitor("best_validation_score", best_score_);
        visitor("no_improvement", stale_);
        visitor("t", t_);
        visitor("solver", solver);
        visitor("schedule", schedule);
        visitor("nesterovs_momentum", nesterov);
        visitor("learning_rate_init", optimizer_.learning_rate_init);
        visitor("power_t", optimizer_.power_t);
        visitor("momentum", optimizer_.momentum);
        visitor("beta_1", optimizer_.beta_1);
        visitor("beta_2", optimizer_.beta_2);
        visitor("epsilon", optimizer_.epsilon);
        visitor("learning_rate", optimizer_.learning_rate);
        visitor("steps", optimizer_.steps);
        visitor("first_coefs", optimizer_.first.coefs);
        visitor("first_intercepts", optimizer_.first.intercepts);
        visitor("second_coefs", optimizer_.second.coefs);
        visitor("second_intercepts", optimizer_.second.intercepts);
        const auto in_range = [](Index value, Index n) { return value >= 0 && value < n; };
        if (!in_range(output, 3) || !in_range(solver, 3) || !in_range(schedule, 6) || !in_range(nesterov, 2))
            throw ModelError(std::string(Self::class_name) + ": the saved activation, solver or schedule is unknown");
        output_ = static_cast<OutputActivation>(output);
        optimizer_.solver = static_cast<Solver>(solver);
        optimizer_.schedule = static_cast<LearningRate>(schedule);
        optimizer_.nesterovs_momentum = nesterov != 0;
    }
    void finish_load() {
        const auto require = [](bool ok, std::string_view what) {
            if (!ok) throw ModelError(std::string(Self::class_name) + ": the saved " + std::string(what));
        };
        const auto fits = [&](const mlp::Layers<T>& other) {
            if (other.coefs.size() != layers_.size() || other.intercepts.size() != layers_.size()) return false;
            for (std::size_t l = 0; l < layers_.size(); ++l)
                if (other.coefs[l].rows() != layers_.coefs[l].rows() ||
                    other.coefs[l].cols() != layers_.coefs[l].cols() ||
                    std::ssize(other.intercepts[l]) != layers_.coefs[l].cols())
                    return false;
            return true;
        };
        require(fits(layers_), "weights do not fit together");
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            require(layers_.coefs[l].rows() >= 1 && layers_.coefs[l].cols() >= 1, "layers are empty");
            require(l == 0 || layers_.coefs[l].rows() == layers_.coefs[l - 1].cols(), "layers do not fit together");
        }
        require(!fitted() || (mlp::finite(layers_) && !loss_curve_.empty()), "weights are not finite");
        require(fits(optimizer_.first) && (optimizer_.solver != Solver::adam || fits(optimizer_.second)),
                "solver does not fit the weights");
        require(t_ >= 0 && stale_ >= 0 && optimizer_.steps >= 0 && std::isfinite(optimizer_.learning_rate),
                "counters are out of range");
    }

protected:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    const MLP& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(method(Self::class_name, what) +
                                 ": the network is not fitted; call fit or partial_fit first");
        return *this;
    }
    [[nodiscard]] bool same_state(const MLP& other) const {
        return describe("", this->params()) == describe("", other.params()) && layers_ == other.layers_ &&
               optimizer_ == other.optimizer_ && output_ == other.output_ && loss_curve_ == other.loss_curve_ &&
               best_loss_ == other.best_loss_ && validation_scores_ == other.validation_scores_ &&
               best_score_ == other.best_score_ && stale_ == other.stale_ && t_ == other.t_;
    }

    /// f(MatrixView<const double>) on a matrix of targets of any type.
    template <MatrixLike Y, class F>
    static Self& with_target_matrix(std::string_view where, const Y& y, F f) {
        const auto given = as_view(y);
        if constexpr (std::same_as<MatrixValue<Y>, double>) {
            return f(given);
        } else {
            Matrix<double> converted(given.rows(), given.cols());
            convert_block(where, given, converted.view());
            return f(std::as_const(converted).view());
        }
    }
    void check_params(std::string_view where) const {
        const MLPParams& p = this->params();
        if (p.solver == Solver::lbfgs)
            throw UnsupportedError(std::string(where) + ": solver lbfgs needs all data at once; use adam or sgd");
        for (const Index size : p.hidden_layer_sizes.sizes())
            require_parameter(size >= 1, where, "hidden_layer_sizes must be at least 1");
        const auto share = [](double v) { return v >= 0 && v < 1; };
        require_parameter(p.alpha >= 0 && std::isfinite(p.alpha), where, "alpha must be at least 0");
        require_parameter(p.batch_size.is_auto() || p.batch_size.rows() >= 1, where,
                          "batch_size must be at least 1, or auto");
        require_parameter(p.learning_rate == LearningRate::constant || p.learning_rate == LearningRate::invscaling ||
                              p.learning_rate == LearningRate::adaptive,
                          where, "learning_rate must be constant, invscaling or adaptive");
        require_parameter(p.learning_rate_init > 0 && std::isfinite(p.learning_rate_init), where,
                          "learning_rate_init must be above 0");
        require_parameter(p.power_t >= 0, where, "power_t must be at least 0");
        require_parameter(p.max_iter >= 1, where, "max_iter must be at least 1");
        require_parameter(p.tol >= 0, where, "tol must be at least 0");
        require_parameter(p.momentum >= 0 && p.momentum <= 1, where, "momentum must be in [0, 1]");
        require_parameter(share(p.validation_fraction), where, "validation_fraction must be in [0, 1)");
        require_parameter(share(p.beta_1) && share(p.beta_2), where, "beta_1 and beta_2 must be in [0, 1)");
        require_parameter(p.epsilon > 0, where, "epsilon must be above 0");
        require_parameter(p.n_iter_no_change >= 1, where, "n_iter_no_change must be at least 1");
    }
    template <class V>
    void check_block(std::string_view where, MatrixView<const V> X, Index n_targets,
                     const PartialFitOptions& options) const {
        if (X.rows() < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (X.cols() < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        require_same(where, "length of y", n_targets, X.rows());
        if (options.sample_weight)
            throw UnsupportedError(std::string(where) + ": " + std::string(Self::class_name) +
                                   " takes no sample weights");
        if (options.check_input) require_finite(where, X);
    }

    /// Forgets what was fitted, and takes the form of the network: the layers are made by the next train.
    void restart(OutputActivation output) {
        MLP fresh(this->params());
        fresh.output_ = output;
        *this = std::move(fresh);
    }
    [[nodiscard]] const mlp::Layers<T>& layers() const noexcept { return layers_; }
    void set_output(OutputActivation output) noexcept { output_ = output; }
    [[nodiscard]] mlp::Form form() const {
        return {.activation = this->params().activation, .output = output_, .alpha = this->params().alpha};
    }

    /// One pass over a block; the first makes the network. target(row, span) fills the n_outputs targets of a row.
    template <class V, class Target>
    void train_block(std::string_view where, MatrixView<const V> X, Index n_outputs, Target target) {
        RandomState generator(this->params().random_state);
        const bool first = !fitted();
        if (first) start(X.cols(), n_outputs, generator);
        if (first || optimizer_.first.size() == 0) start_optimizer();
        std::vector<Index> order(static_cast<std::size_t>(X.rows()));
        std::iota(order.begin(), order.end(), Index{0});
        mlp::Workspace<T> work;
        pass(where, work, X, order, target, generator);
        note_loss();
        end_pass();
    }

    /// Up to max_iter passes. split(generator) gives the rows to train on and those held out by early stopping, of
    /// which score(rows) is the score.
    template <class V, class Target, class Split, class Score>
    void train_fully(std::string_view where, MatrixView<const V> X, Index n_outputs, Target target, Split split,
                     Score score) {
        const MLPParams& p = this->params();
        RandomState generator(p.random_state);
        if (!fitted()) start(X.cols(), n_outputs, generator);
        start_optimizer();
        std::vector<Index> order, held_out;
        mlp::Layers<T> best;
        if (p.early_stopping) {
            ValidationSplit parts = split(generator);
            order = std::move(parts.train);
            held_out = std::move(parts.test);
            best = layers_;
        } else {
            order.resize(static_cast<std::size_t>(X.rows()));
            std::iota(order.begin(), order.end(), Index{0});
        }
        mlp::Workspace<T> work;
        for (Index i = 0; i < p.max_iter; ++i) {
            pass(where, work, X, order, target, generator);
            if (p.early_stopping) {
                validation_scores_.push_back(score(std::span<const Index>(held_out)));
                stale_ = validation_scores_.back() < best_score_ + p.tol ? stale_ + 1 : 0;
                if (validation_scores_.back() > best_score_) {
                    best_score_ = validation_scores_.back();
                    best = layers_;
                }
            } else {
                note_loss();
            }
            if (end_pass()) break;
        }
        if (p.early_stopping) layers_ = std::move(best);
    }

    /// Calls f(row, outputs) for each row of X. Throws DataError at NaN or infinity.
    template <class V, class F>
    void for_each_output(std::string_view name, MatrixView<const V> X, Index out_rows, F f) const {
        require_fitted(name);
        const std::string where = method(Self::class_name, name);
        require_same(where, "number of features", X.cols(), n_features_in());
        require_same(where, "number of rows of out", out_rows, X.rows());
        require_finite(where, X);
        mlp::for_each_output(layers_, form(), X, f);
    }

private:
    void start(Index cols, Index n_outputs, RandomState& generator) {
        std::vector<Index> units{cols};
        units.insert(units.end(), this->params().hidden_layer_sizes.sizes().begin(),
                     this->params().hidden_layer_sizes.sizes().end());
        units.push_back(n_outputs);
        layers_ = mlp::make_layers<T>(units);
        mlp::initialise(layers_, this->params().activation, generator);
    }
    void start_optimizer() {
        const MLPParams& p = this->params();
        optimizer_ = {.solver = p.solver,
                      .schedule = p.learning_rate,
                      .nesterovs_momentum = p.nesterovs_momentum,
                      .learning_rate_init = p.learning_rate_init,
                      .power_t = p.power_t,
                      .momentum = p.momentum,
                      .beta_1 = p.beta_1,
                      .beta_2 = p.beta_2,
                      .epsilon = p.epsilon,
                      .learning_rate = p.learning_rate_init};
        optimizer_.start(layers_);
    }
    template <class V, class Target>
    void pass(std::string_view where, mlp::Workspace<T>& work, MatrixView<const V> X, std::vector<Index>& order,
              Target target, RandomState& generator) {
        if (this->params().shuffle) {
            const std::vector<Index> permutation = generator.permutation(std::ssize(order));
            std::vector<Index> shuffled;
            for (const Index i : permutation) shuffled.push_back(order[static_cast<std::size_t>(i)]);
            order = std::move(shuffled);
        }
        const Index n = std::ssize(order);
        loss_curve_.push_back(mlp::train_pass(layers_, optimizer_, work, form(), this->params().batch_size.of(n), X,
                                              std::span<const Index>(order), target));
        if (!mlp::finite(layers_))
            throw DataError(
                std::string(where) +
                ": the weights overflowed; scale the features (StandardScaler) or lower learning_rate_init");
        t_ += n;
    }
    void note_loss() {
        stale_ = loss_curve_.back() > best_loss_ - this->params().tol ? stale_ + 1 : 0;
        best_loss_ = std::min(best_loss_, loss_curve_.back());
    }
    /// True if training should stop.
    bool end_pass() {
        optimizer_.end_pass(static_cast<double>(t_));
        if (stale_ <= this->params().n_iter_no_change) return false;
        if (optimizer_.stalled()) return true;
        stale_ = 0;
        return false;
    }

    mlp::Layers<T> layers_;
    mlp::Optimizer<T> optimizer_;
    OutputActivation output_ = OutputActivation::identity;
    std::vector<double> loss_curve_;
    double best_loss_ = std::numeric_limits<double>::infinity();
    std::vector<double> validation_scores_;
    double best_score_ = -std::numeric_limits<double>::infinity();
    Index stale_ = 0;  // passes without improvement
    Index t_ = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
