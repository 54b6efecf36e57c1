/// Pipelines that end in, or go through, something else than a scaler and a classifier.

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <support/data.hpp>
#include <support/errors.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/neural_network/mlp_regressor.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

constexpr Index n = 400;
std::vector<double> reals(const Matrix<double>& X) {
    std::vector<double> y;
    for (Index i = 0; i < X.rows(); ++i) y.push_back(X(i, 0) - 0.5 * X(i, 1));
    return y;
}

}  // namespace

TEST_CASE("Pipeline: components between a scaler and a classifier", "[pipeline]") {
    const Matrix<double> X = test::uneven(n, 5, 1);
    const auto y = test::labels(X);
    bf::StandardScaler scaler;
    bf::Incremental pca{bf::IncrementalPCA({.n_components = 3})};
    bf::Incremental classifier{bf::SGDClassifier({.loss = bf::Loss::log_loss})};
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        auto pipe = bf::make_pipeline(scaler.unfitted(), pca.unfitted(), classifier.unfitted());
        const auto chunked = bf::from_array(X, {.block_rows = 60});
        pipe.fit(chunked, y);
        // By hand, a pass a step.
        auto s = scaler.unfitted();
        s.fit(chunked);
        auto p = pca.unfitted();
        p.fit(s.transform(chunked));
        auto c = classifier.unfitted();
        c.fit(p.transform(s.transform(chunked)), y);
        REQUIRE(pipe.get<2>() == c);
        REQUIRE(pipe.predict(chunked).compute() == c.predict(p.transform(s.transform(X))));
        REQUIRE(pipe.get<"incremental-1">().estimator().n_components() == 3);
    }
}

TEST_CASE("Pipeline: a regressor at the end", "[pipeline]") {
    const Matrix<double> X = test::uneven(n, 4, 1);
    const auto y = reals(X);
    const auto chunked = bf::from_array(X, {.block_rows = 90});
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::SGDRegressor{}, {.passes = 20}});
    pipe.fit(chunked, y);
    REQUIRE(pipe.score(chunked, y) > 0.95);
    REQUIRE(pipe.score(X, y) == Approx(pipe.score(chunked, y)).epsilon(1e-12));
    REQUIRE(pipe.predict(chunked).compute() == pipe.predict(X));
    auto in_memory = bf::make_pipeline(bf::StandardScaler{}, bf::SGDRegressor{});
    in_memory.fit(X, y, {.sample_weight = test::weights(n, 2)});
    REQUIRE(in_memory.score(X, y) > 0.95);
    in_memory.partial_fit(chunked, bf::from_vector(y));
    REQUIRE(in_memory.blocks_done() == 5);

    // Several outputs.
    Matrix<double> Y(n, 2);
    for (Index i = 0; i < n; ++i) {
        Y(i, 0) = X(i, 0);
        Y(i, 1) = X(i, 1) + X(i, 2);
    }
    const bf::MLPRegressor network({.hidden_layer_sizes = {8}, .learning_rate_init = 0.02});
    auto neural = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{network, {.passes = 60}});
    neural.fit(chunked, bf::from_array(Y));
    REQUIRE(neural.score(chunked, Y) > 0.8);
    REQUIRE(same_bits(neural.predict_outputs(chunked).compute(), neural.predict_outputs(X)));
}

TEST_CASE("Pipeline: a clusterer at the end", "[pipeline]") {
    const Matrix<double> X = test::uneven(n, 4, 1);
    const auto chunked = bf::from_array(X, {.block_rows = 90});
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::MiniBatchKMeans({.n_clusters = 3})});
    const auto labels = pipe.fit_predict(chunked);
    REQUIRE(labels.compute() == pipe.predict(X));
    const Matrix<double> Z = pipe.get<0>().transform(X);
    REQUIRE(same_bits(pipe.transform(X), pipe.get<1>().estimator().transform(Z)));
    REQUIRE(pipe.score(X) == Approx(pipe.get<1>().estimator().score(Z)).epsilon(1e-12));
    REQUIRE(pipe.score(chunked) == Approx(pipe.score(X)).epsilon(1e-12));
    auto in_memory = bf::make_pipeline(bf::MinMaxScaler{}, bf::MiniBatchKMeans({.n_clusters = 3}));
    const std::vector<Label> first = in_memory.fit_predict(X);
    REQUIRE(first == in_memory.predict(X));
}

TEST_CASE("Pipeline: naive Bayes at the end needs no wrapper", "[pipeline]") {
    const Matrix<double> X = test::uneven(n, 4, 1);
    const auto y = test::labels(X, 3);
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::GaussianNB{});
    const auto chunked = bf::from_array(X, {.block_rows = 90});
    pipe.fit(chunked, bf::from_vector(y));
    bf::GaussianNB by_hand;
    by_hand.fit(pipe.get<0>().transform(chunked), bf::from_vector(y));
    REQUIRE(pipe.get<1>() == by_hand);
    bf::Incremental wrapped{bf::GaussianNB{}};
    wrapped.fit(chunked, y);
    // Far from all classes its own logarithms are finite where those of the probabilities are not.
    Matrix<double> far(1, 4);
    for (double& x : far.values()) x = 1e3;
    const Matrix<double> log_proba = pipe.predict_log_proba(far);
    REQUIRE(std::ranges::all_of(log_proba.values(), [](double v) { return std::isfinite(v); }));
    REQUIRE(std::ranges::min(log_proba.values()) < -800);
    REQUIRE(same_bits(wrapped.predict_log_proba(far), wrapped.estimator().predict_log_proba(far)));
}

TEST_CASE("Pipeline: what the plan of blocks shows is refused before any work", "[pipeline]") {
    Index reads = 0;
    const auto X =
        bf::from_function<double>(100, 4, [&reads](Index, bf::MatrixView<double>) { ++reads; }, {.block_rows = 33});
    auto pca = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::IncrementalPCA({.n_components = 2})});
    const std::string short_block = test::message([&] { pca.fit(X); });
    REQUIRE_THAT(short_block, Contains("a block has 1 rows") && Contains("rechunk") && Contains("block 3"));
    const std::vector<int> y(100, 1);
    auto between = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::IncrementalPCA({.n_components = 2})},
                                     bf::Incremental{bf::SGDClassifier{}});
    REQUIRE_THAT(test::message([&] { between.fit(X, y); }), Contains("a block has 1 rows"));
    auto clusters = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::MiniBatchKMeans({.n_clusters = 101})});
    REQUIRE_THAT(test::message([&] { clusters.fit(X); }), Contains("number of rows is 100, expected 101 or more"));
    REQUIRE(reads == 0);
    REQUIRE_FALSE(pca.fitted());
}
