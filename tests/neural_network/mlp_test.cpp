#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <support/data.hpp>
#include <support/errors.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/neural_network/mlp_classifier.hpp>
#include <blockfit/neural_network/mlp_regressor.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

const bf::MLPParams small{.hidden_layer_sizes = {6}, .batch_size = 16, .learning_rate_init = 0.02, .max_iter = 40};

/// Two labels a row and two reals a row, both from the columns.
Matrix<double> indicator(const Matrix<double>& X) {
    Matrix<double> Y(X.rows(), 2);
    for (Index i = 0; i < X.rows(); ++i) {
        Y(i, 0) = X(i, 0) > 0;
        Y(i, 1) = X(i, 1) + X(i, 2) > 0.5;
    }
    return Y;
}
Matrix<double> reals(const Matrix<double>& X) {
    Matrix<double> Y(X.rows(), 2);
    for (Index i = 0; i < X.rows(); ++i) {
        Y(i, 0) = X(i, 0) - X(i, 1);
        Y(i, 1) = 0.5 * X(i, 2);
    }
    return Y;
}

template <class Error, class E, class F>
std::string refused(E& e, F call) {
    const E before = e;
    try {
        call();
    } catch (const Error& error) {
        REQUIRE(e == before);
        return error.what();
    }
    FAIL("not refused");
    return {};
}

}  // namespace

TEST_CASE("MLP: parameters out of range", "[neural_network]") {
    const Matrix<double> X = test::normal(40, 3, 1);
    const auto y = test::labels(X);
    const auto name = [&](const char* param, const char* text) {
        bf::MLPClassifier clf(small);
        clf.set_param(param, text);
        REQUIRE_THAT(refused<bf::ParameterError>(clf, [&] { clf.fit(X, y); }), Contains(param));
        REQUIRE_THAT(refused<bf::ParameterError>(clf,
                                                 [&] {
                                                     clf.partial_fit(X, y, {.classes = {0, 1}});
                                                 }),
                     Contains(param));
        bf::MLPRegressor reg(small);
        reg.set_param(param, text);
        REQUIRE_THAT(refused<bf::ParameterError>(reg, [&] { reg.partial_fit(X, y); }), Contains(param));
    };
    name("hidden_layer_sizes", "[5, 0]");
    name("alpha", "-0.1");
    name("batch_size", "0");
    name("learning_rate", "optimal");
    name("learning_rate_init", "0");
    name("power_t", "-1");
    name("max_iter", "0");
    name("tol", "-1");
    name("momentum", "1.5");
    name("validation_fraction", "1");
    name("beta_1", "1");
    name("beta_2", "-0.5");
    name("epsilon", "0");
    name("n_iter_no_change", "0");

    bf::MLPClassifier lbfgs({.solver = bf::Solver::lbfgs});
    REQUIRE_THAT(refused<bf::UnsupportedError>(lbfgs, [&] { lbfgs.fit(X, y); }), Contains("adam or sgd"));
    (void)refused<bf::UnsupportedError>(lbfgs, [&] { lbfgs.partial_fit(X, y, {.classes = {0, 1}}); });
    bf::MLPClassifier early({.early_stopping = true});
    (void)refused<bf::ParameterError>(early, [&] { early.partial_fit(X, y, {.classes = {0, 1}}); });
    const std::vector<double> w(40, 1.0);
    bf::MLPClassifier weighted(small);
    (void)refused<bf::UnsupportedError>(weighted, [&] {
        weighted.partial_fit(X, y, {.classes = {0, 1}, .sample_weight = w});
    });
    bf::Incremental chunked(weighted, {.classes = {0, 1}});
    Index reads = 0;
    const auto counted = bf::from_array(X).map_rows([&](auto in, auto out) {
        ++reads;
        std::ranges::copy(in.row(0), out.row(0).begin());
    });
    (void)refused<bf::UnsupportedError>(chunked,
                                        [&] { chunked.fit(counted, y, {.sample_weight = bf::from_vector(w)}); });
    REQUIRE(reads == 0);
}

TEST_CASE("MLP: layer sizes and batch size as text", "[neural_network]") {
    bf::MLPClassifier clf;
    clf.set_param("hidden_layer_sizes", "[64, 32]").set_param("batch_size", "50");
    REQUIRE(clf.params().hidden_layer_sizes.sizes() == std::vector<Index>{64, 32});
    REQUIRE(clf.to_string() == "MLPClassifier(hidden_layer_sizes=[64, 32], batch_size=50)");
    clf.set_param("hidden_layer_sizes", "[64,32]").set_param("hidden_layer_sizes", "7");
    REQUIRE(clf.params().hidden_layer_sizes == bf::HiddenLayerSizes{7});
    clf.set_param("hidden_layer_sizes", "[]").set_param("batch_size", "auto");
    REQUIRE(clf.to_string() == "MLPClassifier(hidden_layer_sizes=[])");
    for (const char* bad : {"[5", "5]", "[5,]", "[a]", "[5;6]", "", "[,5]", "[5, , 6]"})
        REQUIRE_THROWS_AS(clf.set_param("hidden_layer_sizes", bad), bf::ParameterError);
    REQUIRE_THROWS_AS(clf.set_param("batch_size", "all"), bf::ParameterError);
    REQUIRE(bf::BatchSize().of(1000) == 200);
    REQUIRE(bf::BatchSize().of(7) == 7);
    REQUIRE(bf::BatchSize(16).of(7) == 7);
}

TEST_CASE("MLPClassifier: shapes of the network", "[neural_network]") {
    const Matrix<double> X = test::normal(60, 4, 1);
    bf::MLPClassifier clf({.hidden_layer_sizes = {5, 3}});
    REQUIRE_THROWS_AS(clf.coefs(), bf::NotFittedError);
    REQUIRE_THROWS_AS(clf.loss(), bf::NotFittedError);
    clf.partial_fit(X, test::labels(X, 3), {.classes = {0, 1, 2}});
    REQUIRE(clf.n_layers() == 4);
    REQUIRE(clf.n_outputs() == 3);
    REQUIRE(clf.coefs().size() == 3);
    REQUIRE(clf.coefs()[1].rows() == 5);
    REQUIRE(clf.coefs()[1].cols() == 3);
    REQUIRE(clf.intercepts()[2].size() == 3);
    REQUIRE(clf.out_activation() == bf::OutputActivation::softmax);
    REQUIRE(clf.t() == 60);
    REQUIRE(clf.n_iter() == 1);
    REQUIRE(clf.loss_curve() == std::vector<double>{clf.loss()});
    bf::MLPClassifier two({.hidden_layer_sizes = {}});
    two.partial_fit(X, test::labels(X), {.classes = {0, 1}});
    REQUIRE(two.n_layers() == 2);
    REQUIRE(two.n_outputs() == 1);
    REQUIRE(two.out_activation() == bf::OutputActivation::logistic);
}

TEST_CASE("MLPClassifier: several labels a row", "[neural_network]") {
    const Matrix<double> X = test::normal(300, 4, 1), Y = indicator(X);
    bf::MLPClassifier clf(small);
    clf.fit(X, Y);
    REQUIRE(clf.multilabel());
    REQUIRE(clf.classes() == std::vector<Label>{0, 1});
    REQUIRE(clf.score(X, Y) > 0.85);
    const Matrix<Label> labels = clf.predict_indicator(X);
    const Matrix<double> proba = clf.predict_proba(X);
    Index right = 0;
    for (Index i = 0; i < 300; ++i) {
        right += static_cast<double>(labels(i, 0)) == Y(i, 0) && static_cast<double>(labels(i, 1)) == Y(i, 1);
        for (Index j = 0; j < 2; ++j) REQUIRE((proba(i, j) > 0.5) == (labels(i, j) == 1));
    }
    REQUIRE(clf.score(X, Y) == Approx(static_cast<double>(right) / 300));
    REQUIRE_THAT(test::message([&] { (void)clf.predict(X); }), Contains("predict_indicator"));

    SECTION("block by block, chunked, any kind of matrix") {
        bf::MLPClassifier by_hand(small);
        for (Index begin = 0; begin < 300; begin += 70) {
            const Index end = std::min<Index>(begin + 70, 300);
            by_hand.partial_fit(X.view().rows(begin, end), Y.view().rows(begin, end));
        }
        for (const int threads : {1, 3}) {
            const bf::Settings settings({.threads = threads});
            bf::Incremental chunked{bf::MLPClassifier(small)};
            chunked.fit(bf::from_array(X, {.block_rows = 70}), bf::from_array(Y, {.block_rows = 33}));
            REQUIRE(chunked.estimator() == by_hand);
            const auto lazy = chunked.predict_indicator(bf::from_array(X, {.block_rows = 41}));
            REQUIRE(lazy.compute() == by_hand.predict_indicator(X));
            REQUIRE(chunked.score(bf::from_array(X, {.block_rows = 41}), Y) == by_hand.score(X, Y));
        }
        const Matrix<int> flags = [&] {
            Matrix<int> m(300, 2);
            std::ranges::transform(Y.values(), m.values().begin(), [](double v) { return static_cast<int>(v); });
            return m;
        }();
        bf::MLPClassifier ints(small), want(small);
        ints.partial_fit(X, flags);
        want.partial_fit(X, Y);
        REQUIRE(ints == want);
    }
    SECTION("what is refused") {
        Matrix<double> bad = Y;
        bad(17, 1) = 0.5;
        auto copy = clf;
        REQUIRE_THAT(refused<bf::LabelError>(copy, [&] { copy.partial_fit(X, bad); }), Contains("row 17, column 1"));
        (void)refused<bf::ShapeError>(copy, [&] { copy.partial_fit(X, Y.view().rows(0, 299)); });
        (void)refused<bf::ShapeError>(copy, [&] { copy.partial_fit(X, Y.view().cols(0, 1)); });
        (void)refused<bf::ShapeError>(copy, [&] { copy.partial_fit(X, Matrix<double>(300, 3)); });
        REQUIRE_THAT(refused<bf::ShapeError>(copy, [&] { copy.partial_fit(X, test::labels(X)); }),
                     Contains("trained on"));
        bf::MLPClassifier one_label(small);
        one_label.partial_fit(X, test::labels(X), {.classes = {0, 1}});
        (void)refused<bf::ShapeError>(one_label, [&] { one_label.partial_fit(X, Y); });
        REQUIRE_THROWS_AS(one_label.predict_indicator(X), bf::UnsupportedError);
    }
}

TEST_CASE("MLPRegressor: several outputs", "[neural_network]") {
    const Matrix<double> X = test::normal(300, 4, 1), Y = reals(X);
    bf::MLPRegressor reg(small);
    reg.fit(X, Y);
    REQUIRE(reg.n_outputs() == 2);
    REQUIRE(reg.score(X, Y) > 0.9);
    REQUIRE_THAT(test::message([&] { (void)reg.predict(X); }), Contains("predict_outputs"));
    const Matrix<double> predicted = reg.predict_outputs(X);
    double sum = 0;
    for (Index j = 0; j < 2; ++j) {
        double mean = 0, squares = 0, errors = 0;
        for (Index i = 0; i < 300; ++i) mean += Y(i, j) / 300;
        for (Index i = 0; i < 300; ++i) {
            squares += (Y(i, j) - mean) * (Y(i, j) - mean);
            errors += (Y(i, j) - predicted(i, j)) * (Y(i, j) - predicted(i, j));
        }
        sum += 1 - errors / squares;
    }
    REQUIRE(reg.score(X, Y) == Approx(sum / 2).epsilon(1e-12));
    bf::Incremental chunked{bf::MLPRegressor(small)};
    chunked.fit(bf::from_array(X, {.block_rows = 100}), bf::from_array(Y));
    bf::MLPRegressor by_hand(small);
    for (Index begin = 0; begin < 300; begin += 100)
        by_hand.partial_fit(X.view().rows(begin, begin + 100), Y.view().rows(begin, begin + 100));
    REQUIRE(chunked.estimator() == by_hand);
    REQUIRE(same_bits(chunked.predict_outputs(bf::from_array(X, {.block_rows = 41})).compute(),
                      by_hand.predict_outputs(X)));

    // A vector is one column.
    bf::MLPRegressor vector(small), column(small);
    std::vector<double> y(300);
    Matrix<double> y_column(300, 1);
    for (Index i = 0; i < 300; ++i) y[static_cast<std::size_t>(i)] = y_column(i, 0) = Y(i, 0);
    vector.fit(X, y);
    column.fit(X, y_column);
    REQUIRE(vector == column);
    REQUIRE(vector.predict(X).size() == 300);
    (void)refused<bf::ShapeError>(vector, [&] { vector.partial_fit(X, Y); });
    y[123] = test::nan;
    REQUIRE_THAT(refused<bf::DataError>(vector, [&] { vector.fit(X, y); }),
                 Contains("y holds NaN") && Contains("row 123"));
    (void)refused<bf::ParameterError>(vector, [&] { vector.partial_fit(X, y_column, {.classes = {0, 1}}); });
}

TEST_CASE("MLP: fit stops when the loss no longer falls", "[neural_network]") {
    const Matrix<double> X = test::normal(100, 3, 1);
    const auto y = test::labels(X);
    bf::MLPParams params = small;
    params.tol = 1e9;  // no gain is enough
    params.n_iter_no_change = 4;
    bf::MLPClassifier clf(params);
    clf.fit(X, y);
    REQUIRE(clf.n_iter() == 6);  // the first pass gains from infinity; more than four stale ones stop
    params.solver = bf::Solver::sgd;
    params.learning_rate = bf::LearningRate::adaptive;
    params.learning_rate_init = 1e-5;
    bf::MLPClassifier adaptive(params);
    adaptive.fit(X, y);
    REQUIRE(adaptive.n_iter() > 9);  // the step shrinks to 1e-6 first
    REQUIRE(adaptive.n_iter() < 40);
}

TEST_CASE("MLP: early stopping keeps the best weights", "[neural_network]") {
    const Matrix<double> X = test::normal(200, 3, 1);
    bf::MLPParams params = small;
    params.early_stopping = true;
    params.n_iter_no_change = 3;
    bf::MLPClassifier clf(params);
    clf.fit(X, test::labels(X, 3));
    const auto& scores = clf.validation_scores();
    REQUIRE(std::ssize(scores) == clf.n_iter());
    REQUIRE(clf.best_validation_score() == *std::ranges::max_element(scores));
    REQUIRE(scores.size() < 40);
    REQUIRE(std::isinf(clf.best_loss()));
    // Going on from there is not early stopping.
    clf.set_param("early_stopping", "false");
    clf.partial_fit(X, test::labels(X, 3));
    const Matrix<double> few = test::normal(3, 3, 1);
    bf::MLPClassifier tiny(params);
    (void)refused<bf::DataError>(tiny, [&] { tiny.fit(few, std::vector<int>{0, 1, 1}); });
}

TEST_CASE("MLP: warm_start needs the same form", "[neural_network]") {
    const Matrix<double> X = test::normal(60, 3, 1);
    bf::MLPParams params = small;
    params.warm_start = true;
    bf::MLPClassifier clf(params);
    clf.fit(X, test::labels(X));
    const Index passes = clf.n_iter();
    clf.fit(X, test::labels(X));
    REQUIRE(clf.n_iter() > passes);
    (void)refused<bf::LabelError>(clf, [&] { clf.fit(X, test::labels(X, 3)); });
    (void)refused<bf::ShapeError>(clf, [&] { clf.fit(X.view().cols(0, 2), test::labels(X)); });
    (void)refused<bf::LabelError>(clf, [&] { clf.fit(X, indicator(X)); });
}

TEST_CASE("MLP: an overflow leaves the model as it was", "[neural_network]") {
    const Matrix<double> X = test::normal(60, 3, 1);
    bf::MLPRegressor reg({.hidden_layer_sizes = {4}, .solver = bf::Solver::sgd, .learning_rate_init = 0.01});
    std::vector<double> y(60, 1.0);
    reg.partial_fit(X, y);
    for (double& v : y) v = 1e308;
    REQUIRE_THAT(refused<bf::DataError>(reg, [&] { reg.partial_fit(X, y); }), Contains("overflow"));
}

TEST_CASE("MLP: float weights", "[neural_network]") {
    const Matrix<double> X = test::normal(200, 4, 1);
    const Matrix<float> F = test::as<float>(X);
    const auto y = test::labels(X, 3);
    bf::MLPClassifier<float> single(small);
    single.fit(F, y);
    static_assert(std::is_same_v<decltype(single.coefs()[0]), const Matrix<float>&>);
    REQUIRE(single.score(F, y) > 0.7);
    // The data's type does not matter, the network's does.
    bf::MLPClassifier<float> from_double(small);
    from_double.fit(test::to_double(F), y);
    REQUIRE(from_double == single);
    bf::MLPClassifier<double> wide(small);
    wide.fit(F, y);
    REQUIRE(wide.loss() == Approx(single.loss()).epsilon(1e-3));
    REQUIRE_FALSE(wide.loss() == single.loss());
}

TEST_CASE("MLPClassifier: classes", "[neural_network]") {
    const Matrix<double> X = test::normal(60, 3, 1);
    bf::MLPClassifier clf(small);
    (void)refused<bf::LabelError>(clf, [&] { clf.partial_fit(X, test::labels(X)); });
    (void)refused<bf::LabelError>(clf, [&] { clf.fit(X, std::vector<int>(60, 1)); });
    (void)refused<bf::LabelError>(clf, [&] { clf.partial_fit(X, test::labels(X), {.classes = {0}}); });
    (void)refused<bf::LabelError>(clf, [&] { clf.fit(X, indicator(X), {.classes = {0, 1}}); });
    std::vector<Label> y = test::labels(X);
    for (Label& label : y) label = label == 1 ? 70 : -3;
    clf.fit(X, y, {.classes = {70, -3, 5}});  // one that does not occur
    REQUIRE(clf.classes() == std::vector<Label>{-3, 5, 70});
    REQUIRE(clf.n_outputs() == 3);
}
