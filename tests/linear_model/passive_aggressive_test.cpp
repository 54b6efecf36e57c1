#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/linear_model/passive_aggressive_classifier.hpp>
#include <blockfit/linear_model/passive_aggressive_regressor.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Loss;
using bf::Matrix;
using bf::PassiveAggressiveClassifier;
using bf::PassiveAggressiveRegressor;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> copy(std::span<const double> values) { return {values.begin(), values.end()}; }

/// Checks that call() throws an E that contains `text` and leaves the model as it was.
template <class E, class Model, class Call>
void refused(Model& model, const std::string& text, Call call) {
    const Model before = model;
    CAPTURE(text);
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(model == before);
}

}  // namespace

TEST_CASE("PassiveAggressiveClassifier: a step is that of the paper", "[linear_model]") {
    const Matrix<double> X{{1.0, 2.0}, {0.5, -3.0}};
    const std::vector<int> y{1, 0};
    for (const double C : {0.01, 0.3, 10.0, infinity})
        for (const bool squared : {false, true}) {
            CAPTURE(C, squared);
            PassiveAggressiveClassifier model(
                {.C = C, .fit_intercept = false, .shuffle = false, .loss = squared ? Loss::squared_hinge : Loss::hinge});
            model.partial_fit(X, y, {.classes = {0, 1}});
            double w[2] = {0.0, 0.0};
            for (Index i = 0; i < 2; ++i) {
                const double side = i == 0 ? 1.0 : -1.0;
                const double loss = std::max(0.0, 1.0 - side * (w[0] * X(i, 0) + w[1] * X(i, 1)));
                const double norm = X(i, 0) * X(i, 0) + X(i, 1) * X(i, 1);
                const double step = squared ? loss / (norm + 0.5 / C) : std::min(C, loss / norm);
                for (Index j = 0; j < 2; ++j) w[j] += side * step * X(i, j);
            }
            CHECK(model.coef()(0, 0) == Approx(w[0]).epsilon(1e-14));
            CHECK(model.coef()(0, 1) == Approx(w[1]).epsilon(1e-14));
            CHECK(model.intercept() == std::vector{0.0});
        }
}

TEST_CASE("PassiveAggressiveClassifier: without a cap each row is right by a margin of 1 after its step", "[linear_model]") {
    const Matrix<double> X = test::normal(30, 4, 1);
    const std::vector<Label> y = test::labels(X);
    for (const Loss loss : {Loss::hinge, Loss::squared_hinge}) {
        PassiveAggressiveClassifier model({.C = infinity, .fit_intercept = false, .loss = loss});
        for (Index i = 0; i < 30; ++i) {
            const auto row = X.view().rows(i, i + 1);
            model.partial_fit(row, std::span(y).subspan(static_cast<std::size_t>(i), 1), {.classes = {0, 1}});
            const double side = y[static_cast<std::size_t>(i)] == 1 ? 1.0 : -1.0;
            REQUIRE(side * model.decision_function(row)(0, 0) >= 1.0 - 1e-9);
        }
    }
    PassiveAggressiveClassifier from_text;
    from_text.set_param("C", "inf");
    CHECK(from_text.params().C == infinity);
    CHECK(from_text.fit(X, y).fitted());
}

TEST_CASE("PassiveAggressiveRegressor: a step is that of the paper", "[linear_model]") {
    const Matrix<double> X{{1.0, 2.0}, {0.5, -3.0}};
    const std::vector<double> y{2.0, -1.0};
    for (const double C : {0.01, 0.3, 10.0, infinity})
        for (const bool squared : {false, true}) {
            CAPTURE(C, squared);
            PassiveAggressiveRegressor model(
                {.C = C,
                 .fit_intercept = false,
                 .shuffle = false,
                 .loss = squared ? Loss::squared_epsilon_insensitive : Loss::epsilon_insensitive,
                 .epsilon = 0.25});
            model.partial_fit(X, y);
            double w[2] = {0.0, 0.0};
            for (Index i = 0; i < 2; ++i) {
                const double error = y[static_cast<std::size_t>(i)] - (w[0] * X(i, 0) + w[1] * X(i, 1));
                const double loss = std::max(0.0, std::abs(error) - 0.25);
                const double norm = X(i, 0) * X(i, 0) + X(i, 1) * X(i, 1);
                const double step = squared ? loss / (norm + 0.5 / C) : std::min(C, loss / norm);
                for (Index j = 0; j < 2; ++j) w[j] += (error > 0 ? step : -step) * X(i, j);
            }
            CHECK(model.coef()[0] == Approx(w[0]).epsilon(1e-14));
            CHECK(model.coef()[1] == Approx(w[1]).epsilon(1e-14));
        }
}

TEST_CASE("PassiveAggressiveRegressor: without a cap each row is met to epsilon after its step", "[linear_model]") {
    const Matrix<double> X = test::normal(30, 4, 1);
    for (const Loss loss : {Loss::epsilon_insensitive, Loss::squared_epsilon_insensitive}) {
        PassiveAggressiveRegressor model({.C = infinity, .fit_intercept = false, .loss = loss, .epsilon = 0.25});
        for (Index i = 0; i < 30; ++i) {
            const auto row = X.view().rows(i, i + 1);
            const double y = 3.0 * X(i, 0) + 10.0;
            model.partial_fit(row, std::vector{y});
            REQUIRE(std::abs(model.predict(row)[0] - y) <= 0.25 + 1e-9);
        }
    }
    // What is met already changes nothing.
    PassiveAggressiveRegressor met({.epsilon = 50.0});
    met.partial_fit(X, std::vector<double>(30, 49.0));
    CHECK(copy(met.coef()) == std::vector<double>(4, 0.0));
    CHECK(met.intercept() == std::vector{0.0});
}

TEST_CASE("passive-aggressive: a row of zeros moves nothing under PA-I, the intercept under PA-II", "[linear_model]") {
    const Matrix<double> zeros(3, 2);
    PassiveAggressiveClassifier first({.C = 2.0}), second({.C = 2.0, .loss = Loss::squared_hinge});
    first.partial_fit(zeros, std::vector{1, 1, 1}, {.classes = {0, 1}});
    second.partial_fit(zeros.view().rows(0, 1), std::vector{1}, {.classes = {0, 1}});
    CHECK(first.coef() == Matrix<double>(1, 2));
    CHECK(first.intercept() == std::vector{0.0});
    CHECK(first.t() == 4.0);
    CHECK(second.coef() == Matrix<double>(1, 2));
    CHECK(second.intercept() == std::vector{1.0 / (0.5 / 2.0)});

    PassiveAggressiveRegressor one({.C = 2.0}), two({.C = 2.0, .loss = Loss::squared_epsilon_insensitive});
    one.partial_fit(zeros, std::vector{5, 5, 5});
    two.partial_fit(zeros.view().rows(0, 1), std::vector{5.1});
    CHECK(one.intercept() == std::vector{0.0});
    CHECK(two.intercept()[0] == Approx(5.0 / (0.5 / 2.0)));

    // Zeros among other rows are as if they were not there.
    Matrix<double> X = test::normal(20, 2, 1);
    const std::vector<Label> y = test::labels(X);
    Matrix<double> with(21, 2);
    std::vector<Label> with_y = y;
    for (Index i = 0; i < 20; ++i) std::ranges::copy(X.row(i), with.row(i < 7 ? i : i + 1).begin());
    with_y.insert(with_y.begin() + 7, 1);
    const bf::PassiveAggressiveClassifierParams params{.shuffle = false};
    CHECK(PassiveAggressiveClassifier(params).partial_fit(with, with_y, {.classes = {0, 1}}).coef() ==
          PassiveAggressiveClassifier(params).partial_fit(X, y, {.classes = {0, 1}}).coef());

    // PA-II without softness has no step for them.
    PassiveAggressiveClassifier hard({.C = infinity, .loss = Loss::squared_hinge});
    refused<bf::DataError>(hard, "the weights overflowed", [&] {
        hard.partial_fit(zeros, std::vector{1, 1, 1}, {.classes = {0, 1}});
    });
}

TEST_CASE("passive-aggressive: weights of rows and of classes scale the step", "[linear_model]") {
    const Matrix<double> X{{1.0, 2.0}};
    PassiveAggressiveClassifier plain, weighted, by_class({.class_weight = {{1, 3.0}}});
    const bf::PartialFitOptions options{.classes = {0, 1}};
    plain.partial_fit(X, std::vector{1}, options);
    weighted.partial_fit(X, std::vector{1}, {.classes = {0, 1}, .sample_weight = 3.0});
    by_class.partial_fit(X, std::vector{1}, options);
    CHECK(weighted.coef()(0, 1) == Approx(3.0 * plain.coef()(0, 1)));
    CHECK(by_class.coef() == weighted.coef());
    PassiveAggressiveClassifier none;
    none.partial_fit(X, std::vector{1}, {.classes = {0, 1}, .sample_weight = 0.0});
    CHECK(none.coef() == Matrix<double>(1, 2));

    PassiveAggressiveRegressor regressor, doubled;
    regressor.partial_fit(X, std::vector{1.0});
    doubled.partial_fit(X, std::vector{1.0}, {.sample_weight = 2.0});
    CHECK(doubled.coef()[0] == Approx(2.0 * regressor.coef()[0]));
}

TEST_CASE("passive-aggressive: learn, stop early, and start warm", "[linear_model]") {
    const Matrix<double> X = test::normal(400, 4, 1);
    const std::vector<Label> labels = test::labels(X, 3);
    std::vector<double> y;
    for (Index i = 0; i < 400; ++i) y.push_back(2.0 * X(i, 0) - X(i, 1) + 0.5);
    const PassiveAggressiveClassifier classifier = PassiveAggressiveClassifier({.C = 0.01}).fit(X, labels);
    CHECK(classifier.score(X, labels) > 0.8);
    const PassiveAggressiveRegressor regressor = PassiveAggressiveRegressor({.C = 0.1, .epsilon = 0.01}).fit(X, y);
    CHECK(regressor.score(X, y) > 0.99);

    for (const Index patience : {1, 3}) {
        PassiveAggressiveClassifier early({.tol = 2.0, .early_stopping = true, .n_iter_no_change = patience});
        CHECK(early.fit(X, labels).n_iter() == 1 + patience);
        PassiveAggressiveRegressor early_regressor({.tol = 10.0, .early_stopping = true, .n_iter_no_change = patience});
        CHECK(early_regressor.fit(X, y).n_iter() == 1 + patience);
    }
    const bf::PassiveAggressiveRegressorParams once{.C = 0.1, .max_iter = 1, .tol = std::nullopt, .shuffle = false};
    PassiveAggressiveRegressor warm(once), two(once);
    warm.set_param("warm_start", "true").fit(X, y).fit(X, y);
    two.set_param("max_iter", "2").fit(X, y);
    CHECK(copy(warm.coef()) == copy(two.coef()));
    CHECK(warm.intercept() == two.intercept());
}

TEST_CASE("passive-aggressive: parameters out of range", "[linear_model]") {
    const Matrix<double> X = test::normal(30, 3, 1);
    const std::vector<Label> labels = test::labels(X);
    const std::vector<double> y(30, 1.0);
    const auto check = [&](auto model, const auto& target, const char* name, const char* value, const std::string& text) {
        CAPTURE(name, value);
        model.fit(X, target);
        model.set_param(name, value);
        refused<bf::ParameterError>(model, text, [&] { model.fit(X, target); });
        refused<bf::ParameterError>(model, text, [&] { model.partial_fit(X, target); });
    };
    for (const char* C : {"0", "-1", "nan"}) {
        check(PassiveAggressiveClassifier(), labels, "C", C, "PassiveAggressiveClassifier");
        check(PassiveAggressiveClassifier(), labels, "C", C, "C must be above 0");
        check(PassiveAggressiveRegressor(), y, "C", C, "C must be above 0");
    }
    for (const char* loss : {"log_loss", "perceptron", "epsilon_insensitive"})
        check(PassiveAggressiveClassifier(), labels, "loss", loss,
              "loss is " + std::string(loss) + ", expected hinge or squared_hinge");
    for (const char* loss : {"hinge", "huber", "squared_error"})
        check(PassiveAggressiveRegressor(), y, "loss", loss,
              "loss is " + std::string(loss) + ", expected epsilon_insensitive or squared_epsilon_insensitive");
    check(PassiveAggressiveRegressor(), y, "epsilon", "-1", "epsilon must be at least 0");
    check(PassiveAggressiveClassifier(), labels, "n_iter_no_change", "0", "n_iter_no_change must be at least 1");
}
