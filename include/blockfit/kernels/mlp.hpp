#ifndef BLOCKFIT_KERNELS_MLP_HPP
#define BLOCKFIT_KERNELS_MLP_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/kernels/row_groups.hpp>
#include <blockfit/kernels/schedule.hpp>

/// Multilayer perceptrons: dense layers, back-propagation and the steps of scikit-learn's MLPClassifier and
/// MLPRegressor. T is the type of weights and computation; rows of another type are converted as they are gathered.

namespace blockfit {
inline namespace v1 {

/// Of the hidden layers.
enum class Activation { identity, logistic, tanh, relu };
constexpr std::array<std::string_view, 4> enum_names(Activation) { return {"identity", "logistic", "tanh", "relu"}; }

enum class Solver { lbfgs, sgd, adam };
constexpr std::array<std::string_view, 3> enum_names(Solver) { return {"lbfgs", "sgd", "adam"}; }

/// Of the last layer, with its loss: identity and squared error, logistic and log loss of each output, softmax and log
/// loss of the row.
enum class OutputActivation { identity, logistic, softmax };
constexpr std::array<std::string_view, 3> enum_names(OutputActivation) { return {"identity", "logistic", "softmax"}; }

namespace mlp {

/// What each layer has: fan_in x fan_out weights and fan_out intercepts. Gradients and their moments look the same.
template <class T>
struct Layers {
    std::vector<Matrix<T>> coefs;
    std::vector<std::vector<T>> intercepts;

    [[nodiscard]] std::size_t size() const noexcept { return coefs.size(); }
    friend bool operator==(const Layers&, const Layers&) = default;
};

/// Zeros for layers of these sizes, the input's first.
template <class T>
[[nodiscard]] Layers<T> make_layers(const std::vector<Index>& units) {
    Layers<T> layers;
    for (std::size_t l = 0; l + 1 < units.size(); ++l) {
        layers.coefs.emplace_back(units[l], units[l + 1]);
        layers.intercepts.emplace_back(static_cast<std::size_t>(units[l + 1]));
    }
    return layers;
}
template <class T>
[[nodiscard]] Layers<T> zeros_like(const Layers<T>& layers) {
    Layers<T> zeros;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        zeros.coefs.emplace_back(layers.coefs[l].rows(), layers.coefs[l].cols());
        zeros.intercepts.emplace_back(layers.intercepts[l].size());
    }
    return zeros;
}

/// Uniform in +-sqrt(f / (fan_in + fan_out)), f = 2 for logistic, else 6 (Glorot and Bengio 2010).
template <class T>
void initialise(Layers<T>& layers, Activation activation, RandomState& generator) {
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const double factor = activation == Activation::logistic ? 2.0 : 6.0;
        const double bound = std::sqrt(factor / static_cast<double>(layers.coefs[l].rows() + layers.coefs[l].cols()));
        for (T& w : layers.coefs[l].values()) w = static_cast<T>(generator.uniform(-bound, bound));
        for (T& b : layers.intercepts[l]) b = static_cast<T>(generator.uniform(-bound, bound));
    }
}

template <class T>
[[nodiscard]] bool finite(const Layers<T>& layers) {
    const auto all_finite = [](auto&& values) {
        return std::ranges::all_of(values, [](T v) { return std::isfinite(v); });
    };
    for (std::size_t l = 0; l < layers.size(); ++l)
        if (!all_finite(layers.coefs[l].values()) || !all_finite(layers.intercepts[l])) return false;
    return true;
}

/// The form of a network and of its loss.
struct Form {
    Activation activation = Activation::relu;
    OutputActivation output = OutputActivation::identity;
    double alpha = 1e-4;
};

namespace detail {

template <class T>
using Rows = Eigen::Block<RowMajor<T>, Eigen::Dynamic, Eigen::Dynamic, true>;

template <class T>
void activate(Activation activation, T* values, Index n) {
    switch (activation) {
        case Activation::identity:
            break;
        case Activation::logistic:
            std::for_each(values, values + n, [](T& v) { v = T(1) / (T(1) + std::exp(-v)); });
            break;
        case Activation::tanh:
            std::for_each(values, values + n, [](T& v) { v = std::tanh(v); });
            break;
        case Activation::relu:
            std::for_each(values, values + n, [](T& v) { v = std::max(v, T(0)); });
            break;
    }
}
/// delta *= derivative, which the activated value tells.
template <class T>
void derive(Activation activation, const T* a, T* delta, Index n) {
    for (Index i = 0; i < n; ++i) {
        switch (activation) {
            case Activation::identity:
                break;
            case Activation::logistic:
                delta[i] *= a[i] * (T(1) - a[i]);
                break;
            case Activation::tanh:
                delta[i] *= T(1) - a[i] * a[i];
                break;
            case Activation::relu:
                delta[i] = a[i] == T(0) ? T(0) : delta[i];
                break;
        }
    }
}
template <class T>
void softmax(T* row, Index n) {
    const T most = *std::max_element(row, row + n);
    T sum = 0;
    for (Index j = 0; j < n; ++j) sum += row[j] = std::exp(row[j] - most);
    for (Index j = 0; j < n; ++j) row[j] /= sum;
}

}  // namespace detail

/// Buffers of one mini-batch: what each layer sees, gives and gets back. Kept from batch to batch.
template <class T>
class Workspace {
public:
    /// Room for `rows` rows; nothing is allocated if there is room already.
    void reserve(const Layers<T>& layers, Index rows) {
        if (activations_.size() == layers.size() + 1 && activations_.front().rows() >= rows &&
            activations_.front().cols() == layers.coefs.front().rows())
            return;
        activations_.assign(1, RowMajor<T>(rows, layers.coefs.front().rows()));
        deltas_.clear();
        for (const Matrix<T>& w : layers.coefs) {
            activations_.emplace_back(rows, w.cols());
            deltas_.emplace_back(rows, w.cols());
        }
        gradient_ = zeros_like(layers);
    }
    [[nodiscard]] RowMajor<T>& input() noexcept { return activations_.front(); }
    [[nodiscard]] RowMajor<T>& output() noexcept { return activations_.back(); }
    /// rows x n_outputs targets of the mini-batch, which back_propagate turns into errors.
    [[nodiscard]] RowMajor<T>& target() noexcept { return deltas_.back(); }
    [[nodiscard]] const Layers<T>& gradient() const noexcept { return gradient_; }

    /// Fills output() for the first `rows` rows of input().
    void forward(const Layers<T>& layers, const Form& form, Index rows) {
        for (std::size_t l = 0; l < layers.size(); ++l) {
            auto out = activations_[l + 1].topRows(rows);
            out.noalias() = activations_[l].topRows(rows) * eigen_map(layers.coefs[l]);
            const Index units = out.cols();
            const T* const intercept = layers.intercepts[l].data();
            for (Index i = 0; i < rows; ++i) {
                T* const row = activations_[l + 1].data() + i * units;
                for (Index j = 0; j < units; ++j) row[j] += intercept[j];
                if (l + 1 < layers.size()) detail::activate(form.activation, row, units);
                else if (form.output == OutputActivation::logistic) detail::activate(Activation::logistic, row, units);
                else if (form.output == OutputActivation::softmax) detail::softmax(row, units);
            }
        }
    }

    /// After forward: the loss of the mini-batch against target(), without the penalty.
    [[nodiscard]] double loss(const Form& form, Index rows) const {
        constexpr T epsilon = std::numeric_limits<T>::epsilon();
        const RowMajor<T>&p = activations_.back(), &y = deltas_.back();
        const Index n = rows * p.cols();
        double sum = 0;
        for (Index i = 0; i < n; ++i) {
            const T got = p.data()[i], want = y.data()[i];
            if (form.output == OutputActivation::identity) {
                sum += static_cast<double>((want - got) * (want - got));
                continue;
            }
            const T clipped = std::clamp(got, epsilon, T(1) - epsilon);
            if (want != T(0)) sum -= static_cast<double>(want * std::log(clipped));
            if (form.output == OutputActivation::logistic && want != T(1))
                sum -= static_cast<double>((T(1) - want) * std::log(T(1) - clipped));
        }
        return form.output == OutputActivation::identity ? sum / 2 / static_cast<double>(n)
                                                         : sum / static_cast<double>(rows);
    }

    /// After forward: gradient() of the loss and the penalty alpha / 2 |W|^2 over the mini-batch. The error of the
    /// output is P - T for every output activation.
    void back_propagate(const Layers<T>& layers, const Form& form, Index rows) {
        deltas_.back().topRows(rows) = activations_.back().topRows(rows) - deltas_.back().topRows(rows);
        const T share = T(1) / static_cast<T>(rows);
        const T alpha = static_cast<T>(form.alpha);
        for (std::size_t l = layers.size(); l-- > 0;) {
            const auto delta = deltas_[l].topRows(rows);
            auto gradient = eigen_map(gradient_.coefs[l]);
            gradient.noalias() = activations_[l].topRows(rows).transpose() * delta;
            gradient = (gradient + alpha * eigen_map(layers.coefs[l])) * share;
            std::vector<T>& sums = gradient_.intercepts[l];
            std::ranges::fill(sums, T(0));
            for (Index i = 0; i < rows; ++i)
                for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += deltas_[l](i, static_cast<Index>(j));
            for (T& sum : sums) sum *= share;
            if (l == 0) break;
            deltas_[l - 1].topRows(rows).noalias() = delta * eigen_map(layers.coefs[l]).transpose();
            detail::derive(form.activation, activations_[l].data(), deltas_[l - 1].data(),
                           rows * activations_[l].cols());
        }
    }

private:
    std::vector<RowMajor<T>> activations_, deltas_;
    Layers<T> gradient_;
};

/// The solvers' state. The parameters are those of the call that made it.
template <class T>
struct Optimizer {
    Solver solver = Solver::adam;
    LearningRate schedule = LearningRate::constant;
    bool nesterovs_momentum = true;
    double learning_rate_init = 1e-3, power_t = 0.5, momentum = 0.9, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8;
    double learning_rate = 1e-3;  ///< of sgd, now
    Index steps = 0;              ///< of adam
    Layers<T> first{};            ///< velocities of sgd, first moments of adam
    Layers<T> second{};           ///< second moments of adam

    friend bool operator==(const Optimizer&, const Optimizer&) = default;

    void start(const Layers<T>& layers) {
        learning_rate = learning_rate_init;
        steps = 0;
        first = zeros_like(layers);
        if (solver == Solver::adam) second = zeros_like(layers);
        else second = {};
    }
    /// One step along a gradient. adam: Kingma and Ba 2015, with the bias corrected in the step size; sgd: momentum,
    /// Nesterov's if asked for.
    void step(Layers<T>& layers, const Layers<T>& gradient) {
        ++steps;
        const auto k = static_cast<double>(steps);
        const auto adam_rate =
            static_cast<T>(learning_rate_init * std::sqrt(1 - std::pow(beta_2, k)) / (1 - std::pow(beta_1, k)));
        const auto update = [&](std::span<T> w, std::span<const T> g, std::span<T> m, std::span<T> v) {
            if (solver == Solver::adam) {
                const auto b1 = static_cast<T>(beta_1), b2 = static_cast<T>(beta_2);
                const auto c1 = static_cast<T>(1 - beta_1), c2 = static_cast<T>(1 - beta_2),
                           e = static_cast<T>(epsilon);
                for (std::size_t i = 0; i < w.size(); ++i) {
                    m[i] = b1 * m[i] + c1 * g[i];
                    v[i] = b2 * v[i] + c2 * (g[i] * g[i]);
                    w[i] -= adam_rate * m[i] / (std::sqrt(v[i]) + e);
                }
            } else {
                const auto mu = static_cast<T>(momentum), eta = static_cast<T>(learning_rate);
                for (std::size_t i = 0; i < w.size(); ++i) {
                    m[i] = mu * m[i] - eta * g[i];
                    w[i] += nesterovs_momentum ? mu * m[i] - eta * g[i] : m[i];
                }
            }
        };
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const bool two = second.size() > 0;
            update(layers.coefs[l].values(), gradient.coefs[l].values(), first.coefs[l].values(),
                   two ? second.coefs[l].values() : std::span<T>());
            update(layers.intercepts[l], gradient.intercepts[l], first.intercepts[l],
                   two ? std::span<T>(second.intercepts[l]) : std::span<T>());
        }
    }
    /// After a pass: the invscaling schedule. `t` rows were seen in all.
    void end_pass(double t) {
        if (solver == Solver::sgd && schedule == LearningRate::invscaling)
            learning_rate = learning_rate_init / std::pow(t + 1, power_t);
    }
    /// The loss no longer falls: true if training should stop, false if the adaptive step was made smaller instead.
    [[nodiscard]] bool stalled() {
        if (solver != Solver::sgd || schedule != LearningRate::adaptive || learning_rate <= 1e-6) return true;
        learning_rate /= 5;
        return false;
    }
};

/// One pass over the rows of X in the given order, in mini-batches of batch_size; target(row, std::span<T>) fills the
/// targets of a row. Returns the mean loss, each batch's taken before its step.
template <class T, class V, class Target>
[[nodiscard]] double train_pass(Layers<T>& layers, Optimizer<T>& optimizer, Workspace<T>& work, const Form& form,
                                Index batch_size, MatrixView<const V> X, std::span<const Index> order, Target target) {
    const Index n = std::ssize(order);
    work.reserve(layers, std::min(batch_size, n));
    const auto outputs = static_cast<std::size_t>(work.output().cols());
    double total = 0;
    for (Index begin = 0; begin < n; begin += batch_size) {
        const Index rows = std::min(batch_size, n - begin);
        for (Index i = 0; i < rows; ++i) {
            const Index row = order[static_cast<std::size_t>(begin + i)];
            std::ranges::transform(X.row(row), work.input().data() + i * X.cols(),
                                   [](V x) { return static_cast<T>(x); });
            target(row, std::span<T>(work.target().data() + i * static_cast<Index>(outputs), outputs));
        }
        work.forward(layers, form, rows);
        double squares = 0;
        for (const Matrix<T>& w : layers.coefs) squares += static_cast<double>(eigen_map(w).squaredNorm());
        const double loss = work.loss(form, rows) + form.alpha / 2 * squares / static_cast<double>(rows);
        total += loss * static_cast<double>(rows);
        work.back_propagate(layers, form, rows);
        optimizer.step(layers, work.gradient());
    }
    return total / static_cast<double>(n);
}

/// Calls f(row, outputs) for each row of X. The outputs of a row depend on the row alone.
template <class T, class V, class F>
void for_each_output(const Layers<T>& layers, const Form& form, MatrixView<const V> X, F f) {
    Workspace<T> work;
    work.reserve(layers, group_rows);
    for_each_row_group(X, work.input(), [&](RowRange rows, const RowMajor<T>&) {
        work.forward(layers, form, group_rows);
        const RowMajor<T>& out = work.output();
        for (Index i = rows.begin; i < rows.end; ++i)
            f(i, std::span<const T>(out.data() + (i - rows.begin) * out.cols(), static_cast<std::size_t>(out.cols())));
    });
}

}  // namespace mlp
}  // namespace v1
}  // namespace blockfit

#endif
