#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/linear_model/passive_aggressive_classifier.hpp>
#include <blockfit/linear_model/perceptron.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/wrappers/incremental.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Loss;
using bf::Matrix;
using bf::PassiveAggressiveClassifier;
using bf::Penalty;
using bf::Perceptron;
using bf::SGDClassifier;

TEST_CASE("Perceptron: a row on the wrong side, or on the plane, moves it by eta0 times the row", "[linear_model]") {
    Perceptron model({.shuffle = false, .eta0 = 0.5});
    const bf::PartialFitOptions options{.classes = {3, 8}};
    // On the plane of zeros: moved.
    model.partial_fit(Matrix<double>{{1, 2}}, std::vector{8}, options);
    CHECK(model.coef() == Matrix<double>{{0.5, 1.0}});
    CHECK(model.intercept() == std::vector{0.5});
    // On its right side now: not moved.
    model.partial_fit(Matrix<double>{{2, 2}}, std::vector{8}, options);
    CHECK(model.coef() == Matrix<double>{{0.5, 1.0}});
    // On the wrong one.
    model.partial_fit(Matrix<double>{{4, 0}}, std::vector{3}, options);
    CHECK(model.coef() == Matrix<double>{{-1.5, 1.0}});
    CHECK(model.intercept() == std::vector{0.0});
    CHECK(model.predict(Matrix<double>{{4, 0}, {0, 4}}) == std::vector<Label>{3, 8});
}

TEST_CASE("Perceptron: is SGDClassifier with loss perceptron and a constant step", "[linear_model]") {
    for (const Index n_classes : {2, 4})
        for (const Penalty penalty : {Penalty::none, Penalty::l1, Penalty::elasticnet}) {
            CAPTURE(n_classes, bf::detail::to_text(penalty));
            const Matrix<double> X = test::normal(150, 4, 1);
            const std::vector<Label> y = test::labels(X, n_classes);
            const Perceptron model = Perceptron({.penalty = penalty, .alpha = 0.001, .eta0 = 0.25, .random_state = 5}).fit(X, y);
            const SGDClassifier same = SGDClassifier({.loss = Loss::perceptron,
                                                      .penalty = penalty,
                                                      .alpha = 0.001,
                                                      .random_state = 5,
                                                      .learning_rate = bf::LearningRate::constant,
                                                      .eta0 = 0.25})
                                           .fit(X, y);
            CHECK(model.coef() == same.coef());
            CHECK(model.intercept() == same.intercept());
            CHECK(model.n_iter() == same.n_iter());
            CHECK(model.predict(X) == same.predict(X));
        }
}

TEST_CASE("Perceptron: separates what can be separated", "[linear_model]") {
    Matrix<double> X = test::normal(200, 3, 1);
    std::vector<Label> y;
    for (Index i = 0; i < 200; ++i) {
        y.push_back(X(i, 0) + 2 * X(i, 1) > 0 ? 1 : -1);
        X(i, 0) += 0.5 * static_cast<double>(y.back());  // a margin
    }
    CHECK(Perceptron({.tol = std::nullopt}).fit(X, y).score(X, y) == 1.0);
}

TEST_CASE("Perceptron: there are no probabilities, and parameters out of range are refused", "[linear_model]") {
    const Matrix<double> X = test::normal(40, 3, 1);
    const std::vector<Label> y = test::labels(X);
    Perceptron model = Perceptron().fit(X, y);
    CHECK_THROWS_WITH(model.predict_proba(X), Catch::Contains("Perceptron::predict_proba: there are no probabilities"));
    const Perceptron before = model;
    for (const auto& [name, value] : {std::pair{"eta0", "0"}, {"alpha", "-1"}, {"l1_ratio", "2"}, {"validation_fraction", "0"}}) {
        CAPTURE(name);
        Perceptron bad = model;
        bad.set_param(name, value);
        const Perceptron unchanged = bad;
        CHECK_THROWS_AS(bad.fit(X, y), bf::ParameterError);
        CHECK_THROWS_AS(bad.partial_fit(X, y), bf::ParameterError);
        CHECK(bad == unchanged);
    }
    CHECK(model == before);
}

// --- one model a class, trained in parallel -------------------------------------------------------------------------

namespace {

constexpr int thread_counts[] = {1, 2, 8};
/// A block worth several threads: rows * cols is above 2^14.
constexpr Index rows = 2100, cols = 8, n_classes = 5;

template <class E>
E make() {
    if constexpr (std::is_same_v<E, SGDClassifier>)
        return SGDClassifier({.loss = Loss::log_loss, .penalty = Penalty::elasticnet, .random_state = 3, .average = 100});
    else if constexpr (std::is_same_v<E, PassiveAggressiveClassifier>)
        return PassiveAggressiveClassifier({.C = 0.1, .random_state = 3, .class_weight = {{1, 2.0}}});
    else return Perceptron({.random_state = 3});
}
const std::vector<Label> all_classes{0, 1, 2, 3, 4};

}  // namespace

TEMPLATE_TEST_CASE("linear classifiers: one model a class, the same bits for any number of threads", "[linear_model]", Perceptron,
                   SGDClassifier, PassiveAggressiveClassifier) {
    const Matrix<double> X = test::uneven(3 * rows, cols, 1);
    const std::vector<Label> y = test::labels(X, n_classes);
    const Matrix<float> F = test::as<float>(X);
    const auto block = [&](Index i) { return X.view().rows(i * rows, (i + 1) * rows); };
    const auto block_y = [&](Index i) { return std::span(y).subspan(static_cast<std::size_t>(i * rows), rows); };
    auto want = make<TestType>(), want_fit = want, want_float = want;
    {
        const bf::Settings settings({.threads = 1});
        for (const Index i : {0, 1, 2}) want.partial_fit(block(i), block_y(i), {.classes = all_classes});
        want_fit.set_param("max_iter", "4").fit(block(0), block_y(0));
        want_float.partial_fit(F, y, {.classes = all_classes});
    }
    REQUIRE(want.coef().rows() == n_classes);
    for (const int threads : thread_counts) {
        CAPTURE(threads);
        const bf::Settings settings({.threads = threads});
        auto model = make<TestType>();
        for (const Index i : {0, 1, 2}) model.partial_fit(block(i), block_y(i), {.classes = all_classes});
        REQUIRE(model == want);
        REQUIRE(make<TestType>().set_param("max_iter", "4").fit(block(0), block_y(0)) == want_fit);
        REQUIRE(make<TestType>().partial_fit(F, y, {.classes = all_classes}) == want_float);
        bf::Incremental incremental(make<TestType>(), {.classes = all_classes});
        incremental.fit(bf::from_array(X, {.block_rows = rows}), bf::from_vector(y));
        REQUIRE(incremental.estimator() == want);
    }
}

TEMPLATE_TEST_CASE("linear classifiers: early stopping in parallel, the same bits", "[linear_model]", Perceptron, SGDClassifier,
                   PassiveAggressiveClassifier) {
    const Matrix<double> X = test::uneven(rows, cols, 1);
    const std::vector<Label> y = test::labels(X, n_classes);
    const auto fitted = [&](int threads) {
        const bf::Settings settings({.threads = threads});
        return make<TestType>().set_param("early_stopping", "true").set_param("max_iter", "30").fit(X, y);
    };
    const auto want = fitted(1);
    for (const int threads : thread_counts) REQUIRE(fitted(threads) == want);
}

TEST_CASE("linear classifiers: weights that overflow in parallel are refused, and change nothing", "[linear_model]") {
    const Matrix<double> X = test::uneven(rows, cols, 1);
    const std::vector<Label> y = test::labels(X, n_classes);
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        Perceptron model = make<Perceptron>().partial_fit(X, y, {.classes = all_classes});
        model.set_param("eta0", "1e308");
        const Perceptron before = model;
        CHECK_THROWS_WITH(model.partial_fit(X, y), Catch::Contains("the weights overflowed"));
        CHECK(model == before);
    }
}
