#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/core/random_state.hpp>
#include <blockfit/estimator/validation_split.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::LearningRate;
using bf::Loss;
using bf::Matrix;
using bf::MatrixView;
using bf::Penalty;
using bf::SGDRegressor;
using bf::SGDRegressorParams;

namespace {

/// y = 1 + x . (2, -1, 0.5, ...) and a little noise.
std::vector<double> linear(const Matrix<double>& X, double noise = 0.05) {
    std::vector<double> y;
    for (Index i = 0; i < X.rows(); ++i) {
        double value = 1.0 + noise * std::sin(static_cast<double>(100 * i));
        for (Index j = 0; j < X.cols(); ++j) value += X(i, j) * 2.0 / std::pow(-2.0, static_cast<double>(j));
        y.push_back(value);
    }
    return y;
}
struct Data {
    Matrix<double> X;
    std::vector<double> y;
    explicit Data(Index n, Index d = 3, std::uint32_t seed = 1) : X(test::normal(n, d, seed)), y(linear(X)) {}
};

std::vector<double> copy(std::span<const double> values) { return {values.begin(), values.end()}; }

/// Checks that call() throws an E that contains `text` and leaves the regressor as it was.
template <class E, class Call>
void refused(SGDRegressor& model, const std::string& text, Call call) {
    const SGDRegressor before = model;
    CAPTURE(text);
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(model == before);
}

}  // namespace

TEST_CASE("SGDRegressor: what was fitted, and predictions that follow it", "[linear_model]") {
    const Data data(300);
    SGDRegressor model;
    CHECK(&model.fit(data.X, data.y) == &model);
    CHECK(model.n_features_in() == 3);
    REQUIRE(model.coef().size() == 3);
    REQUIRE(model.intercept().size() == 1);
    CHECK(model.t() == 1 + 300.0 * static_cast<double>(model.n_iter()));
    CHECK(model.coef()[0] == Approx(2.0).margin(0.1));
    CHECK(model.coef()[1] == Approx(-1.0).margin(0.1));
    CHECK(model.intercept()[0] == Approx(1.0).margin(0.1));
    const std::vector<double> predicted = model.predict(data.X);
    for (Index i = 0; i < 300; ++i) {
        double want = model.intercept()[0];
        for (Index j = 0; j < 3; ++j) want += data.X(i, j) * model.coef()[static_cast<std::size_t>(j)];
        REQUIRE(predicted[static_cast<std::size_t>(i)] == Approx(want).epsilon(1e-12).margin(1e-12));
    }
    CHECK(model.score(data.X, data.y) > 0.99);
}

TEST_CASE("SGDRegressor: partial_fit is one epoch, whatever max_iter and tol", "[linear_model]") {
    const Data data(60);
    SGDRegressor a, b({.max_iter = 1, .tol = std::nullopt});
    a.partial_fit(data.X, data.y);
    b.partial_fit(data.X, data.y);
    CHECK(a.n_iter() == 1);
    CHECK(copy(a.coef()) == copy(b.coef()));
    CHECK(b.unfitted().fit(data.X, data.y) == b);
}

TEST_CASE("SGDRegressor: errors below epsilon change nothing", "[linear_model]") {
    const Data data(60);
    for (const Loss loss : {Loss::epsilon_insensitive, Loss::squared_epsilon_insensitive}) {
        SGDRegressor model({.loss = loss, .epsilon = 100.0});
        model.partial_fit(data.X, data.y);
        CHECK(copy(model.coef()) == std::vector<double>(3, 0.0));
        CHECK(model.intercept()[0] == 0.0);
        model.set_param("epsilon", "0.1").partial_fit(data.X, data.y);
        CHECK(copy(model.coef()) != std::vector<double>(3, 0.0));
    }
}

TEST_CASE("SGDRegressor: early stopping trains on the rows that are not held out", "[linear_model]") {
    const Data data(80);
    bf::RandomState generator(7);
    const auto held_out = bf::detail::random_split("test", 80, 0.25, generator).held_out();
    std::vector<double> rows, y;
    for (Index i = 0; i < 80; ++i) {
        if (held_out[static_cast<std::size_t>(i)]) continue;
        rows.insert(rows.end(), data.X.row(i).begin(), data.X.row(i).end());
        y.push_back(data.y[static_cast<std::size_t>(i)]);
    }
    REQUIRE(y.size() == 60);
    const Matrix<double> X(60, 3, rows);
    const SGDRegressorParams params{.max_iter = 1, .shuffle = false, .random_state = 7};
    SGDRegressor early(params), rest(params);
    early.set_param("early_stopping", "true").set_param("validation_fraction", "0.25").fit(data.X, data.y);
    rest.fit(X, y);
    CHECK(copy(early.coef()) == copy(rest.coef()));
    CHECK(early.intercept() == rest.intercept());
    // What the held-out rows are does not reach the weights, but their score may stop the training.
    std::vector<double> other_y = data.y;
    for (std::size_t i = 0; i < 80; ++i)
        if (held_out[i]) other_y[i] = -other_y[i];
    SGDRegressor other = early;
    other.fit(data.X, other_y);
    CHECK(copy(other.coef()) == copy(early.coef()));
}

TEST_CASE("SGDRegressor: early stopping stops when the held-out score no longer gains tol", "[linear_model]") {
    const Data data(100);
    // No gain of R^2 is 10: the first epoch is the best, and n_iter_no_change more are made.
    for (const Index patience : {1, 2, 6}) {
        SGDRegressor model({.tol = 10.0, .early_stopping = true, .n_iter_no_change = patience});
        CHECK(model.fit(data.X, data.y).n_iter() == 1 + patience);
    }
    CHECK(SGDRegressor({.max_iter = 12, .tol = std::nullopt, .early_stopping = true}).fit(data.X, data.y).n_iter() == 12);
    SGDRegressor model({.early_stopping = true});
    CHECK(model.fit(data.X, data.y).score(data.X, data.y) > 0.99);
    CHECK(model.n_iter() < 1000);
    const SGDRegressor again = model.unfitted().fit(data.X, data.y);
    CHECK(again == model);

    const Data few(5);
    SGDRegressor large({.early_stopping = true, .validation_fraction = 0.9});
    refused<bf::DataError>(large, "leaves none to train on", [&] { large.fit(few.X, few.y); });
    refused<bf::ParameterError>(large, "early_stopping is for fit only", [&] { large.partial_fit(few.X, few.y); });
}

TEST_CASE("SGDRegressor: warm_start goes on from the present weights", "[linear_model]") {
    const Data data(70);
    const SGDRegressorParams params{.max_iter = 1, .tol = std::nullopt, .shuffle = false, .learning_rate = LearningRate::constant};
    SGDRegressor two(params), warm(params), cold(params);
    two.set_param("max_iter", "2").fit(data.X, data.y);
    warm.set_param("warm_start", "true").fit(data.X, data.y).fit(data.X, data.y);
    cold.fit(data.X, data.y).fit(data.X, data.y);
    CHECK(copy(warm.coef()) == copy(two.coef()));
    CHECK(warm.intercept() == two.intercept());
    CHECK(copy(cold.coef()) != copy(two.coef()));
    CHECK(warm.t() == 71);  // the clock starts anew
    const Data wide(70, 4);
    refused<bf::ShapeError>(warm, "number of features is 4, expected 3", [&] { warm.fit(wide.X, wide.y); });
    CHECK(cold.fit(wide.X, wide.y).n_features_in() == 4);
}

TEST_CASE("SGDRegressor: coef_init and intercept_init are where it starts", "[linear_model]") {
    const Data data(70);
    const SGDRegressorParams params{.max_iter = 1, .tol = std::nullopt, .warm_start = true};
    SGDRegressor warm(params), given(params);
    warm.fit(data.X, data.y);
    const std::vector<double> coef = copy(warm.coef()), intercept = warm.intercept();
    given.fit(data.X, data.y, {.coef_init = coef, .intercept_init = intercept});
    warm.fit(data.X, data.y);
    CHECK(given == warm);
    // What is given goes before what is there; what is not stays.
    SGDRegressor mixed = warm;
    mixed.fit(data.X, data.y, {.coef_init = coef});
    SGDRegressor both = given.unfitted();
    both.fit(data.X, data.y, {.coef_init = coef, .intercept_init = warm.intercept()});
    CHECK(mixed == both);

    refused<bf::ShapeError>(warm, "length of coef_init is 2, expected 3",
                            [&] { warm.fit(data.X, data.y, {.coef_init = {1, 2}}); });
    refused<bf::ShapeError>(warm, "length of intercept_init is 2, expected 1",
                            [&] { warm.fit(data.X, data.y, {.intercept_init = {1, 2}}); });
}

TEST_CASE("SGDRegressor: averages show once they have begun", "[linear_model]") {
    const Data data(40);
    for (const Index average : {1, 30, 41}) {
        CAPTURE(average);
        SGDRegressor averaged({.average = average}), plain;
        averaged.partial_fit(data.X, data.y);
        plain.partial_fit(data.X, data.y);
        CHECK((copy(averaged.coef()) == copy(plain.coef())) == (average > 40));
        averaged.partial_fit(data.X, data.y);
        plain.partial_fit(data.X, data.y);
        CHECK(copy(averaged.coef()) != copy(plain.coef()));
    }
}

TEST_CASE("SGDRegressor: sample weights scale the steps", "[linear_model]") {
    const Data data(50);
    // Without a penalty, which each visit feels, and at a constant rate.
    const SGDRegressorParams params{.penalty = Penalty::none, .shuffle = false, .learning_rate = LearningRate::constant};
    std::vector<double> w(50, 1.0);
    for (std::size_t i = 25; i < 50; ++i) w[i] = 0.0;
    SGDRegressor weighted(params), half(params);
    weighted.partial_fit(data.X, data.y, {.sample_weight = w});
    half.partial_fit(data.X.view().rows(0, 25), std::span(data.y).first(25));
    CHECK(copy(weighted.coef()) == copy(half.coef()));
    SGDRegressor doubled(params), faster(params);
    doubled.partial_fit(data.X, data.y, {.sample_weight = 2.0});
    faster.set_param("eta0", "0.02").partial_fit(data.X, data.y);
    CHECK(copy(doubled.coef()) == copy(faster.coef()));
}

TEST_CASE("SGDRegressor: targets of any kind", "[linear_model]") {
    const Matrix<double> X = test::normal(60, 3, 1);
    std::vector<double> y = linear(X);
    for (double& value : y) value = std::round(value);
    const SGDRegressor want = SGDRegressor().fit(X, y);
    CHECK(SGDRegressor().fit(X, std::vector<float>(y.begin(), y.end())) == want);
    CHECK(SGDRegressor().fit(X, std::vector<int>(y.begin(), y.end())) == want);
    CHECK(SGDRegressor().fit(X, std::vector<std::int64_t>(y.begin(), y.end())) == want);
    CHECK(want.score(X, std::vector<short>(y.begin(), y.end())) == want.score(X, y));
    // 2^53 + 3 has no double.
    SGDRegressor model = want;
    std::vector<std::int64_t> large(60, 1);
    large[17] = (std::int64_t{1} << 53) + 3;
    refused<bf::DataError>(model, "row 17", [&] { model.fit(X, large); });
}

TEST_CASE("SGDRegressor: parameters out of range", "[linear_model]") {
    const Data data(30);
    const auto check = [&](const char* name, const char* value, const std::string& text) {
        CAPTURE(name, value);
        SGDRegressor model = SGDRegressor().fit(data.X, data.y);
        model.set_param(name, value);
        refused<bf::ParameterError>(model, text, [&] { model.fit(data.X, data.y); });
        refused<bf::ParameterError>(model, text, [&] { model.partial_fit(data.X, data.y); });
    };
    for (const char* loss : {"hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"})
        check("loss", loss, "loss " + std::string(loss) + " is for classification; use squared_error");
    check("alpha", "-1", "alpha must be at least 0");
    check("l1_ratio", "1.5", "l1_ratio must be in [0, 1]");
    check("max_iter", "0", "max_iter must be at least 1");
    check("tol", "-1", "tol must be at least 0");
    check("epsilon", "-0.1", "epsilon must be at least 0");
    check("eta0", "0", "eta0 must be above 0");
    check("power_t", "inf", "power_t must be finite");
    check("validation_fraction", "1", "validation_fraction must be in (0, 1)");
    check("n_iter_no_change", "0", "n_iter_no_change must be at least 1");
    check("average", "-1", "average must be");
    SGDRegressor optimal({.alpha = 0.0, .learning_rate = LearningRate::optimal});
    refused<bf::ParameterError>(optimal, "alpha must be above 0 for learning_rate optimal", [&] { optimal.fit(data.X, data.y); });
    SGDRegressor model;
    refused<bf::ParameterError>(model, "classes are for classifiers",
                                [&] { model.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
}

TEST_CASE("SGDRegressor: weights that overflow are refused", "[linear_model]") {
    const Data data(50);
    SGDRegressor model = SGDRegressor({.learning_rate = LearningRate::constant}).partial_fit(data.X, data.y);
    model.set_param("eta0", "1e300");
    refused<bf::DataError>(model, "the weights overflowed", [&] { model.partial_fit(data.X, data.y); });
    refused<bf::DataError>(model, "the weights overflowed", [&] { model.fit(data.X, data.y); });
}

TEST_CASE("SGDRegressor: R^2 at the edges", "[linear_model]") {
    const Matrix<double> X = test::normal(20, 2, 1);
    // Always 2: the error is below epsilon from the start.
    const std::vector<double> twos(20, 2.0), threes(20, 3.0);
    const SGDRegressor model =
        SGDRegressor({.loss = Loss::epsilon_insensitive, .epsilon = 0.5}).fit(X, twos, {.intercept_init = {2.0}});
    REQUIRE(model.predict(X) == twos);
    SECTION("constant targets: 1 if they are met, else 0") {
        CHECK(model.score(X, twos) == 1.0);
        CHECK(model.score(X, threes) == 0.0);
    }
    SECTION("one row: not a number") {
        CHECK(std::isnan(model.score(X.view().rows(0, 1), std::vector{2.0})));
        CHECK(std::isnan(model.score(X.view().rows(0, 1), std::vector{7.0})));
    }
    SECTION("the mean gets 0, worse is negative") {
        std::vector<double> y(20, 1.0);
        for (std::size_t i = 10; i < 20; ++i) y[i] = 3.0;
        CHECK(model.score(X, y) == 0.0);
        for (double& value : y) value += 1.0;
        CHECK(model.score(X, y) == -1.0);
    }
    SECTION("weights: rows of weight 0 do not count") {
        std::vector<double> y = twos, w(20, 1.0);
        y[3] = 50.0;
        w[3] = 0.0;
        CHECK(model.score(X, y, w) == 1.0);
        CHECK(model.score(X, y) < 0.0);
    }
    SECTION("no rows are refused") {
        CHECK_THROWS_AS(model.score(Matrix<double>(0, 2), std::vector<double>()), bf::ShapeError);
    }
}
