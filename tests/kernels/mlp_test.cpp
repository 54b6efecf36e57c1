#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include <catch2/catch.hpp>
#include <support/data.hpp>

#include <blockfit/kernels/mlp.hpp>

namespace bf = blockfit;
namespace mlp = blockfit::mlp;
using bf::Activation;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;
using bf::OutputActivation;
using bf::RowMajor;
using test::same_bits;

namespace {

mlp::Layers<double> network(const std::vector<Index>& units, Activation activation, std::uint32_t seed) {
    auto layers = mlp::make_layers<double>(units);
    bf::RandomState generator(seed);
    mlp::initialise(layers, activation, generator);
    return layers;
}
Matrix<double> targets(Index rows, Index cols, OutputActivation output) {
    Matrix<double> y = test::normal(rows, cols, 8);
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j) {
            if (output == OutputActivation::logistic) y(i, j) = y(i, j) > 0 ? 1 : 0;
            if (output == OutputActivation::softmax) y(i, j) = i % cols == j ? 1 : 0;
        }
    return y;
}
/// Loss with penalty of all rows as one mini-batch, by the workspace; leaves the gradient in `work`.
double loss(mlp::Workspace<double>& work, const mlp::Layers<double>& layers, const mlp::Form& form,
            const Matrix<double>& X, const Matrix<double>& y) {
    work.reserve(layers, X.rows());
    std::ranges::copy(X.values(), work.input().data());
    std::ranges::copy(y.values(), work.target().data());
    work.forward(layers, form, X.rows());
    double squares = 0;
    for (const auto& w : layers.coefs)
        for (const double v : w.values()) squares += v * v;
    const double value = work.loss(form, X.rows()) + form.alpha / 2 * squares / static_cast<double>(X.rows());
    work.back_propagate(layers, form, X.rows());
    return value;
}

}  // namespace

TEST_CASE("mlp: the gradient is that of the loss", "[kernels]") {
    const auto activation = GENERATE(Activation::identity, Activation::logistic, Activation::tanh, Activation::relu);
    const auto output = GENERATE(OutputActivation::identity, OutputActivation::logistic, OutputActivation::softmax);
    const Index rows = 7, outputs = 3;
    const Matrix<double> X = test::normal(rows, 4, 3), y = targets(rows, outputs, output);
    const mlp::Form form{.activation = activation, .output = output, .alpha = 0.3};
    auto layers = network({4, 5, 3, outputs}, activation, 5);
    mlp::Workspace<double> work;
    loss(work, layers, form, X, y);
    const mlp::Layers<double> gradient = work.gradient();
    // The squared error is a mean over the outputs too, its gradient is not: scikit-learn's convention.
    const double scale = output == OutputActivation::identity ? static_cast<double>(outputs) : 1.0;
    mlp::Form data_only = form;
    data_only.alpha = 0;
    const auto check = [&](double& w, double got, double penalty) {
        constexpr double h = 1e-6;
        const double before = w;
        w = before + h;
        const double up = loss(work, layers, data_only, X, y);
        w = before - h;
        const double down = loss(work, layers, data_only, X, y);
        w = before;
        const double want = scale * (up - down) / (2 * h) + penalty * before / static_cast<double>(rows);
        REQUIRE(got == Approx(want).epsilon(1e-5).margin(1e-7));
    };
    for (std::size_t l = 0; l < layers.size(); ++l) {
        for (std::size_t i = 0; i < layers.coefs[l].values().size(); ++i)
            check(layers.coefs[l].values()[i], gradient.coefs[l].values()[i], form.alpha);
        for (std::size_t j = 0; j < layers.intercepts[l].size(); ++j)
            check(layers.intercepts[l][j], gradient.intercepts[l][j], 0.0);
    }
}

TEMPLATE_TEST_CASE("mlp: outputs of a row depend on the row alone", "[kernels]", float, double) {
    const Index outputs = GENERATE(1, 3, 10);
    const Index hidden = GENERATE(1, 7, 16, 100);
    const Index d = GENERATE(1, 5, 33);
    const Matrix<TestType> X = test::as<TestType>(test::normal(150, d, 2));
    auto layers = mlp::make_layers<TestType>({d, hidden, outputs});
    bf::RandomState generator(1);
    mlp::initialise(layers, Activation::tanh, generator);
    const mlp::Form form{.activation = Activation::tanh, .output = OutputActivation::softmax};
    const auto predict = [&](MatrixView<const TestType> rows) {
        Matrix<TestType> out(rows.rows(), outputs);
        mlp::for_each_output(layers, form, rows,
                             [&](Index i, std::span<const TestType> p) { std::ranges::copy(p, out.row(i).begin()); });
        return out;
    };
    const Matrix<TestType> whole = predict(X.view());
    for (const Index begin : {0, 1, 5, 47, 48, 49, 101, 149})
        for (const Index end : {begin + 1, Index{150}})
            REQUIRE(same_bits(predict(X.view().rows(begin, end)).view(), std::as_const(whole).view().rows(begin, end)));
    for (Index i = 0; i < 150; ++i) {
        double sum = 0;
        for (const TestType p : whole.row(i)) sum += static_cast<double>(p);
        REQUIRE(sum == Approx(1.0).epsilon(1e-5));
    }
}

TEST_CASE("mlp: saturated outputs have finite losses", "[kernels]") {
    auto layers = mlp::make_layers<double>({1, 2});
    layers.coefs[0](0, 0) = 1000;
    layers.coefs[0](0, 1) = -1000;
    const Matrix<double> X{{1}, {-1}}, y{{1, 0}, {1, 0}};
    for (const auto output : {OutputActivation::logistic, OutputActivation::softmax}) {
        mlp::Workspace<double> work;
        const double value = loss(work, layers, {.output = output, .alpha = 0}, X, y);
        REQUIRE(std::isfinite(value));
        REQUIRE(value > 10);  // the second row is as wrong as can be
        REQUIRE(mlp::finite(work.gradient()));
    }
}

TEST_CASE("mlp: adam and sgd take the steps of their papers", "[kernels]") {
    mlp::Layers<double> layers = mlp::make_layers<double>({1, 1}), gradient = layers;
    gradient.coefs[0](0, 0) = 2;
    gradient.intercepts[0][0] = -4;
    SECTION("adam: the first step is the rate, whatever the gradient") {
        mlp::Optimizer<double> adam{.learning_rate_init = 0.1};
        adam.start(layers);
        adam.step(layers, gradient);
        REQUIRE(layers.coefs[0](0, 0) == Approx(-0.1).epsilon(1e-6));
        REQUIRE(layers.intercepts[0][0] == Approx(0.1).epsilon(1e-6));
    }
    SECTION("sgd with momentum") {
        const bool nesterov = GENERATE(false, true);
        mlp::Optimizer<double> sgd{
            .solver = bf::Solver::sgd, .nesterovs_momentum = nesterov, .learning_rate_init = 0.1, .momentum = 0.5};
        sgd.start(layers);
        sgd.step(layers, gradient);
        sgd.step(layers, gradient);
        // Velocities -0.2, -0.3; Nesterov looks one step of momentum ahead.
        REQUIRE(layers.coefs[0](0, 0) == Approx(nesterov ? (0.5 * -0.2 - 0.2) + (0.5 * -0.3 - 0.2) : -0.5));
    }
    SECTION("schedules of sgd") {
        mlp::Optimizer<double> sgd{
            .solver = bf::Solver::sgd, .schedule = bf::LearningRate::invscaling, .learning_rate_init = 0.8};
        sgd.start(layers);
        sgd.end_pass(3);
        REQUIRE(sgd.learning_rate == Approx(0.4));
        REQUIRE(sgd.stalled());
        sgd.schedule = bf::LearningRate::adaptive;
        sgd.start(layers);
        REQUIRE_FALSE(sgd.stalled());
        REQUIRE(sgd.learning_rate == Approx(0.16));
        sgd.learning_rate = 1e-6;
        REQUIRE(sgd.stalled());
    }
}
