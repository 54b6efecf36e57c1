#ifndef BLOCKFIT_KERNELS_LINEAR_SGD_HPP
#define BLOCKFIT_KERNELS_LINEAR_SGD_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/kernels/loss.hpp>
#include <blockfit/kernels/ordered.hpp>
#include <blockfit/kernels/schedule.hpp>

/// Stochastic gradient descent on one linear model, one row at a time, as scikit-learn's SGD, Perceptron and
/// Passive-Aggressive estimators. All computation is in double; float rows are widened first.

namespace blockfit {
inline namespace v1 {
namespace sgd {

/// One linear model in training: weights and intercept, and their running means (d values, or none without averaging).
struct Model {
    std::span<double> w;
    double intercept = 0.0;
    std::span<double> mean_w;
    double mean_intercept = 0.0;
};

struct Options {
    Loss loss = Loss::hinge;
    double epsilon = 0.1;
    Penalty penalty = Penalty::l2;
    double alpha = 1e-4;
    double l1_ratio = 0.15;
    LearningRate learning_rate = LearningRate::optimal;
    double eta0 = 0.0;
    double power_t = 0.5;
    double C = 1.0;  ///< cap (pa1) or softness (pa2) of the passive-aggressive steps
    bool fit_intercept = true;
    Index average = 0;  ///< clock value from which weights are averaged; 0: never
    bool shuffle = true;
    std::uint32_t seed = 0;
    double positive_weight = 1.0;  ///< class weights of y > 0 and y <= 0
    double negative_weight = 1.0;
};

/// When `fit` stops.
struct Stopping {
    Index max_iter = 1;
    std::optional<double> tol{};
    Index n_iter_no_change = 5;
    /// Rows held out of training, one flag a row; empty: none. Then `score`, of the model after an epoch, decides.
    std::span<const unsigned char> held_out{};
    std::function<double(const Model&)> score{};
};

/// The targets of a block: reals, or labels of which one counts +1 and all others -1.
struct Targets {
    std::span<const double> reals{};
    std::span<const Label> labels{};
    Label positive = 0;
    [[nodiscard]] double operator[](Index i) const noexcept {
        const auto at = static_cast<std::size_t>(i);
        // No branch on the label: it could not be predicted.
        return reals.empty() ? 2.0 * static_cast<double>(labels[at] == positive) - 1.0 : reals[at];
    }
    void prefetch(Index i) const noexcept {
        if (reals.empty()) __builtin_prefetch(labels.data() + i);
        else __builtin_prefetch(reals.data() + i);
    }
};

namespace detail {

/// Cumulative L1 truncation (Tsuruoka, Tsujii, Ananiadou 2009). Starts anew at each call, as in scikit-learn.
struct Truncation {
    double total = 0.0;
    std::vector<double> applied;
    void operator()(std::span<double> w, double amount) noexcept {
        total += amount;
        for (std::size_t j = 0; j < w.size(); ++j) {
            const double before = w[j];
            if (before > 0) w[j] = std::max(0.0, before - (total + applied[j]));
            else if (before < 0) w[j] = std::min(0.0, before + (total - applied[j]));
            applied[j] += w[j] - before;
        }
    }
};

/// What one call carries from epoch to epoch.
template <class T>
struct Pass {
    const Options& options;
    MatrixView<const T> X;
    const Targets& y;
    const SampleWeight& sample_weight;
    std::span<const unsigned char> held_out;
    std::vector<std::uint32_t> order;  ///< empty: from the first row to the last
    Truncation truncation;
    std::vector<double> wide_row;  ///< a float row as doubles
    double t = 1.0;
    bool want_loss = false;
    double total_loss = 0.0;
};

/// Shuffled rows are asked for this many visits ahead: a block is larger than the cache.
inline constexpr Index prefetch_distance = 12;
template <class T>
void prefetch(std::span<const T> row) noexcept {
    const auto* const begin = reinterpret_cast<const char*>(row.data());
    // The processor follows a longer row by itself.
    const std::size_t bytes = std::min<std::size_t>(row.size_bytes(), 512);
    for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(begin + at);
    __builtin_prefetch(begin + bytes - 1);
}

/// One visit to every row. Rate is a schedule; PassiveAggressive replaces the gradient step by PA-I or PA-II.
template <bool PassiveAggressive, class LossT, class Rate, class T>
void run_epoch(Model& model, Pass<T>& pass, LossT loss, Rate rate) {
    const Options& o = pass.options;
    const Index n = pass.X.rows();
    const Index d = pass.X.cols();
    const bool penalised = o.penalty != Penalty::none && o.alpha > 0;
    const double rho = o.penalty == Penalty::l1 ? 1.0 : o.penalty == Penalty::elasticnet ? o.l1_ratio : 0.0;
    const bool shrinks = penalised && rho < 1.0;
    const bool truncates = penalised && rho > 0.0;
    const bool hinge_sign = o.loss == Loss::hinge || o.loss == Loss::perceptron;
    const double class_weight[] = {o.negative_weight, o.positive_weight};
    constexpr double clip = 1e12;
    double* const w = model.w.data();
    double intercept = model.intercept;
    double t = pass.t;
    double total = 0.0;

    for (Index visit = 0; visit < n; ++visit) {
        const Index i = pass.order.empty() ? visit : static_cast<Index>(pass.order[static_cast<std::size_t>(visit)]);
        if (!pass.order.empty() && visit + prefetch_distance < n) {
            const auto next = static_cast<Index>(pass.order[static_cast<std::size_t>(visit + prefetch_distance)]);
            prefetch(pass.X.row(next));
            pass.y.prefetch(next);
        }
        if (!pass.held_out.empty() && pass.held_out[static_cast<std::size_t>(i)]) continue;
        const double* x;
        if constexpr (std::is_same_v<T, double>) {
            x = pass.X.row(i).data();
        } else {
            std::ranges::copy(pass.X.row(i), pass.wide_row.begin());
            x = pass.wide_row.data();
        }
        const double y = pass.y[i];
        const double p = ordered::dot(x, w, d) + intercept;
        const double eta = rate(t);
        if (pass.want_loss) total += loss.value(p, y);

        double u;
        if constexpr (PassiveAggressive) {
            const double norm = ordered::dot(x, x, d);
            if (o.learning_rate == LearningRate::pa1) {
                if (norm == 0) continue;
                u = std::min(o.C, loss.value(p, y) / norm);
            } else {
                u = loss.value(p, y) / (norm + 0.5 / o.C);
            }
            if (hinge_sign) u *= y;
            else if (y < p) u = -u;
        } else {
            const double slope = loss.slope(p, y);
            u = -eta * (LossT::bounded ? slope : std::clamp(slope, -clip, clip));
        }
        u *= class_weight[y > 0] * pass.sample_weight[i];

        if (shrinks) {
            const double scale = std::max(0.0, 1.0 - ordered::mul((1.0 - rho) * eta, o.alpha));
            ordered::scale_add(w, scale, x, u, d);
        } else if (u != 0) {
            ordered::add(w, x, u, d);
        }
        if (o.fit_intercept) intercept += u;
        if (o.average > 0 && t >= static_cast<double>(o.average)) {
            const double k = t - static_cast<double>(o.average) + 1.0;
            for (std::size_t j = 0; j < model.mean_w.size(); ++j) model.mean_w[j] += (w[j] - model.mean_w[j]) / k;
            model.mean_intercept += (intercept - model.mean_intercept) / k;
        }
        if (truncates) pass.truncation(model.w, ordered::mul(rho * eta, o.alpha));
        t += 1.0;
    }
    model.intercept = intercept;
    pass.t = t;
    pass.total_loss = total;
}

template <class T>
void run_epoch(Model& model, Pass<T>& pass, double eta) {
    const Options& o = pass.options;
    loss::dispatch(o.loss, o.epsilon, [&](auto l) {
        switch (o.learning_rate) {
            case LearningRate::optimal: return run_epoch<false>(model, pass, l, schedule::Optimal(o.alpha));
            case LearningRate::invscaling:
                return run_epoch<false>(model, pass, l, schedule::InverseScaling{o.eta0, o.power_t});
            case LearningRate::pa1:
            case LearningRate::pa2: return run_epoch<true>(model, pass, l, schedule::Constant{eta});
            case LearningRate::constant:
            case LearningRate::adaptive: return run_epoch<false>(model, pass, l, schedule::Constant{eta});
        }
    });
}

[[nodiscard]] inline bool finite(const Model& model) noexcept {
    return std::isfinite(model.intercept) && std::ranges::all_of(model.w, [](double v) { return std::isfinite(v); });
}

}  // namespace detail

/// Trains on a block: one epoch for partial_fit, up to stopping.max_iter for fit. `t` is the clock at the first row.
/// Returns the number of epochs, or -1 if the weights overflowed, which leaves them broken.
template <class T>
[[nodiscard]] Index train(Model& model, const Options& options, const Stopping& stopping, MatrixView<const T> X,
                          const Targets& y, const SampleWeight& sample_weight, double t) {
    detail::Pass<T> pass{options, X, y, sample_weight, stopping.held_out, {}, {}, {}, t, false, 0.0};
    if (options.shuffle) {
        pass.order.resize(static_cast<std::size_t>(X.rows()));
        std::iota(pass.order.begin(), pass.order.end(), 0u);
    }
    pass.truncation.applied.resize(model.w.size());
    if constexpr (!std::is_same_v<T, double>) pass.wide_row.resize(model.w.size());
    const bool scored = !stopping.held_out.empty();
    pass.want_loss = stopping.max_iter > 1 && stopping.tol && !scored;
    const auto n_train = static_cast<double>(X.rows() - std::ranges::count(stopping.held_out, 1));

    double eta = options.eta0;
    double best = scored ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    Index stale = 0;
    for (Index epoch = 1; epoch <= stopping.max_iter; ++epoch) {
        if (options.shuffle) shuffle_sgd_epoch(std::span(pass.order), options.seed);
        detail::run_epoch(model, pass, eta);
        if (!detail::finite(model)) return -1;
        if (!stopping.tol || stopping.max_iter == 1) continue;
        if (scored) {
            const double score = stopping.score(model);
            stale = score < best + *stopping.tol ? stale + 1 : 0;
            best = std::max(best, score);
        } else {
            stale = pass.total_loss > best - *stopping.tol * n_train ? stale + 1 : 0;
            best = std::min(best, pass.total_loss);
        }
        if (stale < stopping.n_iter_no_change) continue;
        if (options.learning_rate != LearningRate::adaptive || eta <= 1e-6) return epoch;
        eta /= 5.0;
        stale = 0;
    }
    return stopping.max_iter;
}

}  // namespace sgd
}  // namespace v1
}  // namespace blockfit

#endif
