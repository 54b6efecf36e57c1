/// Incremental around what is no classifier: regressors, transformers and clusterers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/linear_model/passive_aggressive_regressor.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Incremental;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using bf::SGDRegressor;

namespace {

constexpr std::array thread_counts{1, 2, 3, 8};
constexpr Index n = 200, d = 4;

std::vector<double> targets(const Matrix<double>& X) {
    std::vector<double> y;
    for (Index i = 0; i < X.rows(); ++i) y.push_back(1.0 + 2.0 * X(i, 0) - X(i, 2));
    return y;
}
template <class V>
std::vector<V> part(const std::vector<V>& v, Index begin, Index end) {
    return {v.begin() + begin, v.begin() + end};
}
bf::ChunkedMatrix<double> unreadable() {
    return bf::from_function<double>(n, d, [](Index, MatrixView<double>) { throw std::logic_error("read"); });
}
/// Blocks that end at these rows.
bf::ChunkedMatrix<double> cut(const Matrix<double>& X, std::vector<Index> ends) {
    return bf::from_array(X).rechunk(bf::BlockPlan(std::move(ends)));
}

/// Checks that call() throws an E that contains `text` and leaves the model as it was; returns the error.
template <class E, class Model, class Call>
E refused(Model& model, const std::string& text, Call call) {
    const Model before = model;
    CAPTURE(text);
    try {
        call();
    } catch (const E& error) {
        CHECK(model == before);
        CHECK_THAT(error.what(), Catch::Contains(text));
        return error;
    }
    FAIL("not refused");
    throw;
}

}  // namespace

// --- regressors ---------------------------------------------------------------------------------------------------

TEST_CASE("Incremental: a regressor, y of any type, chunked or in memory", "[wrappers]") {
    const Matrix<double> X = test::normal(n, d, 1);
    std::vector<double> y = targets(X);
    for (double& value : y) value = static_cast<double>(static_cast<int>(4 * value));
    const std::vector<float> single(y.begin(), y.end());
    const std::vector<int> whole(y.begin(), y.end());
    SGDRegressor by_hand;
    for (Index first = 0; first < n; first += 30) {
        const Index last = std::min(first + 30, n);
        by_hand.partial_fit(X.view().rows(first, last), part(y, first, last));
    }
    for (const int threads : thread_counts) {
        CAPTURE(threads);
        const bf::Settings settings({.threads = threads});
        const auto blocks = bf::from_array(X, {.block_rows = 30});
        const auto check = [&](const auto& target) {
            Incremental model{SGDRegressor()};
            CHECK(&model.fit(blocks, target) == &model);
            CHECK(model.estimator() == by_hand);
            CHECK(model.blocks_done() == 7);
            CHECK(model.score(blocks, target) == Approx(by_hand.score(X, y)).epsilon(1e-12));
        };
        check(y);
        check(single);
        check(whole);
        check(bf::from_vector(y, {.block_rows = 17}));
        check(bf::from_vector(single, {.block_rows = 17}));
        check(bf::from_vector(whole));
        Incremental model{SGDRegressor()};
        model.partial_fit(blocks, single);
        CHECK(model.estimator() == by_hand);
        CHECK(model.predict(blocks).compute() == by_hand.predict(X));
        CHECK(model.predict(X) == by_hand.predict(X));
    }
    // In memory it is one block.
    CHECK(Incremental(SGDRegressor()).fit(X, whole).estimator() == SGDRegressor().partial_fit(X, y));
}

TEST_CASE("Incremental: a regressor is given no classes", "[wrappers]") {
    const Matrix<double> X = test::normal(n, d, 1);
    const std::vector<double> y = targets(X);
    const auto target = bf::from_vector(y);
    Incremental fresh{SGDRegressor()}, fitted = Incremental(SGDRegressor()).fit(X, y);
    for (auto* model : {&fresh, &fitted}) {
        const auto check = [&](auto call) { (void)refused<bf::ParameterError>(*model, "classes are for classifiers", call); };
        check([&] { model->fit(unreadable(), target, {.classes = {0, 1}}); });
        check([&] { model->partial_fit(unreadable(), target, {.classes = {0, 1}}); });
        check([&] { model->fit(X, y, {.classes = {0, 1}}); });
        check([&] { model->partial_fit(X, y, {.classes = {0, 1}}); });
        model->set_param("classes", "{0, 1}");
        check([&] { model->fit(unreadable(), target); });
        check([&] { model->partial_fit(unreadable(), target); });
        check([&] { model->fit(X, y); });
        check([&] { model->partial_fit(X, y); });
    }
}

TEST_CASE("Incremental: a bad target names block and row and leaves what the blocks before it made", "[wrappers]") {
    const Matrix<double> X = test::normal(n, d, 1);
    std::vector<double> y = targets(X);
    for (double& value : y) value = static_cast<double>(static_cast<int>(4 * value));  // floats hold them too
    std::vector<double> bad = y;
    bad[101] = test::nan;
    bad[170] = test::infinity;
    SGDRegressor before;
    for (Index first = 0; first < 90; first += 30)
        before.partial_fit(X.view().rows(first, first + 30), part(y, first, first + 30));
    for (const int threads : thread_counts) {
        CAPTURE(threads);
        const bf::Settings settings({.threads = threads});
        const auto blocks = bf::from_array(X, {.block_rows = 30});
        const auto check = [&](auto target) {
            Incremental model{SGDRegressor()};
            try {
                model.fit(blocks, target);
                FAIL("not refused");
            } catch (const bf::DataError& error) {
                CHECK(error.block() == 3);
                CHECK(error.row() == 101);
                CHECK_THAT(error.what(), Catch::Contains("y holds NaN"));
            }
            CHECK(model.estimator() == before);
            CHECK(model.blocks_done() == 3);
            // The rest goes on from there.
            model.partial_fit(blocks.rows(90, n), bf::from_vector(y).rows(90, n));
            CHECK(model.estimator() == Incremental(SGDRegressor()).fit(blocks, y).estimator());
        };
        check(bf::from_vector(bad));
        check(bf::from_vector(bad, {.block_rows = 7}));
        const std::vector<float> single(bad.begin(), bad.end());
        check(bf::from_vector(single));
    }
}

TEST_CASE("Incremental: weights and shuffled passes of a regressor", "[wrappers]") {
    const Matrix<double> X = test::normal(n, d, 1);
    const std::vector<double> y = targets(X), w = test::weights(n, 3);
    const bf::PassiveAggressiveRegressor base({.C = 0.1});
    bf::PassiveAggressiveRegressor by_hand = base;
    bf::RandomState generator(5);
    for (int pass = 0; pass < 2; ++pass)
        for (const Index block : generator.permutation(7)) {
            const Index first = 30 * block, last = std::min(first + 30, n);
            by_hand.partial_fit(X.view().rows(first, last), part(y, first, last),
                                {.sample_weight = bf::SampleWeight(w).rows(first, last)});
        }
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        Incremental model(base, {.passes = 2, .shuffle_blocks = true, .random_state = 5});
        model.fit(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y), {.sample_weight = bf::from_vector(w)});
        CHECK(model.estimator() == by_hand);
        CHECK(model.blocks_done() == 14);
    }
}

// --- without targets ----------------------------------------------------------------------------------------------

TEST_CASE("Incremental: a scaler block by block is the scaler in one pass", "[wrappers]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<double> w = test::weights(n, 3);
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        const auto blocks = bf::from_array(X, {.block_rows = 30});
        Incremental model{bf::StandardScaler()};
        CHECK(model.fit(blocks).estimator() == bf::StandardScaler().fit(blocks));
        CHECK(model.blocks_done() == 7);
        CHECK(test::same_bits(model.transform(blocks).compute(), model.estimator().transform(X)));
        CHECK(test::same_bits(model.inverse_transform(X), model.estimator().inverse_transform(X)));
        CHECK(model.n_features_out() == d);
        CHECK(model.fit(blocks, bf::from_vector(w)).estimator() == bf::StandardScaler().fit(blocks, bf::from_vector(w)));
        CHECK(model.partial_fit(blocks).estimator() ==
              bf::StandardScaler().fit(blocks, bf::from_vector(w)).partial_fit(blocks));
    }
    CHECK(Incremental(bf::StandardScaler()).fit(X, w).estimator() == bf::StandardScaler().fit(X, w));
}

TEST_CASE("Incremental: weights are refused before any work by what has no use for them", "[wrappers]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<double> w = test::weights(n, 3);
    const auto check = [&](auto fresh) {
        auto fitted = fresh;
        fitted.fit(X);
        for (auto* model : {&fresh, &fitted}) {
            const std::string text = std::string(model->estimator().class_name) + " takes no sample weights";
            (void)refused<bf::UnsupportedError>(*model, text, [&] { model->fit(unreadable(), bf::from_vector(w)); });
            (void)refused<bf::UnsupportedError>(*model, text, [&] { model->partial_fit(unreadable(), bf::from_vector(w)); });
        }
    };
    check(Incremental(bf::MinMaxScaler()));
    check(Incremental(bf::IncrementalPCA<>({.n_components = 2})));
}

TEST_CASE("Incremental: what learns without labels is given no classes", "[wrappers]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    Incremental model(bf::StandardScaler(), {.classes = {0, 1}});
    (void)refused<bf::ParameterError>(model, "classes are for classifiers", [&] { model.fit(unreadable()); });
    (void)refused<bf::ParameterError>(model, "classes are for classifiers", [&] { model.partial_fit(X); });
}

TEST_CASE("Incremental: first blocks that are too small for k-means are put together", "[wrappers]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<double> w = test::weights(n, 3);
    const bf::MiniBatchKMeans<> base({.n_clusters = 5, .random_state = 2});
    struct Case {
        std::vector<Index> ends;
        std::vector<Index> calls;  // where the calls of partial_fit end
    };
    const std::vector<Case> cases{{{1, 2, 3, 4, 5, 6, 9, 40, n}, {5, 6, 9, 40, n}},
                                  {{2, 4, 6, 7, n}, {6, 7, n}},
                                  {{4, 60, 61, n}, {60, 61, n}},
                                  {{5, 6, n}, {5, 6, n}},
                                  {{n}, {n}}};
    for (const auto& [ends, calls] : cases) {
        CAPTURE(ends);
        auto by_hand = base, weighted = base;
        Index first = 0;
        for (const Index last : calls) {
            by_hand.partial_fit(X.view().rows(first, last));
            weighted.partial_fit(X.view().rows(first, last), bf::SampleWeight(w).rows(first, last));
            first = last;
        }
        for (const int threads : thread_counts) {
            CAPTURE(threads);
            const bf::Settings settings({.threads = threads});
            Incremental model{base};
            model.fit(cut(X, ends));
            CHECK(model.estimator() == by_hand);
            CHECK(model.blocks_done() == std::ssize(ends));
            CHECK(model.fit(cut(X, ends), bf::from_vector(w)).estimator() == weighted);
            // Once it is fitted any block will do.
            model.partial_fit(bf::from_array(X, {.block_rows = 1}).rows(0, 3));
            for (Index i = 0; i < 3; ++i) weighted.partial_fit(X.view().rows(i, i + 1));
            CHECK(model.estimator() == weighted);
            CHECK(model.blocks_done() == 3);
            weighted = Incremental(base).fit(cut(X, ends), bf::from_vector(w)).estimator();
        }
    }
}

TEST_CASE("Incremental: fewer rows than clusters are refused before any work", "[wrappers]") {
    Incremental model{bf::MiniBatchKMeans<>({.n_clusters = 201})};
    (void)refused<bf::ShapeError>(model, "number of rows is 200, expected 201 or more", [&] { model.fit(unreadable()); });
    (void)refused<bf::ShapeError>(model, "number of rows is 200, expected 201 or more", [&] { model.partial_fit(unreadable()); });
}

TEST_CASE("Incremental: a bad row in the first small blocks leaves nothing fitted", "[wrappers]") {
    Matrix<double> X = test::uneven(n, d, 1);
    for (const Index row : {0, 4, 6, 8}) {
        Matrix<double> with = X;
        with(row, 2) = test::nan;
        for (const int threads : thread_counts) {
            CAPTURE(row, threads);
            const bf::Settings settings({.threads = threads});
            Incremental model{bf::MiniBatchKMeans<>({.n_clusters = 8})};
            const auto blocks = bf::from_array(with, {.block_rows = 3});
            const auto error = refused<bf::DataError>(model, "NaN", [&] { model.fit(blocks); });
            CHECK(error.block() == row / 3);
            CHECK(error.row() == row);
            CHECK(error.column() == 2);
            CHECK(model.blocks_done() == 0);
        }
    }
    // A later one leaves what the complete blocks made.
    X(20, 1) = test::nan;
    auto by_hand = bf::MiniBatchKMeans<>({.n_clusters = 8});
    by_hand.partial_fit(X.view().rows(0, 9));
    for (Index first = 9; first < 18; first += 3) by_hand.partial_fit(X.view().rows(first, first + 3));
    for (const int threads : thread_counts) {
        CAPTURE(threads);
        const bf::Settings settings({.threads = threads});
        Incremental model{bf::MiniBatchKMeans<>({.n_clusters = 8})};
        try {
            model.fit(bf::from_array(X, {.block_rows = 3}));
            FAIL("not refused");
        } catch (const bf::DataError& error) {
            CHECK(error.block() == 6);
            CHECK(error.row() == 20);
            CHECK(error.column() == 1);
        }
        CHECK(model.estimator() == by_hand);
        CHECK(model.blocks_done() == 6);
    }
}

TEST_CASE("Incremental: blocks that are too small for components are refused before any work", "[wrappers]") {
    Incremental model{bf::IncrementalPCA<>({.n_components = 3})};
    const auto blocks = unreadable().rechunk(bf::BlockPlan({50, 52, n}));
    const auto error = refused<bf::ShapeError>(model, "a block has 2 rows, expected at least n_components = 3",
                                               [&] { model.fit(blocks); });
    CHECK(error.block() == 1);
    (void)refused<bf::ShapeError>(model, "use larger blocks", [&] { model.partial_fit(blocks); });
    model.set_param("estimator__n_components", "5");
    (void)refused<bf::ParameterError>(model, "n_components is 5, but X has 4 columns", [&] { model.fit(unreadable()); });
}

TEST_CASE("Incremental: a clusterer predicts, transforms and scores", "[wrappers]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<double> w = test::weights(n, 3);
    Incremental model{bf::MiniBatchKMeans<>({.n_clusters = 3})};
    model.fit(bf::from_array(X, {.block_rows = 50}));
    const auto& inner = model.estimator();
    CHECK(model.predict(X) == inner.predict(X));
    CHECK(test::same_bits(model.transform(X), inner.transform(X)));
    CHECK(model.n_features_out() == 3);
    CHECK(model.score(X) == inner.score(X));
    CHECK(model.score(X, w) == inner.score(X, w));
    const auto blocks = bf::from_array(X, {.block_rows = 30});
    CHECK(model.score(blocks) == Approx(inner.score(X)).epsilon(1e-12));
    CHECK(model.score(blocks) == inner.score(blocks));
    CHECK(model.predict(blocks).compute() == inner.predict(X));
    CHECK(model.to_string() == "Incremental(MiniBatchKMeans(n_clusters=3))");
}
