#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/core/matrix.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/kernels/linear_sgd.hpp>

namespace bf = blockfit;
namespace sgd = bf::sgd;
using bf::Index;
using bf::LearningRate;
using bf::Loss;
using bf::Matrix;
using bf::Penalty;

namespace {

/// The algorithm once more, as directly as it can be written: no buffers, no shared factors, std's functions.
class Naive {
public:
    sgd::Options options;
    std::vector<double> w, mean_w;
    double b = 0, mean_b = 0, t = 1, total = 0;

    Naive(const sgd::Options& o, Index d) : options(o), w(static_cast<std::size_t>(d)), mean_w(w) {}

    /// L1's memory lasts for one call.
    void start_call() {
        U = 0;
        q.assign(w.size(), 0.0);
    }
    void epoch(const Matrix<double>& X, const std::vector<double>& y, const std::vector<double>& weight,
               const std::vector<Index>& order, double eta0) {
        total = 0;
        for (const Index i : order) row(X.row(i), y[at(i)], weight.empty() ? 1.0 : weight[at(i)], eta0);
    }

private:
    static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

    double value(double p, double y) const {
        const double m = p * y, r = p - y, c = options.epsilon;
        switch (options.loss) {
            case Loss::hinge: return std::max(0.0, 1 - m);
            case Loss::perceptron: return std::max(0.0, -m);
            case Loss::squared_hinge: return std::pow(std::max(0.0, 1 - m), 2);
            case Loss::log_loss: return m > 18 ? std::exp(-m) : m < -18 ? -m : std::log(1 + std::exp(-m));
            case Loss::modified_huber: return m < -1 ? -4 * m : std::pow(std::max(0.0, 1 - m), 2);
            case Loss::squared_error: return r * r / 2;
            case Loss::huber: return std::abs(r) <= c ? r * r / 2 : c * std::abs(r) - c * c / 2;
            case Loss::epsilon_insensitive: return std::max(0.0, std::abs(r) - c);
            case Loss::squared_epsilon_insensitive: return std::pow(std::max(0.0, std::abs(r) - c), 2);
        }
        return 0;
    }
    double slope(double p, double y) const {
        const double m = p * y, r = p - y, c = options.epsilon;
        switch (options.loss) {
            case Loss::hinge: return m <= 1 ? -y : 0;
            case Loss::perceptron: return m <= 0 ? -y : 0;
            case Loss::squared_hinge: return m < 1 ? -2 * y * (1 - m) : 0;
            case Loss::log_loss: return m > 18 ? -y * std::exp(-m) : m < -18 ? -y : -y / (std::exp(m) + 1);
            case Loss::modified_huber: return m >= 1 ? 0 : m < -1 ? -4 * y : -2 * y * (1 - m);
            case Loss::squared_error: return r;
            case Loss::huber: return std::abs(r) <= c ? r : r > 0 ? c : -c;
            case Loss::epsilon_insensitive: return r < -c ? -1 : r > c ? 1 : 0;
            case Loss::squared_epsilon_insensitive: return r < -c ? 2 * (r + c) : r > c ? 2 * (r - c) : 0;
        }
        return 0;
    }
    double rate(double eta0) const {
        switch (options.learning_rate) {
            case LearningRate::optimal: return 1 / (options.alpha * (std::pow(options.alpha, -0.75) + t - 1));
            case LearningRate::invscaling: return options.eta0 / std::pow(t, options.power_t);
            default: return eta0;
        }
    }

    void row(std::span<const double> x, double y, double s, double eta0) {
        const double p = std::inner_product(x.begin(), x.end(), w.begin(), 0.0) + b;
        const double eta = rate(eta0);
        total += value(p, y);
        const double class_weight = y > 0 ? options.positive_weight : options.negative_weight;
        double u;
        if (options.learning_rate == LearningRate::pa1 || options.learning_rate == LearningRate::pa2) {
            const double norm = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
            if (options.learning_rate == LearningRate::pa1 && norm == 0) return;
            const double tau = options.learning_rate == LearningRate::pa1 ? std::min(options.C, value(p, y) / norm)
                                                                          : value(p, y) / (norm + 1 / (2 * options.C));
            const bool classifies = options.loss == Loss::hinge || options.loss == Loss::perceptron;
            u = (classifies ? tau * y : y < p ? -tau : tau) * class_weight * s;
        } else {
            u = -eta * std::clamp(slope(p, y), -1e12, 1e12) * class_weight * s;
        }
        const bool none = options.penalty == Penalty::none;
        const double rho = options.penalty == Penalty::l1 ? 1 : options.penalty == Penalty::elasticnet ? options.l1_ratio : 0;
        const double shrink = none ? 1 : std::max(0.0, 1 - (1 - rho) * eta * options.alpha);
        for (std::size_t j = 0; j < w.size(); ++j) w[j] = w[j] * shrink + u * x[j];
        if (options.fit_intercept) b += u;
        if (options.average > 0 && t >= static_cast<double>(options.average)) {
            const double k = t - static_cast<double>(options.average) + 1;
            for (std::size_t j = 0; j < w.size(); ++j) mean_w[j] += (w[j] - mean_w[j]) / k;
            mean_b += (b - mean_b) / k;
        }
        if (!none && rho > 0) {
            U += rho * eta * options.alpha;
            for (std::size_t j = 0; j < w.size(); ++j) {
                const double z = w[j];
                if (z > 0) w[j] = std::max(0.0, z - (U + q[j]));
                else if (z < 0) w[j] = std::min(0.0, z + (U - q[j]));
                q[j] += w[j] - z;
            }
        }
        t += 1;
    }

    double U = 0;
    std::vector<double> q;
};

struct Data {
    Matrix<double> X;
    std::vector<double> y, weight;
};

/// Rows of `d` features; every fifth is zero. y: -1 or 1.
Data make_data(Index n, Index d, std::uint32_t seed) {
    bf::RandomState generator(seed);
    Data data{Matrix<double>(n, d), {}, {}};
    for (Index i = 0; i < n; ++i) {
        const double y = generator.uniform() < 0.5 ? -1 : 1;
        for (double& x : data.X.row(i)) x = i % 5 == 3 ? 0.0 : 0.4 * y + generator.uniform(-1, 1);
        data.y.push_back(y);
        data.weight.push_back(i % 7 == 2 ? 0.0 : generator.uniform(0.5, 2));
    }
    return data;
}

/// The state that train works on.
struct State {
    std::vector<double> w, mean_w;
    double b = 0, mean_b = 0, t = 1;
    State(const sgd::Options& o, Index d)
        : w(static_cast<std::size_t>(d)), mean_w(o.average > 0 ? static_cast<std::size_t>(d) : 0) {}

    template <class T>
    Index train(const sgd::Options& o, const Matrix<T>& X, const std::vector<double>& y, const std::vector<double>& weight,
                const sgd::Stopping& stopping = {}) {
        sgd::Model model{w, b, mean_w, mean_b};
        const sgd::Targets targets{.reals = y};
        const auto given = weight.empty() ? bf::SampleWeight() : bf::SampleWeight(weight);
        const Index epochs = sgd::train(model, o, stopping, X.view(), targets, given, t);
        b = model.intercept;
        mean_b = model.mean_intercept;
        if (epochs > 0) t += static_cast<double>(epochs * X.rows());
        return epochs;
    }
};

std::vector<Index> rows_in_order(Index n) {
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    return order;
}

bool close(double got, double want) { return std::abs(got - want) <= 1e-12 * std::max(1.0, std::abs(want)); }
bool close(const std::vector<double>& got, const std::vector<double>& want) {
    return std::equal(got.begin(), got.end(), want.begin(), want.end(), [](double a, double b) { return close(a, b); });
}

std::string describe(const sgd::Options& o) {
    return std::string(bf::enum_names(o.loss)[static_cast<std::size_t>(o.loss)]) + " " +
           std::string(bf::enum_names(o.penalty)[static_cast<std::size_t>(o.penalty)]) + " " +
           std::string(bf::enum_names(o.learning_rate)[static_cast<std::size_t>(o.learning_rate)]) +
           " average=" + std::to_string(o.average) + " shuffle=" + std::to_string(o.shuffle);
}

constexpr std::array losses{Loss::hinge,         Loss::perceptron,    Loss::squared_hinge,
                            Loss::log_loss,      Loss::modified_huber, Loss::squared_error,
                            Loss::huber,         Loss::epsilon_insensitive,
                            Loss::squared_epsilon_insensitive};
constexpr std::array penalties{Penalty::l2, Penalty::l1, Penalty::elasticnet, Penalty::none};
constexpr std::array rates{LearningRate::constant, LearningRate::optimal, LearningRate::invscaling,
                           LearningRate::adaptive, LearningRate::pa1,     LearningRate::pa2};

}  // namespace

TEST_CASE("sgd::train: every loss, penalty, schedule and averaging, against a direct re-implementation", "[kernels]") {
    constexpr Index d = 3;
    for (const Loss loss : losses)
        for (const Penalty penalty : penalties)
            for (const LearningRate rate : rates)
                for (const Index average : {0, 1, 15})
                    for (const bool shuffle : {false, true}) {
                        const sgd::Options o{.loss = loss,
                                             .penalty = penalty,
                                             .alpha = 0.02,
                                             .l1_ratio = 0.3,
                                             .learning_rate = rate,
                                             .eta0 = 0.1,
                                             .power_t = 0.4,
                                             .C = 0.7,
                                             .fit_intercept = average != 15,
                                             .average = average,
                                             .shuffle = shuffle,
                                             .seed = 77,
                                             .positive_weight = 1.5,
                                             .negative_weight = 0.5};
                        CAPTURE(describe(o));
                        Naive naive(o, d);
                        State state(o, d);
                        // Blocks of different sizes, one of a single row; weights in every other one.
                        for (const Index n : {9, 1, 11}) {
                            const Data data = make_data(n, d, static_cast<std::uint32_t>(n));
                            const std::vector<double> weight = n == 9 ? std::vector<double>{} : data.weight;
                            std::vector<Index> order = rows_in_order(n);
                            if (shuffle) bf::shuffle_sgd_epoch(std::span(order), o.seed);
                            naive.start_call();
                            naive.epoch(data.X, data.y, weight, order, o.eta0);
                            // Passive-aggressive steps of the squared losses may grow without bound.
                            const bool finite =
                                std::isfinite(naive.b) && std::ranges::all_of(naive.w, [](double v) { return std::isfinite(v); });
                            REQUIRE(state.train(o, data.X, data.y, weight) == (finite ? 1 : -1));
                            if (!finite) {
                                REQUIRE(rate == LearningRate::pa2);
                                break;
                            }
                            REQUIRE(close(state.w, naive.w));
                            REQUIRE(close(state.b, naive.b));
                            if (average > 0) {
                                REQUIRE(close(state.mean_w, naive.mean_w));
                                REQUIRE(close(state.mean_b, naive.mean_b));
                            }
                            // The clock counts all rows of a block, those that PA-I skipped too.
                            naive.t = state.t;
                        }
                    }
}

TEST_CASE("sgd::train: float rows are widened, not the weights narrowed", "[kernels]") {
    const Data data = make_data(40, 5, 3);
    Matrix<float> narrow(40, 5);
    Matrix<double> wide(40, 5);
    for (std::size_t i = 0; i < narrow.values().size(); ++i) {
        narrow.values()[i] = static_cast<float>(data.X.values()[i]);
        wide.values()[i] = static_cast<double>(narrow.values()[i]);
    }
    for (const LearningRate rate : {LearningRate::optimal, LearningRate::pa1}) {
        const sgd::Options o{.learning_rate = rate, .average = 3};
        State a(o, 5), b(o, 5);
        REQUIRE(a.train(o, narrow, data.y, {}) == 1);
        REQUIRE(b.train(o, wide, data.y, {}) == 1);
        CHECK(a.w == b.w);
        CHECK(a.mean_w == b.mean_w);
        CHECK(a.b == b.b);
    }
}

TEST_CASE("sgd::train: labels count as -1 and 1", "[kernels]") {
    const Data data = make_data(30, 3, 4);
    std::vector<bf::Label> labels;
    for (std::size_t i = 0; i < data.y.size(); ++i) labels.push_back(data.y[i] > 0 ? 7 : i % 2 == 0 ? 3 : 11);
    const sgd::Options o{.loss = Loss::log_loss};
    State state(o, 3);
    REQUIRE(state.train(o, data.X, data.y, {}) == 1);
    std::vector<double> w(3);
    sgd::Model model{w, 0.0, {}, 0.0};
    REQUIRE(sgd::train(model, o, {}, data.X.view(), {.labels = labels, .positive = 7}, {}, 1.0) == 1);
    CHECK(w == state.w);
    CHECK(model.intercept == state.b);
}

TEST_CASE("sgd::train: a row of weight 0 still ages the clock and shrinks the weights", "[kernels]") {
    const sgd::Options o{.loss = Loss::squared_error, .alpha = 0.5, .learning_rate = LearningRate::invscaling, .eta0 = 0.1};
    const Matrix<double> X{{1.0}, {2.0}, {1.0}};
    const std::vector<double> y{1, 1, 1};
    State weighted(o, 1), left_out(o, 1);
    REQUIRE(weighted.train(o, X, y, {1, 0, 1}) == 1);
    REQUIRE(left_out.train(o, Matrix<double>{{1.0}, {1.0}}, {1, 1}, {}) == 1);
    CHECK(weighted.w != left_out.w);
}

TEST_CASE("sgd::train: a large step times alpha sets weights to zero instead of turning their sign", "[kernels]") {
    const sgd::Options o{.penalty = Penalty::l2, .alpha = 50, .learning_rate = LearningRate::constant, .eta0 = 1};
    State state(o, 1);
    // The second row has no loss: all that happens to w is the shrinking.
    REQUIRE(state.train(sgd::Options{.penalty = Penalty::none, .learning_rate = LearningRate::constant, .eta0 = 5, .shuffle = false},
                        Matrix<double>{{1.0}}, {1}, {}) == 1);
    CHECK(state.w[0] == 5);
    REQUIRE(state.train(o, Matrix<double>{{1.0}}, {1}, {}) == 1);
    CHECK(state.w[0] == 0);
}

TEST_CASE("sgd::train: gradients are clipped at 1e12", "[kernels]") {
    const sgd::Options o{.loss = Loss::squared_error,
                         .penalty = Penalty::none,
                         .learning_rate = LearningRate::constant,
                         .eta0 = 1,
                         .fit_intercept = false,
                         .shuffle = false};
    State state(o, 1);
    REQUIRE(state.train(o, Matrix<double>{{1.0}}, {1e20}, {}) == 1);
    CHECK(state.w[0] == 1e12);
}

TEST_CASE("sgd::train: overflow is told from a large weight", "[kernels]") {
    const sgd::Options o{.loss = Loss::squared_error,
                         .penalty = Penalty::none,
                         .learning_rate = LearningRate::constant,
                         .eta0 = 1e300,
                         .shuffle = false};
    State fine(o, 1), broken(o, 1);
    CHECK(fine.train(o, Matrix<double>{{1.0}}, {1}, {}) == 1);
    CHECK(fine.w[0] == 1e300);
    CHECK(broken.train(o, Matrix<double>{{1.0}, {1.0}}, {1, 1}, {}) == -1);
    // Also if it is the intercept alone.
    sgd::Options steps = o;
    steps.loss = Loss::epsilon_insensitive;
    steps.eta0 = 1e308;
    State intercept(steps, 1);
    CHECK(intercept.train(steps, Matrix<double>{{0.0}, {0.0}}, {1.7e308, 1.7e308}, {}) == -1);
    CHECK(intercept.w[0] == 0);
}

TEST_CASE("sgd::train: fit stops as the rules of the loss say", "[kernels]") {
    const Data data = make_data(40, 3, 6);
    for (const LearningRate rate : {LearningRate::optimal, LearningRate::adaptive, LearningRate::constant})
        for (const Loss loss : {Loss::hinge, Loss::log_loss, Loss::squared_error})
            for (const double tol : {0.0, 1e-3, 1e-2})
                for (const Index patience : {1, 3})
                    for (const Index max_iter : {1, 7, 300}) {
                        const sgd::Options o{
                            .loss = loss, .alpha = 0.01, .learning_rate = rate, .eta0 = 0.05, .average = 5, .seed = 3};
                        CAPTURE(describe(o), tol, patience, max_iter);
                        Naive naive(o, 3);
                        naive.start_call();
                        std::vector<Index> order = rows_in_order(40);
                        double best = std::numeric_limits<double>::infinity(), eta = o.eta0;
                        Index stale = 0, epochs = 0;
                        while (epochs < max_iter) {
                            bf::shuffle_sgd_epoch(std::span(order), o.seed);
                            naive.epoch(data.X, data.y, {}, order, eta);
                            ++epochs;
                            stale = naive.total > best - tol * 40 ? stale + 1 : 0;
                            best = std::min(best, naive.total);
                            if (stale < patience) continue;
                            if (rate != LearningRate::adaptive || eta <= 1e-6) break;
                            eta /= 5;
                            stale = 0;
                        }
                        State state(o, 3);
                        REQUIRE(state.train(o, data.X, data.y, {},
                                            {.max_iter = max_iter, .tol = tol, .n_iter_no_change = patience}) == epochs);
                        REQUIRE(close(state.w, naive.w));
                        REQUIRE(close(state.b, naive.b));
                        REQUIRE(close(state.mean_w, naive.mean_w));
                    }
}

TEST_CASE("sgd::train: without tol all epochs are run", "[kernels]") {
    const Data data = make_data(20, 3, 6);
    const sgd::Options o{.loss = Loss::log_loss};
    State state(o, 3);
    CHECK(state.train(o, data.X, data.y, {}, {.max_iter = 50, .tol = std::nullopt, .n_iter_no_change = 1}) == 50);
}

TEST_CASE("sgd::train: with tol 0 an epoch as good as the best is not stale", "[kernels]") {
    // All rows beyond their margin after one epoch: the loss stays 0.
    const sgd::Options o{.penalty = Penalty::none, .learning_rate = LearningRate::constant, .eta0 = 5};
    State state(o, 1);
    CHECK(state.train(o, Matrix<double>{{1.0}, {-1.0}}, {1, -1}, {}, {.max_iter = 20, .tol = 0.0, .n_iter_no_change = 1}) == 20);
}

TEST_CASE("sgd::train: held-out rows are not trained on, and their score decides", "[kernels]") {
    const Data data = make_data(40, 3, 8);
    std::vector<unsigned char> held_out(40, 0);
    for (std::size_t i = 0; i < 40; i += 4) held_out[i] = 1;
    const sgd::Options o{.loss = Loss::log_loss, .seed = 9};

    // A score that rises for 6 epochs, each time by just tol, and then stands still.
    Index asked = 0;
    const auto score = [&](const sgd::Model& model) {
        CHECK(model.w.size() == 3);
        return 0.25 * static_cast<double>(std::min<Index>(++asked, 6));
    };
    State state(o, 3);
    const Index epochs = state.train(o, data.X, data.y, {},
                                     {.max_iter = 100, .tol = 0.25, .n_iter_no_change = 4, .held_out = held_out, .score = score});
    CHECK(epochs == 10);
    CHECK(asked == 10);

    Naive naive(o, 3);
    naive.start_call();
    std::vector<Index> order = rows_in_order(40);
    for (Index epoch = 0; epoch < epochs; ++epoch) {
        bf::shuffle_sgd_epoch(std::span(order), o.seed);
        std::vector<Index> trained = order;
        std::erase_if(trained, [&](Index i) { return held_out[static_cast<std::size_t>(i)] != 0; });
        naive.epoch(data.X, data.y, {}, trained, 0.0);
    }
    CHECK(close(state.w, naive.w));
    CHECK(close(state.b, naive.b));
}
