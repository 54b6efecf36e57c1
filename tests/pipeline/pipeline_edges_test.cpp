#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using bf::SGDClassifier;
using bf::StandardScaler;

namespace {

struct Data {
    Matrix<double> X;
    std::vector<Label> y;
    explicit Data(Index n, Index n_classes = 2) : X(test::uneven(n, 5, 1)), y(test::labels(X, n_classes)) {}
};

SGDClassifier classifier() { return SGDClassifier({.loss = bf::Loss::log_loss, .alpha = 1e-3}); }

}  // namespace

TEST_CASE("Pipeline: more than nine steps of one class", "[pipeline]") {
    using S = StandardScaler;
    const auto pipe = bf::make_pipeline(S{}, S{}, S{}, S{}, S{}, S{}, S{}, S{}, S{}, bf::step<"mine">(S{}), S{}, classifier());
    const std::vector<std::string> names = pipe.names();
    CHECK(names[0] == "standardscaler-1");
    CHECK(names[8] == "standardscaler-9");
    CHECK(names[9] == "mine");
    CHECK(names[10] == "standardscaler-10");
    CHECK(names[11] == "sgdclassifier");
    CHECK(pipe.size() == 12);
}

TEST_CASE("Pipeline: steps can be reached and changed by name or number", "[pipeline]") {
    auto pipe = bf::make_pipeline(bf::step<"scale">(StandardScaler{}), classifier());
    pipe.get<"scale">().set_param("with_std", "false");
    pipe.get<1>().set_param("alpha", "0.25");
    CHECK(pipe.to_string() ==
          "Pipeline(scale=StandardScaler(with_std=false), sgdclassifier=SGDClassifier(loss=log_loss, alpha=0.25))");
    const auto& constant = pipe;
    CHECK(&constant.get<"sgdclassifier">() == &pipe.get<1>());
    // A name or value that is refused leaves all steps as they were.
    const auto before = pipe;
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"scale", "x"}, {"scale__alpha", "1"}, {"sgdclassifier__alpha", "x"}, {"", "x"}, {"__", "x"}, {"scale__", "x"}}) {
        CAPTURE(name);
        CHECK_THROWS_AS(pipe.set_param(name, value), bf::ParameterError);
    }
    CHECK(pipe == before);
}

TEST_CASE("Pipeline: results do not depend on how many rows are asked for at once", "[pipeline]") {
    const Data d(10'000, 3);  // several tiles
    const auto pipe = bf::make_pipeline(StandardScaler{}, classifier()).fit(d.X, d.y);
    const std::vector<Label> predicted = pipe.predict(d.X);
    const Matrix<double> proba = pipe.predict_proba(d.X), decision = pipe.decision_function(d.X);
    for (const auto& [begin, end] : {std::pair<Index, Index>{0, 1}, {4'095, 4'097}, {1, 9'999}, {9'999, 10'000}}) {
        const MatrixView<const double> part = d.X.view().rows(begin, end);
        CHECK(pipe.predict(part) == std::vector<Label>(predicted.begin() + begin, predicted.begin() + end));
        CHECK(pipe.predict_proba(part) == Matrix<double>(proba.view().rows(begin, end)));
        CHECK(pipe.decision_function(part) == Matrix<double>(decision.view().rows(begin, end)));
    }
    CHECK(pipe.predict(test::Padded<double>(d.X).view()) == predicted);
    CHECK(pipe.predict(Matrix<double>(0, 5)).empty());
}

TEST_CASE("Pipeline: a bad value is named by its row, in any tile", "[pipeline]") {
    Data d(10'000);
    const auto pipe = bf::make_pipeline(StandardScaler{}, classifier()).fit(d.X, d.y);
    for (const Index row : {0, 4'095, 4'096, 9'999}) {
        const double good = std::exchange(d.X(row, 3), test::nan);
        const std::string place = "[row " + std::to_string(row) + ", column 3]";
        CHECK_THROWS_WITH(pipe.predict(d.X), Catch::Contains("SGDClassifier::predict: X holds NaN") && Catch::Contains(place));
        CHECK_THROWS_WITH(pipe.predict_proba(d.X), Catch::Contains(place));
        d.X(row, 3) = test::infinity;
        CHECK_THROWS_WITH(pipe.decision_function(d.X),
                          Catch::Contains("StandardScaler::transform: X holds infinity") && Catch::Contains(place));
        CHECK_THROWS_WITH(pipe.predict(bf::from_array(d.X, {.block_rows = 5'000})).compute(),
                          Catch::Contains("block " + std::to_string(row / 5'000) + ", row " + std::to_string(row)));
        d.X(row, 3) = good;
    }
}

TEST_CASE("Pipeline: results go into the caller's memory, which must fit", "[pipeline]") {
    const Data d(100, 3);
    const auto pipe = bf::make_pipeline(StandardScaler{}, classifier()).fit(d.X, d.y);
    const MatrixView<const double> X = d.X.view();
    test::Padded<double> decision(Matrix<double>(100, 3)), proba(Matrix<double>(100, 3));
    std::vector<Label> labels(100);
    pipe.decision_function(X, decision.view());
    pipe.predict_proba(X, proba.view());
    pipe.predict(X, std::span(labels));
    CHECK(Matrix<double>(std::as_const(decision).view()) == pipe.decision_function(d.X));
    CHECK(Matrix<double>(std::as_const(proba).view()) == pipe.predict_proba(d.X));
    CHECK(labels == pipe.predict(d.X));
    CHECK(decision.padding_untouched());
    CHECK(proba.padding_untouched());

    Matrix<double> wide(100, 4), lower(99, 3);
    std::vector<Label> fewer(99);
    CHECK_THROWS_AS(pipe.decision_function(X, wide.view()), bf::ShapeError);
    CHECK_THROWS_AS(pipe.predict_proba(X, wide.view()), bf::ShapeError);
    CHECK_THROWS_AS(pipe.decision_function(X, lower.view()), bf::ShapeError);
    CHECK_THROWS_AS(pipe.predict_proba(X, lower.view()), bf::ShapeError);
    CHECK_THROWS_AS(pipe.predict(X, std::span(fewer)), bf::ShapeError);

    const auto scalers = bf::make_pipeline(StandardScaler{}, StandardScaler{}).fit(d.X);
    Matrix<double> out(100, 5), narrow(100, 4), lower_out(99, 5);
    scalers.transform(d.X, out);
    CHECK(out == scalers.transform(d.X));
    Matrix<double> in_place = d.X;
    scalers.transform(in_place, in_place);
    CHECK(in_place == out);
    scalers.inverse_transform(in_place, in_place);
    CHECK(in_place == scalers.inverse_transform(out));
    for (Matrix<double>* const bad : {&narrow, &lower_out}) {
        CHECK_THROWS_AS(scalers.transform(d.X, *bad), bf::ShapeError);
        CHECK_THROWS_AS(scalers.inverse_transform(d.X, *bad), bf::ShapeError);
    }
}

TEST_CASE("Pipeline: float stays float on the way, integers become double", "[pipeline]") {
    const Data d(300);
    const Matrix<float> narrow = test::as<float>(d.X);
    const Matrix<int> whole = test::as<int>(d.X);
    {
        const auto pipe = bf::make_pipeline(StandardScaler{}, classifier()).fit(narrow, d.y);
        StandardScaler scaler;
        const Matrix<float> Z = scaler.fit(narrow).transform(narrow);
        CHECK(pipe.get<0>() == scaler);
        CHECK(pipe.get<1>() == classifier().fit(Z, d.y));
        CHECK(pipe.predict(narrow) == pipe.get<1>().predict(Z));
        CHECK(pipe.predict(bf::from_array(narrow, {.block_rows = 70})).compute() == pipe.predict(narrow));
    }
    {
        const auto pipe = bf::make_pipeline(StandardScaler{}, classifier()).fit(whole, d.y);
        CHECK(pipe == bf::make_pipeline(StandardScaler{}, classifier()).fit(test::to_double(whole), d.y));
        CHECK(pipe.predict(bf::from_array(whole, {.block_rows = 70})).compute() == pipe.predict(test::to_double(whole)));
        bf::make_pipeline(StandardScaler{}, bf::Incremental{classifier()}).fit(bf::from_array(whole), bf::from_vector(d.y));
    }
}

TEST_CASE("Pipeline: copies are independent, unfitted keeps the parameters only", "[pipeline]") {
    const Data d(200);
    auto pipe = bf::make_pipeline(StandardScaler({.with_std = false}), classifier());
    const auto fresh = pipe;
    pipe.fit(d.X, d.y);
    const auto copy = pipe;
    pipe.partial_fit(d.X, d.y);
    CHECK_FALSE(pipe == copy);
    CHECK(pipe.fit(d.X, d.y) == copy);
    CHECK(pipe.unfitted() == fresh);
    CHECK_FALSE(pipe.unfitted().fitted());
    CHECK(pipe.fitted());
    pipe.get<1>() = pipe.get<1>().unfitted();
    CHECK_FALSE(pipe.fitted());
    CHECK_THROWS_AS(pipe.predict(d.X), bf::NotFittedError);
}

TEST_CASE("Pipeline: a pipeline within a pipeline is its steps", "[pipeline]") {
    const Data d(300, 3);
    const auto X = bf::from_array(d.X, {.block_rows = 70});
    auto nested = bf::make_pipeline(
        bf::make_pipeline(StandardScaler({.with_std = false}), StandardScaler({.with_mean = false})), classifier());
    auto flat = bf::make_pipeline(StandardScaler({.with_std = false}), StandardScaler({.with_mean = false}), classifier());
    nested.fit(d.X, d.y);
    flat.fit(d.X, d.y);
    CHECK(nested.get<0>().get<1>() == flat.get<1>());
    CHECK(nested.get<1>() == flat.get<2>());
    CHECK(nested.predict_proba(d.X) == flat.predict_proba(d.X));
    CHECK(nested.predict(X).compute() == flat.predict(X).compute());
    nested.set_param("pipeline__standardscaler-2__with_std", "false");
    CHECK_FALSE(nested.get<0>().get<1>().params().with_std);

    auto streamed = bf::make_pipeline(bf::make_pipeline(StandardScaler{}, StandardScaler{}), bf::Incremental{classifier()});
    auto streamed_flat = bf::make_pipeline(StandardScaler{}, StandardScaler{}, bf::Incremental{classifier()});
    streamed.fit(X, bf::from_vector(d.y));
    streamed_flat.fit(X, bf::from_vector(d.y));
    CHECK(streamed.get<1>() == streamed_flat.get<2>());
}

TEST_CASE("Pipeline: cancelled in the last step, those before it are fitted and it keeps its complete blocks", "[pipeline]") {
    const Data d(300);
    for (const int threads : {1, 2, 8}) {
        const bf::CancelToken token;
        const bf::Settings settings({.threads = threads, .cancel = token});
        Index passes = 0;
        const auto X = bf::from_array(d.X, {.block_rows = 30});
        // The second pass over y's block 6 cancels: y is read by the last step alone.
        const auto y = bf::vector_from_function<Label>(300, [&](Index first, MatrixView<Label> out) {
            if (first == 180) ++passes, token.cancel();
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = d.y[static_cast<std::size_t>(first + i)];
        });
        auto pipe = bf::make_pipeline(StandardScaler{}, bf::Incremental{classifier(), {.classes = {0, 1}}});
        REQUIRE_THROWS_AS(pipe.fit(X, y), bf::Cancelled);
        CHECK(passes == 1);
        const Index done = pipe.get<1>().blocks_done();
        CHECK(done <= 7);
        const bf::Settings anew({.cancel = bf::CancelToken()});
        const StandardScaler scaler = StandardScaler().fit(X);
        CHECK(pipe.get<0>() == scaler);
        bf::Incremental by_hand(classifier(), {.classes = {0, 1}});
        if (done > 0) by_hand.fit(scaler.transform(X).rows(0, 30 * done), bf::from_vector(d.y).rows(0, 30 * done));
        CHECK(pipe.get<1>() == by_hand);
    }
}
