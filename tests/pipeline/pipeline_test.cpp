#include <catch2/catch.hpp>

#include <string>
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
using Catch::Matchers::Contains;

namespace {

struct Data {
    bf::Matrix<double> X;
    std::vector<Label> y;
    explicit Data(Index n, std::uint32_t seed = 1) : X(bf::random_normal(n, 4, {.seed = seed}).compute()) {
        for (Index i = 0; i < n; ++i) {
            y.push_back(X(i, 0) - X(i, 2) > 0.1);
            for (Index j = 0; j < 4; ++j) X(i, j) = 10.0 * static_cast<double>(j) + static_cast<double>(1 + j) * X(i, j);
        }
    }
};

bf::SGDClassifier classifier() { return bf::SGDClassifier({.loss = bf::Loss::log_loss, .alpha = 1e-3}); }
auto streaming() {
    return bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{classifier(), {.classes = {0, 1}}});
}

}  // namespace

TEST_CASE("Pipeline: names as scikit-learn's make_pipeline, or one's own", "[pipeline]") {
    REQUIRE(streaming().names() == std::vector<std::string>{"standardscaler", "incremental"});
    const auto twice = bf::make_pipeline(bf::StandardScaler{}, bf::StandardScaler{}, bf::SGDClassifier{});
    REQUIRE(twice.names() == std::vector<std::string>{"standardscaler-1", "standardscaler-2", "sgdclassifier"});
    const auto named = bf::make_pipeline(bf::step<"scale">(bf::StandardScaler({.with_mean = false})), bf::StandardScaler{}, bf::SGDClassifier{});
    REQUIRE(named.names() == std::vector<std::string>{"scale", "standardscaler", "sgdclassifier"});
    REQUIRE_FALSE(named.get<"scale">().params().with_mean);
    REQUIRE(&named.get<1>() == &named.get<"standardscaler">());
    REQUIRE(named.size() == 3);
}

TEST_CASE("Pipeline: parameters by name", "[pipeline]") {
    auto pipe = streaming();
    pipe.set_param("incremental__estimator__alpha", "0.5").set_param("standardscaler__with_std", "false").set_param("incremental__passes", "3");
    REQUIRE(pipe.get<1>().estimator().params().alpha == 0.5);
    REQUIRE(pipe.get<1>().params().passes == 3);
    REQUIRE(pipe.to_string() ==
            "Pipeline(standardscaler=StandardScaler(with_std=false), "
            "incremental=Incremental(SGDClassifier(loss=log_loss, alpha=0.5), classes={0, 1}, passes=3))");
    for (const std::string name : {"alpha", "scaler__with_std", "__x", "standardscaler__alpha"})
        REQUIRE_THROWS_AS(pipe.set_param(name, "1"), bf::ParameterError);
    REQUIRE_THROWS_WITH(pipe.set_param("nosuch__x", "1"), Contains("standardscaler, incremental"));
}

TEST_CASE("Pipeline: fit in memory is the steps by hand", "[pipeline]") {
    const Data d(500);
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, classifier());
    pipe.fit(d.X, d.y);
    const bf::StandardScaler scaler = bf::StandardScaler().fit(d.X);
    bf::SGDClassifier by_hand = classifier();
    by_hand.fit(scaler.transform(d.X), d.y);
    REQUIRE(pipe.get<0>() == scaler);
    REQUIRE(pipe.get<1>() == by_hand);
    const auto Z = scaler.transform(d.X);
    REQUIRE(pipe.predict(d.X) == by_hand.predict(Z));
    REQUIRE(pipe.predict_proba(d.X) == by_hand.predict_proba(Z));
    REQUIRE(pipe.predict_log_proba(d.X) == by_hand.predict_log_proba(Z));
    REQUIRE(pipe.decision_function(d.X) == by_hand.decision_function(Z));
    REQUIRE(pipe.score(d.X, d.y) == by_hand.score(Z, d.y));
    REQUIRE(pipe.score(d.X, d.y) > 0.9);
    REQUIRE(pipe.classes() == std::vector<Label>{0, 1});
    REQUIRE(pipe.n_features_in() == 4);
    const std::vector<double> weight(500, 2.0);
    by_hand.fit(Z, d.y, {.sample_weight = weight});
    REQUIRE(pipe.fit(d.X, d.y, {.sample_weight = weight}).get<1>() == by_hand);
    REQUIRE_FALSE(pipe.unfitted().fitted());
}

TEST_CASE("Pipeline: a chunked fit is a pass a step, for any number of threads", "[pipeline]") {
    const Data d(1'000);
    const auto X = bf::from_array(d.X, {.block_rows = 90});
    const auto y = bf::from_vector(d.y);
    const std::vector<double> weight(1'000, 0.5);
    const auto w = bf::from_vector(weight);
    bf::StandardScaler scaler;
    for (const auto& block : X.blocks()) scaler.partial_fit(block.compute());
    bf::SGDClassifier plain = classifier(), weighted = classifier();
    for (Index b = 0; b < X.n_blocks(); ++b) {
        const auto Z = scaler.transform(X.block(b).compute());
        const bf::RowRange rows = X.plan()[b];
        const std::vector<Label> labels(d.y.begin() + rows.begin, d.y.begin() + rows.end);
        plain.partial_fit(Z, labels, {.classes = {0, 1}});
        weighted.partial_fit(Z, labels, {.classes = {0, 1}, .sample_weight = bf::SampleWeight(0.5)});
    }
    for (const int threads : {1, 2, 3, 8}) {
        const bf::Settings settings({.threads = threads});
        auto pipe = streaming();
        pipe.fit(X, y);
        REQUIRE(pipe.get<0>() == scaler);
        REQUIRE(pipe.get<1>().estimator() == plain);
        REQUIRE(pipe.predict(X).compute() == pipe.predict(d.X));
        REQUIRE(pipe.predict_proba(X).compute() == pipe.predict_proba(d.X));
        REQUIRE(pipe.decision_function(X).compute() == pipe.decision_function(d.X));
        REQUIRE(pipe.score(X, y) == pipe.score(d.X, d.y));
        REQUIRE(pipe.fit(X, y, {.sample_weight = w}).get<1>().estimator() == weighted);
    }
}

TEST_CASE("Pipeline: partial_fit updates each step with the block, then transforms it", "[pipeline]") {
    const Data d(600);
    const auto X = bf::from_array(d.X, {.block_rows = 70});
    bf::StandardScaler scaler;
    bf::SGDClassifier by_hand = classifier();
    auto blocks = bf::make_pipeline(bf::StandardScaler{}, classifier());
    for (Index b = 0; b < X.n_blocks(); ++b) {
        const auto block = X.block(b).compute();
        const bf::RowRange rows = X.plan()[b];
        const std::vector<Label> labels(d.y.begin() + rows.begin, d.y.begin() + rows.end);
        by_hand.partial_fit(scaler.partial_fit(block).transform(block), labels, {.classes = {0, 1}});
        blocks.partial_fit(block, labels, {.classes = {0, 1}});
    }
    REQUIRE(blocks.get<1>() == by_hand);
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        auto pipe = streaming();
        pipe.partial_fit(X, bf::from_vector(d.y));
        REQUIRE(pipe.get<0>() == scaler);
        REQUIRE(pipe.get<1>().estimator() == by_hand);
        REQUIRE(pipe.blocks_done() == X.n_blocks());
        // y in memory, and classes given to the call instead of the wrapper.
        auto bare = bf::make_pipeline(bf::StandardScaler{}, classifier());
        bare.partial_fit(X, d.y, {.classes = {0, 1}});
        REQUIRE(bare == blocks);
        REQUIRE(bare.score(X, d.y) == bare.score(d.X, d.y));
        auto scalers = bf::make_pipeline(bf::StandardScaler({.with_std = false}), bf::StandardScaler{}), one_by_one = scalers;
        for (const auto& block : X.blocks()) one_by_one.partial_fit(block.compute());
        REQUIRE(scalers.partial_fit(X) == one_by_one);
        REQUIRE(scalers.blocks_done() == X.n_blocks());
    }
    bf::Incremental wrapped{classifier()}, told{classifier(), {.classes = {0, 1}}};
    wrapped.partial_fit(X, d.y, {.classes = {0, 1}});
    REQUIRE(wrapped.estimator() == told.fit(X, d.y).estimator());
    REQUIRE(wrapped.fit(X, d.y).estimator() == told.estimator());  // found in y
}

TEST_CASE("Pipeline: transformers only", "[pipeline]") {
    const Data d(300);
    const auto X = bf::from_array(d.X, {.block_rows = 50});
    auto pipe = bf::make_pipeline(bf::StandardScaler({.with_std = false}), bf::StandardScaler({.with_mean = false}));
    pipe.fit(X);
    const auto first = bf::StandardScaler({.with_std = false}).fit(X);
    const auto second = bf::StandardScaler({.with_mean = false}).fit(first.transform(X));
    const auto Z = second.transform(first.transform(d.X));
    REQUIRE(pipe.transform(d.X) == Z);
    REQUIRE(pipe.transform(X).compute() == Z);
    REQUIRE(pipe.inverse_transform(Z) == first.inverse_transform(second.inverse_transform(Z)));
    REQUIRE(pipe.fit(d.X).transform(d.X).rows() == 300);
    REQUIRE(pipe.n_features_out() == 4);
    pipe.partial_fit(d.X);
    // As the first step of another pipeline.
    auto nested = bf::make_pipeline(pipe, classifier());
    REQUIRE(nested.names()[0] == "pipeline");
    REQUIRE(nested.fit(d.X, d.y).score(d.X, d.y) > 0.9);
}

TEST_CASE("Pipeline: lazy results keep the state they were made with", "[pipeline]") {
    const Data d(400), other(400, 9);
    const auto X = bf::from_array(d.X, {.block_rows = 90});
    std::vector<Label> before;
    bf::ChunkedVector<Label> lazy = [&] {
        auto pipe = streaming();
        pipe.fit(X, bf::from_vector(d.y));
        before = pipe.predict(d.X);
        auto result = pipe.predict(X);
        std::vector<Label> opposite;
        for (const Label label : d.y) opposite.push_back(1 - label);
        pipe.fit(X, bf::from_vector(opposite));
        REQUIRE_FALSE(pipe.predict(d.X) == before);
        return result;
    }();
    REQUIRE(lazy.compute() == before);
}

TEST_CASE("Pipeline: errors come before any work, name the place, and change nothing in memory", "[pipeline][errors]") {
    const Data d(400);
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, classifier());
    REQUIRE_THROWS_AS(pipe.predict(d.X), bf::NotFittedError);
    pipe.fit(d.X, d.y);
    const auto before = pipe;
    bf::Matrix<double> bad = d.X;
    bad(123, 2) = std::numeric_limits<double>::quiet_NaN();
    try {
        pipe.fit(bad, d.y);
        FAIL("the scaler lets NaN through, the classifier must not");
    } catch (const bf::DataError& error) {
        REQUIRE(error.row() == 123);
        REQUIRE(error.column() == 2);
    }
    REQUIRE(pipe == before);
    REQUIRE_THROWS_AS(pipe.partial_fit(bad, d.y), bf::DataError);
    REQUIRE(pipe == before);
    REQUIRE_THROWS_AS(pipe.predict(bad), bf::DataError);
    const bf::Matrix<double> narrow(5, 3);
    REQUIRE_THROWS_AS(pipe.predict(narrow), bf::ShapeError);
    REQUIRE_THROWS_AS(pipe.predict(bf::from_array(narrow)), bf::ShapeError);

    Index reads = 0;
    const auto counted = bf::from_function<double>(
        400, 4, [&](Index, bf::MatrixView<double> out) {
            ++reads;
            for (Index i = 0; i < out.rows(); ++i) std::ranges::fill(out.row(i), 1.0);
        },
        {.block_rows = 100});
    auto streamed = streaming();
    const auto fresh = streamed;
    REQUIRE_THROWS_AS(streamed.fit(counted, bf::from_vector(d.y).rows(0, 399)), bf::ShapeError);
    {
        const bf::Settings settings({.memory_limit = 2'000});
        REQUIRE_THROWS_AS(streamed.fit(counted, bf::from_vector(d.y)), bf::MemoryLimitError);
    }
    {
        // The remedy in the message is one: as many rows as it names do fit.
        const auto large = bf::from_array(d.X, {.block_rows = 400}).astype<float>();
        const bf::Settings settings({.memory_limit = 16'000});
        auto wrapped = bf::Incremental{classifier(), {.classes = {0, 1}}};
        std::string text;
        try {
            wrapped.fit(large, d.y);
        } catch (const bf::MemoryLimitError& error) {
            text = error.what();
        }
        const auto at = text.find("block_rows of at most ");
        REQUIRE(at != text.npos);
        const Index rows = std::stol(text.substr(at + 22));
        REQUIRE((rows > 1 && rows < 400));
        REQUIRE(wrapped.fit(large.rechunk(rows), d.y).fitted());
    }
    REQUIRE_THROWS_AS(streamed.set_param("incremental__passes", "0").fit(counted, bf::from_vector(d.y)), bf::ParameterError);
    REQUIRE(reads == 0);
    REQUIRE(streamed.set_param("incremental__passes", "1") == fresh);
}

TEST_CASE("Pipeline: a bad block leaves the streamed steps after the last complete one", "[pipeline][errors]") {
    const Data d(400);
    bf::Matrix<double> bad = d.X;
    bad(250, 1) = std::numeric_limits<double>::quiet_NaN();  // block 2
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        auto pipe = streaming();
        try {
            pipe.partial_fit(bf::from_array(bad, {.block_rows = 100}), bf::from_vector(d.y));
            FAIL("NaN was learnt");
        } catch (const bf::DataError& error) {
            REQUIRE(error.block() == 2);
            REQUIRE(error.row() == 250);
            REQUIRE(error.column() == 1);
        }
        REQUIRE(pipe.blocks_done() == 2);
        auto first_two = streaming();
        first_two.partial_fit(bf::from_array(d.X, {.block_rows = 100}).rows(0, 200), bf::from_vector(d.y).rows(0, 200));
        REQUIRE(pipe == first_two);
    }
}
