#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/persistence/save.hpp>

#include "support/data.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::KMeansInit;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using bf::MiniBatchKMeans;
using bf::MiniBatchKMeansParams;
using bf::RandomState;

namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// Rows about `k` points that are far apart; row i belongs to point i mod k.
Matrix<double> blobs(Index n, Index d, Index k, std::uint32_t seed) {
    Matrix<double> X = test::normal(n, d, seed);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < d; ++j) X(i, j) += 10.0 * static_cast<double>(i % k) * (j % 2 == 0 ? 1.0 : -1.0);
    return X;
}
MatrixView<const double> rows(const Matrix<double>& X, Index begin, Index end) { return X.view().rows(begin, end); }

Matrix<double> first_rows(const Matrix<double>& X, Index k) { return Matrix<double>(rows(X, 0, k)); }

/// Checks that call() throws an E that contains `text` and leaves the model as it was.
template <class E, class Call>
void refused(MiniBatchKMeans<>& model, const std::string& text, Call call) {
    const MiniBatchKMeans<> before = model;
    CAPTURE(text);
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(model == before);
}

}  // namespace

// --- parameters -------------------------------------------------------------------------------------------------------

TEST_CASE("MiniBatchKMeans: deduces double, and has scikit-learn's defaults", "[cluster]") {
    const MiniBatchKMeans by_default;
    const MiniBatchKMeans given({.n_clusters = 3});
    static_assert(std::is_same_v<decltype(by_default), const MiniBatchKMeans<double>>);
    static_assert(std::is_same_v<decltype(given), const MiniBatchKMeans<double>>);
    static_assert(bf::Clusterer<MiniBatchKMeans<>> && bf::Clusterer<MiniBatchKMeans<float>>);
    CHECK(given.to_string() == "MiniBatchKMeans(n_clusters=3)");
    CHECK(by_default.params().init.is_plus_plus());
    CHECK(by_default.params().n_init == bf::NInit(3));
    std::string names;
    bf::detail::for_each_param(by_default.params(), [&](std::string_view name, const auto&) { (names += name) += ' '; });
    CHECK(names == "n_clusters init max_iter batch_size compute_labels random_state tol max_no_improvement init_size n_init "
                   "reassignment_ratio ");
}

TEST_CASE("MiniBatchKMeans: parameters out of range", "[cluster]") {
    const Matrix<double> X = blobs(40, 2, 2, 1);
    const auto check = [&](MiniBatchKMeansParams params, const std::string& text) {
        MiniBatchKMeans<> model(std::move(params));
        refused<bf::ParameterError>(model, text, [&] { model.partial_fit(X); });
        refused<bf::ParameterError>(model, text, [&] { model.fit(X); });
    };
    check({.n_clusters = 0}, "n_clusters must be at least 1");
    check({.max_iter = 0}, "max_iter");
    check({.batch_size = 0}, "batch_size");
    check({.tol = -1e-9}, "tol");
    check({.tol = test::nan}, "tol");
    check({.max_no_improvement = -1}, "max_no_improvement");
    check({.init_size = 0}, "init_size");
    check({.n_init = 0}, "n_init");
    check({.reassignment_ratio = -0.1}, "reassignment_ratio must be in [0, 1]");
    check({.reassignment_ratio = 1.001}, "reassignment_ratio must be in [0, 1]");
    check({.reassignment_ratio = test::nan}, "reassignment_ratio");
    check({.n_clusters = 2, .init = Matrix<double>(3, 2)}, "init has 3 rows, expected n_clusters = 2");
    check({.n_clusters = 2, .init = Matrix<double>(2, 3)}, "init is 2 x 3, expected 2 x 2");
    check({.n_clusters = 1, .init = Matrix<double>{{1, test::nan}}}, "init must be finite");
    const auto of_shape = [](Index k, Index d) {
        return [k, d](MatrixView<const double>, Index, RandomState&) { return Matrix<double>(k, d); };
    };
    check({.n_clusters = 2, .init = of_shape(2, 1)}, "init is 2 x 1, expected 2 x 2");
    check({.n_clusters = 2, .init = of_shape(1, 2)}, "init is 1 x 2, expected 2 x 2");
}

TEST_CASE("MiniBatchKMeans: parameters as text", "[cluster]") {
    MiniBatchKMeans<> model;
    model.set_param("init", "[[0.5, 1], [2, -3e10]]").set_param("n_init", "auto").set_param("init_size", "12");
    model.set_param("max_no_improvement", "None");
    CHECK(*model.params().init.centers() == Matrix<double>{{0.5, 1}, {2, -3e10}});
    CHECK(model.params().n_init.is_automatic());
    CHECK(model.params().init_size == 12);
    CHECK(model.to_string() ==
          "MiniBatchKMeans(init=[[0.5, 1], [2, -3e+10]], max_no_improvement=None, init_size=12, n_init=auto)");
    model.set_param("init", "[[1]]").set_param("n_init", "5");
    CHECK(*model.params().init.centers() == Matrix<double>{{1}});
    CHECK(model.params().n_init.number() == 5);
    model.set_param("init", "[[1,2],[3,4]]");
    CHECK(*model.params().init.centers() == Matrix<double>{{1, 2}, {3, 4}});
    model.set_param("init", "random");
    CHECK(model.params().init.is_random());
    for (const char* const bad : {"kmeans", "[[1, 2], [3]]", "[[1, 2], [3, 4]", "[[1, 2] [3, 4]]", "[[1, x]]", "[[]]",
                                  "[1, 2]", "[[1]", "[[1]]]", "[[1]],]"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(model.set_param("init", bad), bf::ParameterError);
    }
    CHECK_THROWS_AS(KMeansInit("kmeans"), bf::ParameterError);
    CHECK_THROWS_AS(model.set_param("n_init", "many"), bf::ParameterError);
    CHECK(model.params().init.is_random());
}

// --- what is refused --------------------------------------------------------------------------------------------------

TEST_CASE("MiniBatchKMeans: bad data is refused with row and column, and changes nothing", "[cluster]") {
    const Matrix<double> X = blobs(60, 3, 3, 2);
    MiniBatchKMeans model({.n_clusters = 3});
    for (int round = 0; round < 2; ++round) {  // unfitted, then fitted
        for (const double bad : {test::nan, test::infinity, -test::infinity}) {
            Matrix<double> spoiled = X;
            spoiled(17, 2) = bad;
            refused<bf::DataError>(model, "[row 17, column 2]", [&] { model.partial_fit(spoiled); });
            refused<bf::DataError>(model, "[row 17, column 2]", [&] { model.fit(spoiled); });
            if (round == 1) {
                refused<bf::DataError>(model, "[row 17, column 2]", [&] { (void)model.predict(spoiled); });
                refused<bf::DataError>(model, "[row 17, column 2]", [&] { (void)model.transform(spoiled); });
                refused<bf::DataError>(model, "[row 17, column 2]", [&] { (void)model.score(spoiled); });
            }
        }
        refused<bf::ShapeError>(model, "0 rows", [&] { model.partial_fit(rows(X, 0, 0)); });
        refused<bf::ShapeError>(model, "0 columns", [&] { model.unfitted().partial_fit(Matrix<double>(5, 0)); });
        refused<bf::ShapeError>(model, "length of sample_weight is 59, expected 60",
                                [&] { model.partial_fit(X, std::vector<double>(59, 1.0)); });
        std::vector<double> weight(60, 1.0);
        weight[5] = test::nan;
        refused<bf::DataError>(model, "row 5", [&] { model.partial_fit(X, weight); });
        model.partial_fit(X);
    }
    refused<bf::ShapeError>(model, "number of features is 2, expected 3", [&] { model.partial_fit(X.view().cols(0, 2)); });
    refused<bf::ShapeError>(model, "number of features is 2, expected 3", [&] { (void)model.predict(X.view().cols(0, 2)); });
    std::vector<Label> short_out(59);
    refused<bf::ShapeError>(model, "number of rows of out", [&] { model.predict(X.view(), std::span(short_out)); });
    Matrix<double> narrow(60, 2);
    refused<bf::ShapeError>(model, "number of columns of out", [&] { model.transform(X, narrow); });
}

TEST_CASE("MiniBatchKMeans: the first block must have n_clusters rows, later ones need not", "[cluster]") {
    const Matrix<double> X = blobs(30, 2, 5, 3);
    MiniBatchKMeans model({.n_clusters = 5});
    CHECK(model.rows_needed() == 5);
    const std::string text = "X has 4 rows, expected at least n_clusters = 5";
    refused<bf::ShapeError>(model, text, [&] { model.partial_fit(rows(X, 0, 4)); });
    refused<bf::ShapeError>(model, text, [&] { model.fit(rows(X, 0, 4)); });
    model.partial_fit(rows(X, 0, 5));
    CHECK(model.rows_needed() == 1);
    model.partial_fit(rows(X, 5, 6));
    CHECK(model.n_steps() == 2);
    CHECK(model.labels().size() == 1);
}

TEST_CASE("MiniBatchKMeans: values whose sums overflow are refused", "[cluster]") {
    MiniBatchKMeans model({.n_clusters = 1, .init = Matrix<double>{{0, 0}}});
    refused<bf::DataError>(model, "overflowed", [&] { model.partial_fit(Matrix<double>{{1e308, 0}, {1e308, 0}}); });
    refused<bf::DataError>(model, "overflowed", [&] { model.partial_fit(Matrix<double>{{1e200, 0}, {-1e200, 0}}); });
    MiniBatchKMeans<float> narrow({.n_clusters = 1});
    CHECK_THROWS_AS(narrow.partial_fit(Matrix<double>{{1e60}}), bf::DataError);
    CHECK_FALSE(narrow.fitted());
}

TEST_CASE("MiniBatchKMeans: nothing can be asked of an unfitted model", "[cluster]") {
    const MiniBatchKMeans model({.n_clusters = 2});
    const Matrix<double> X(3, 2);
    CHECK_THROWS_AS(model.predict(X), bf::NotFittedError);
    CHECK_THROWS_AS(model.transform(X), bf::NotFittedError);
    CHECK_THROWS_AS(model.score(X), bf::NotFittedError);
    CHECK_THROWS_AS(model.cluster_centers(), bf::NotFittedError);
    CHECK_THROWS_AS(model.labels(), bf::NotFittedError);
    CHECK_THROWS_AS(model.n_features_in(), bf::NotFittedError);
    CHECK_THROWS_WITH(model.inertia(), Catch::Contains("call fit or partial_fit first"));
}

// --- the first centres ------------------------------------------------------------------------------------------------

TEST_CASE("MiniBatchKMeans: given centres carry no weight", "[cluster]") {
    MiniBatchKMeans model({.n_clusters = 2, .init = Matrix<double>{{0, 0}, {10, 10}}, .reassignment_ratio = 0});
    model.partial_fit(Matrix<double>{{1, 1}, {3, 1}, {9, 8}});
    CHECK(model.cluster_centers() == Matrix<double>{{2, 1}, {9, 8}});
    CHECK(model.counts() == std::vector<double>{2, 1});
    CHECK(model.labels() == std::vector<Label>{0, 0, 1});
    CHECK(model.inertia() == 2);
    model.partial_fit(Matrix<double>{{5, 4}});
    CHECK(model.cluster_centers() == Matrix<double>{{3, 2}, {9, 8}});
    CHECK(model.labels() == std::vector<Label>{0});
    CHECK(model.inertia() == 8);  // of the last block, under the centres it led to
}

TEST_CASE("MiniBatchKMeans: random centres are the first of a permutation", "[cluster]") {
    const Matrix<double> X = blobs(20, 2, 4, 4);
    // Weights of zero leave the centres where they started.
    const MiniBatchKMeans model = MiniBatchKMeans({.n_clusters = 4, .init = "random", .random_state = 9}).partial_fit(X, 0.0);
    RandomState generator(9);
    const std::vector<Index> chosen = generator.permutation(20);
    for (Index j = 0; j < 4; ++j)
        CHECK(test::same_bits(model.cluster_centers().view().rows(j, j + 1), rows(X, chosen[at(j)], chosen[at(j)] + 1)));
    CHECK(model.counts() == std::vector<double>(4, 0.0));
}

TEST_CASE("MiniBatchKMeans: a function makes the first centres from the candidate rows", "[cluster]") {
    const Matrix<double> X = blobs(200, 2, 4, 5);
    Index called = 0, seen = 0;
    const auto init = [&](MatrixView<const double> candidates, Index k, RandomState& generator) {
        ++called;
        seen = candidates.rows();
        (void)generator.next();
        Matrix<double> centers(k, candidates.cols());
        for (Index j = 0; j < k; ++j) std::ranges::copy(candidates.row(j), centers.row(j).begin());
        return centers;
    };
    MiniBatchKMeans model({.n_clusters = 4, .init = init});
    model.partial_fit(X, 0.0);
    CHECK(called == 1);
    CHECK(seen == 200);
    CHECK(model.cluster_centers() == first_rows(X, 4));
    model.set_params({.n_clusters = 4, .init = init, .batch_size = 20, .n_init = bf::automatic});
    called = 0;
    model.fit(X);
    CHECK(called == 3);
    CHECK(seen == 60);
    CHECK(model == MiniBatchKMeans<>(model));
    CHECK(model.to_string() == "MiniBatchKMeans(n_clusters=4, init=function, batch_size=20, n_init=auto)");

    const MiniBatchKMeans<> before = model;
    MiniBatchKMeansParams params = model.params();
    params.init = [](MatrixView<const double>, Index, RandomState&) -> Matrix<double> { throw std::runtime_error("no idea"); };
    model.set_params(params);
    CHECK(model.to_string() == before.to_string());
    const MiniBatchKMeans<> with_other_init = model;
    CHECK_FALSE(model == before);
    CHECK_THROWS_WITH(model.fit(X), "no idea");
    CHECK(model == with_other_init);
    model.set_params({.n_clusters = 1, .init = [](MatrixView<const double>, Index, RandomState&) {
                          return Matrix<double>{{0, test::nan}};
                      }});
    CHECK_THROWS_AS(model.fit(X), bf::DataError);
}

TEST_CASE("MiniBatchKMeans: the size of the initialisation", "[cluster]") {
    const Matrix<double> X = blobs(300, 2, 4, 6);
    const auto candidates = [&](MiniBatchKMeansParams params) {
        Index seen = 0;
        params.init = [&](MatrixView<const double> rows, Index k, RandomState&) {
            seen = rows.rows();
            return Matrix<double>(k, 2);
        };
        MiniBatchKMeans<>(std::move(params)).partial_fit(X);
        return seen;
    };
    CHECK(candidates({.n_clusters = 4, .batch_size = 10}) == 30);
    CHECK(candidates({.n_clusters = 4}) == 300);
    CHECK(candidates({.n_clusters = 4, .batch_size = 1}) == 12);  // 3 < n_clusters
    CHECK(candidates({.n_clusters = 4, .init_size = 3}) == 12);
    CHECK(candidates({.n_clusters = 4, .init_size = 4}) == 4);
    CHECK(candidates({.n_clusters = 4, .init_size = 1000}) == 300);
    CHECK(candidates({.n_clusters = 200, .init_size = 7}) == 300);
}

// --- steps ------------------------------------------------------------------------------------------------------------

TEST_CASE("MiniBatchKMeans: finds blobs", "[cluster]") {
    const Matrix<double> X = blobs(900, 3, 3, 7);
    MiniBatchKMeans blocks({.n_clusters = 3}), whole({.n_clusters = 3, .batch_size = 100});
    for (Index begin = 0; begin < 900; begin += 100) blocks.partial_fit(rows(X, begin, begin + 100));
    whole.fit(X);
    for (const MiniBatchKMeans<>* const model : {&blocks, &whole}) {
        const std::vector<Label> labels = model->predict(X);
        for (Index i = 3; i < 900; ++i) REQUIRE(labels[at(i)] == labels[at(i % 3)]);
        CHECK(std::set<Label>{labels[0], labels[1], labels[2]}.size() == 3);
        CHECK(-model->score(X) / 900 == Approx(3).epsilon(0.1));  // variance 1 in 3 columns
    }
    CHECK(blocks.n_steps() == 9);
    CHECK_THROWS_AS(blocks.n_iter(), bf::UnsupportedError);
    CHECK(whole.labels() == whole.predict(X));
    CHECK(whole.inertia() == -whole.score(X));
}

TEST_CASE("MiniBatchKMeans: weights", "[cluster]") {
    const Matrix<double> init{{0, 0}, {10, 10}};
    const MiniBatchKMeansParams params{.n_clusters = 2, .init = init, .reassignment_ratio = 0};
    const Matrix<double> X{{1, 1}, {3, 2}, {9, 8}};
    SECTION("a weight counts as so many rows") {
        const auto weighted = MiniBatchKMeans(params).partial_fit(X, std::vector<double>{2, 1, 3});
        const Matrix<double> as_often{{1, 1}, {1, 1}, {3, 2}, {9, 8}, {9, 8}, {9, 8}};
        const auto repeated = MiniBatchKMeans(params).partial_fit(as_often);
        CHECK(weighted.cluster_centers() == repeated.cluster_centers());
        CHECK(weighted.counts() == repeated.counts());
        CHECK(weighted.inertia() == Approx(repeated.inertia()));
    }
    SECTION("one for all") {
        const auto scalar = MiniBatchKMeans(params).partial_fit(X, 2.0);
        CHECK(scalar == MiniBatchKMeans(params).partial_fit(X, std::vector<double>(3, 2.0)));
        CHECK(MiniBatchKMeans(params).partial_fit(X, 1.0) == MiniBatchKMeans(params).partial_fit(X));
    }
    SECTION("zero and below") {
        const auto model = MiniBatchKMeans(params).partial_fit(X, std::vector<double>{1, 0, -1});
        CHECK(model.cluster_centers() == Matrix<double>{{1, 1}, {10, 10}});
        CHECK(model.counts() == std::vector<double>{1, 0});
        CHECK(model.labels() == std::vector<Label>{0, 0, 1});
    }
}

TEST_CASE("MiniBatchKMeans: an empty centre is moved to a row of the block", "[cluster]") {
    const Matrix<double> X = blobs(50, 2, 2, 8);
    Matrix<double> init = first_rows(X, 3);
    init(2, 0) = init(2, 1) = 1e4;
    const MiniBatchKMeansParams params{.n_clusters = 3, .init = init, .random_state = 5};
    const MiniBatchKMeans moved = MiniBatchKMeans(params).partial_fit(X);
    RandomState generator(5);
    const Index row = generator.permutation(50)[0];
    CHECK(test::same_bits(moved.cluster_centers().view().rows(2, 3), rows(X, row, row + 1)));
    CHECK(moved.counts() == std::vector<double>{25, 25, 25});
    MiniBatchKMeansParams never = params;
    never.reassignment_ratio = 0;
    const MiniBatchKMeans stays = MiniBatchKMeans(never).partial_fit(X);
    CHECK(stays.cluster_centers()(2, 0) == 1e4);
    CHECK(stays.counts() == std::vector<double>{25, 25, 0});
    // A block of one row has no room for it.
    MiniBatchKMeans one_row = stays;
    one_row.set_params(params).partial_fit(rows(X, 0, 1));
    CHECK(one_row.cluster_centers()(2, 0) == 1e4);
}

TEST_CASE("MiniBatchKMeans: low centres are moved when the clock has run, by the size of the first block", "[cluster]") {
    // Two centres, so every 20 rows by the clock; the second one keeps a count of 1, low as soon as the first has 3.
    const MiniBatchKMeansParams params{
        .n_clusters = 2, .init = Matrix<double>{{0}, {100}}, .batch_size = 4, .reassignment_ratio = 0.4};
    MiniBatchKMeans model(params);
    model.partial_fit(Matrix<double>{{0}, {1}, {2}, {100}});  // due, as counts are 0; it is moved at once: 1 < 0.4 * 3
    CHECK(model.counts() == std::vector<double>{3, 3});
    const Matrix<double> near_one{{model.cluster_centers()(0, 0)}, {model.cluster_centers()(0, 0)}};
    const Matrix<double> first = model.cluster_centers();
    for (int step = 1; step < 5; ++step) {
        model.partial_fit(near_one);  // of 2 rows, but the clock gains 4
        CHECK(model.cluster_centers()(1, 0) == first(1, 0));
    }
    CHECK(model.counts() == std::vector<double>{11, 3});
    model.partial_fit(near_one);  // 20
    CHECK(model.cluster_centers()(1, 0) == near_one(0, 0));
    CHECK(model.counts() == std::vector<double>{13, 13});
}

TEST_CASE("MiniBatchKMeans: without labels", "[cluster]") {
    const Matrix<double> X = blobs(60, 3, 3, 9);
    MiniBatchKMeans with({.n_clusters = 3}), without({.n_clusters = 3, .compute_labels = false});
    with.partial_fit(X);
    without.partial_fit(X);
    CHECK(with.cluster_centers() == without.cluster_centers());
    CHECK_THROWS_AS(without.labels(), bf::UnsupportedError);
    CHECK_THROWS_WITH(without.inertia(), Catch::Contains("compute_labels was false"));
    CHECK(without.fit_predict(X) == with.fit(X).labels());
    CHECK_THROWS_AS(without.labels(), bf::UnsupportedError);
}

TEST_CASE("MiniBatchKMeans: fit stops", "[cluster]") {
    const Matrix<double> X = blobs(200, 2, 3, 10);
    const auto steps = [&](MiniBatchKMeansParams params) {
        params.n_clusters = 3;
        params.batch_size = 50;
        params.n_init = 1;
        const MiniBatchKMeans model = MiniBatchKMeans(params).fit(X);
        CHECK(model.n_iter() == (model.n_steps() + 3) / 4);
        return model.n_steps();
    };
    CHECK(steps({.max_iter = 3, .max_no_improvement = {}}) == 12);
    CHECK(steps({.max_iter = 100, .max_no_improvement = 0}) == 2);
    const Index by_default = steps({});
    CHECK(by_default > 2);
    CHECK(by_default < 400);
    CHECK(steps({.tol = 1e10}) == 2);
    CHECK(steps({.max_iter = 3, .tol = 1e-300, .max_no_improvement = {}}) == 12);
    // A constant column has no variance to be relative to: only the other rules stop.
    CHECK(MiniBatchKMeans({.n_clusters = 1, .max_iter = 2, .tol = 1}).fit(Matrix<double>(10, 1)).n_steps() == 2);
}

TEST_CASE("MiniBatchKMeans: fit gives scikit-learn's numbers", "[cluster]") {
    const auto numpy_uniform = [](Index n, Index d, std::uint32_t seed) {
        RandomState generator(seed);
        Matrix<double> X(n, d);
        for (double& x : X.values()) x = generator.uniform();
        return X;
    };
    const Matrix<double> X = numpy_uniform(300, 3, 7), uniform = numpy_uniform(300, 1, 8);
    std::vector<double> weights(uniform.values().begin(), uniform.values().end());
    for (std::size_t i = 0; i < 300; i += 5) weights[i] = 0;

    // MiniBatchKMeans(random_state=5, batch_size=40, ...).fit(X): n_steps_, n_iter_, inertia_, cluster_centers_[2, 1];
    // `then` is followed by partial_fit on three blocks of 50 rows.
    struct Case {
        MiniBatchKMeansParams params;
        Index n_steps, n_iter;
        double inertia, center;
        bool weighted = false, then = false;
    };
    const std::vector<Case> cases{
        {{.n_clusters = 4}, 42, 6, 35.22007053325019, 0.7517011259749901},
        {{.n_clusters = 4, .n_init = bf::automatic}, 16, 3, 33.33563665413979, 0.7783772273821397},
        {{.n_clusters = 4, .init = "random", .n_init = bf::automatic}, 35, 5, 33.51079813441136, 0.703562837118107},
        {{.n_clusters = 4, .tol = 0.01, .n_init = 1}, 7, 1, 33.49057275783122, 0.7870843603999472},
        {{.n_clusters = 4, .max_iter = 5, .max_no_improvement = {}}, 37, 5, 35.2455474392783, 0.7530599164747429},
        {{.n_clusters = 4, .init_size = 10}, 12, 2, 35.429353780192415, 0.7805976324347528},
        {{.n_clusters = 12, .reassignment_ratio = 0.7}, 26, 4, 20.711302626993053, 0.1966694976080091},
        {{.n_clusters = 4}, 42, 6, 14.639814312024797, 0.7562125091439975, true},
        {{.n_clusters = 12, .reassignment_ratio = 0.7}, 14, 2, 11.385459292094556, 0.9796372906420905, true},
        {{.n_clusters = 12, .reassignment_ratio = 0.9}, 20, 3, 3.7132893166664243, 0.6289552831967505, false, true},
    };
    for (Case each : cases) {
        each.params.batch_size = 40;
        each.params.random_state = 5;
        MiniBatchKMeans model(each.params);
        CAPTURE(model.to_string(), each.weighted);
        if (each.weighted) model.fit(X, weights);
        else model.fit(X);
        for (Index begin = 0; each.then && begin < 150; begin += 50) model.partial_fit(rows(X, begin, begin + 50));
        CHECK(model.n_steps() == each.n_steps);
        CHECK(model.n_iter() == each.n_iter);
        CHECK(model.inertia() == Approx(each.inertia).epsilon(1e-12));
        CHECK(model.cluster_centers()(2, 1) == Approx(each.center).epsilon(1e-12));
    }
}

TEST_CASE("MiniBatchKMeans: of several initialisations the best is kept", "[cluster]") {
    const Matrix<double> X = blobs(100, 1, 2, 11);
    Index call = 0;
    const auto init = [&](MatrixView<const double>, Index, RandomState&) {
        return ++call == 2 ? Matrix<double>{{0}, {10}} : Matrix<double>{{500 + static_cast<double>(call)}, {600}};
    };
    // With weights of zero all are equally good, and the first stays.
    MiniBatchKMeans model(
        {.n_clusters = 2, .init = init, .max_iter = 1, .batch_size = 100, .n_init = 3, .reassignment_ratio = 0});
    model.fit(X);
    CHECK(call == 3);
    CHECK(std::abs(model.cluster_centers()(0, 0)) < 1);
    CHECK(std::abs(model.cluster_centers()(1, 0) - 10) < 1);
    call = 0;
    model.fit(X, 0.0);
    CHECK(model.cluster_centers() == Matrix<double>{{501}, {600}});
    // Given centres are tried once, which shows in the numbers drawn.
    MiniBatchKMeansParams given{.n_clusters = 2, .init = Matrix<double>{{0}, {10}}, .batch_size = 10, .n_init = 1};
    const MiniBatchKMeans once = MiniBatchKMeans(given).fit(X);
    given.n_init = 5;
    CHECK(MiniBatchKMeans(given).fit(X).cluster_centers() == once.cluster_centers());
}

TEST_CASE("MiniBatchKMeans: a refit forgets, and partial_fit goes on after fit", "[cluster]") {
    const Matrix<double> X = blobs(120, 3, 4, 12);
    const MiniBatchKMeansParams params{.n_clusters = 4, .batch_size = 30, .random_state = 2};
    MiniBatchKMeans fresh(params), used(params);
    fresh.fit(X);
    used.partial_fit(rows(X, 0, 50)).partial_fit(rows(X, 50, 60));
    CHECK_FALSE(used == fresh);
    CHECK(used.fit(X) == fresh);
    const Index steps = fresh.n_steps();
    fresh.partial_fit(rows(X, 0, 50));
    CHECK(fresh.n_steps() == steps + 1);
    CHECK(fresh.labels().size() == 50);
    CHECK_FALSE(used == fresh);
    CHECK(used.partial_fit(rows(X, 0, 50)) == fresh);
    CHECK_FALSE(used.unfitted().fitted());
}

// --- kinds of data ----------------------------------------------------------------------------------------------------

TEST_CASE("MiniBatchKMeans: the state has one type, data may have any", "[cluster]") {
    const Matrix<double> X = blobs(90, 3, 3, 13);
    const Matrix<float> narrow = test::as<float>(X);
    const MiniBatchKMeansParams params{.n_clusters = 3, .batch_size = 30};
    // float data as double, double data as float
    CHECK(MiniBatchKMeans<double>(params).fit(narrow) == MiniBatchKMeans<double>(params).fit(test::to_double(narrow)));
    CHECK(MiniBatchKMeans<float>(params).partial_fit(X) == MiniBatchKMeans<float>(params).partial_fit(narrow));
    const Matrix<short> whole = test::as<short>(X);
    CHECK(MiniBatchKMeans<>(params).fit(whole) == MiniBatchKMeans<>(params).fit(test::to_double(whole)));

    const MiniBatchKMeans<float> in_float = MiniBatchKMeans<float>(params).fit(narrow);
    const MiniBatchKMeans<double> in_double = MiniBatchKMeans<double>(params).fit(narrow);
    CHECK(in_float.labels() == in_double.labels());
    CHECK(in_float.inertia() == Approx(in_double.inertia()).epsilon(1e-5));
    const auto narrow_centers = in_float.cluster_centers().values();
    for (std::size_t i = 0; i < 9; ++i)
        CHECK(double(narrow_centers[i]) == Approx(in_double.cluster_centers().values()[i]).epsilon(1e-5));
    const Matrix<float> distances = in_double.transform(narrow);
    const Matrix<double> exact = in_double.transform(test::to_double(narrow));
    for (Index i = 0; i < 90; ++i)
        for (Index j = 0; j < 3; ++j) REQUIRE(distances(i, j) == static_cast<float>(exact(i, j)));
    CHECK(in_double.predict(narrow) == in_double.predict(test::to_double(narrow)));
}

TEST_CASE("MiniBatchKMeans: strided views", "[cluster]") {
    const Matrix<double> X = blobs(70, 3, 3, 14);
    const test::Padded<double> padded(X);
    MiniBatchKMeans plain({.n_clusters = 3, .batch_size = 25}), strided = plain;
    CHECK(plain.fit(X) == strided.fit(padded.view()));
    CHECK(plain.partial_fit(X) == strided.partial_fit(padded.view()));
    CHECK(plain.predict(X) == strided.predict(padded.view()));
    CHECK(plain.score(X) == strided.score(padded.view()));
    test::Padded<double> out(Matrix<double>(70, 3));
    plain.transform(padded.view(), out.view());
    CHECK(test::same_bits(MatrixView<const double>(out.view()), plain.transform(X)));
    CHECK(out.padding_untouched());
}

TEST_CASE("MiniBatchKMeans: chunked data, any blocks and threads", "[cluster]") {
    const Matrix<double> X = blobs(1000, 3, 3, 15);
    const MiniBatchKMeans model = MiniBatchKMeans({.n_clusters = 3}).fit(X);
    const std::vector<Label> labels = model.predict(X);
    const Matrix<double> distances = model.transform(X);
    const std::vector<double> weight = test::weights(1000, 1);
    CHECK(-model.score(X, weight) == model.inertia(X, weight));
    for (const Index block_rows : {7, 100, 1000}) {
        const auto chunked = bf::from_array(X).rechunk(bf::BlockPlan(1000, block_rows));
        std::vector<double> scores, weighted;
        for (const int threads : {1, 2, 8}) {
            const bf::Settings settings({.threads = threads});
            CHECK(model.predict(chunked).compute() == labels);
            CHECK(test::same_bits(model.transform(chunked).compute(), distances));
            scores.push_back(model.score(chunked));
            weighted.push_back(model.score(chunked, bf::from_vector(weight)));
        }
        CHECK(scores == std::vector<double>(3, scores[0]));
        CHECK(weighted == std::vector<double>(3, weighted[0]));
        CHECK(scores[0] == Approx(model.score(X)).epsilon(1e-13));
        CHECK(weighted[0] == Approx(model.score(X, weight)).epsilon(1e-13));
    }
    const auto chunked = bf::from_array(X);
    CHECK_THROWS_AS(model.score(bf::from_array(distances.view().cols(0, 2))), bf::ShapeError);
    const std::vector<double> too_few(3, 1.0);
    CHECK_THROWS_AS(model.score(chunked, bf::from_vector(too_few)), bf::ShapeError);
    Matrix<double> spoiled = X;
    spoiled(777, 1) = test::nan;
    CHECK_THROWS_WITH(model.score(bf::from_array(spoiled).rechunk(bf::BlockPlan(1000, 100))),
                      Catch::Contains("block 7") && Catch::Contains("row 777") && Catch::Contains("column 1"));
}

// --- saving -----------------------------------------------------------------------------------------------------------

TEST_CASE("MiniBatchKMeans: a saved model goes on with the same bits", "[cluster]") {
    const test::TemporaryFolder folder;
    const Matrix<double> X = blobs(300, 3, 3, 16);
    // Centres are moved in nearly every step, so that the generator matters.
    MiniBatchKMeans model({.n_clusters = 12, .batch_size = 100, .random_state = 4, .reassignment_ratio = 1});
    bf::save(folder.file("unfitted.h5"), model);
    CHECK(bf::load<MiniBatchKMeans<>>(folder.file("unfitted.h5")) == model);
    model.partial_fit(rows(X, 0, 100)).partial_fit(rows(X, 100, 200));
    bf::save(folder.file("model.h5"), model);
    MiniBatchKMeans loaded = bf::load<MiniBatchKMeans<>>(folder.file("model.h5"));
    CHECK(loaded == model);
    for (int step = 0; step < 5; ++step) {
        model.partial_fit(rows(X, 200, 300));
        loaded.partial_fit(rows(X, 200, 300));
        REQUIRE(loaded == model);
    }
    MiniBatchKMeans<float> narrow({.n_clusters = 2, .init = Matrix<double>{{0, 0, 0}, {0.1, 1, 2}}});
    narrow.fit(X);
    bf::save(folder.file("float.h5"), narrow);
    CHECK(bf::load<MiniBatchKMeans<float>>(folder.file("float.h5")) == narrow);

    model.set_params({.init = [](MatrixView<const double>, Index k, RandomState&) { return Matrix<double>(k, 3); }});
    CHECK_THROWS_AS(bf::save(folder.file("function.h5"), model), bf::UnsupportedError);
    CHECK_THROWS_WITH(model.set_param("init", "function"), Catch::Contains("cannot be set from text"));
}

namespace {

/// Applies a change to one part of the state.
template <class V>
struct Change {
    std::string_view name;
    V value;
    template <class U>
    void operator()(std::string_view each, U& member) const {
        if constexpr (std::is_same_v<U, V>)
            if (each == name) member = value;
    }
};
template <class V>
void damaged(const std::string& text, std::string_view name, V value) {
    MiniBatchKMeans model = MiniBatchKMeans({.n_clusters = 2}).fit(blobs(20, 2, 2, 17));
    CAPTURE(name);
    CHECK_THROWS_AS((model.visit_state(Change<V>{name, value}), model.finish_load()), bf::ModelError);
    CHECK_THROWS_WITH((model.visit_state(Change<V>{name, value}), model.finish_load()), Catch::Contains(text));
}

}  // namespace

TEST_CASE("MiniBatchKMeans: damaged state is refused", "[cluster]") {
    damaged("counts", "counts", std::vector<double>{1});
    damaged("counts", "counts", std::vector<double>{1, -1});
    damaged("counts", "counts", std::vector<double>{1, test::nan});
    damaged("centres", "cluster_centers", Matrix<double>{{1, 2}, {3, test::nan}});
    damaged("counts", "cluster_centers", Matrix<double>{{1, 2}, {3, 4}, {5, 6}});
    damaged("unfitted", "cluster_centers", Matrix<double>());
    damaged("labels", "labels", std::vector<Label>{0, 2});
    damaged("labels", "labels", std::vector<Label>{0, -1});
    damaged("inertia", "inertia", test::infinity);
    damaged("clocks", "n_steps", Index{0});
    damaged("clocks", "batch_size", Index{0});
    damaged("clocks", "n_iter", Index{-1});
    damaged("clocks", "since_reassignment", Index{-1});
    damaged("generator", "generator_seed", Index{-1});
    damaged("generator", "generator_seed", Index{1} << 32);
    damaged("generator", "generator_draws", Index{-1});
    damaged("generator", "generator_draws", std::numeric_limits<Index>::max());
}

TEST_CASE("RandomState: can be restored from its seed and its draws", "[cluster]") {
    RandomState generator(11);
    CHECK(generator == RandomState(11));
    for (int i = 0; i < 1000; ++i) (void)generator.uniform();
    (void)generator.permutation(77);
    RandomState restored(generator.seed(), generator.draws());
    CHECK(restored == generator);
    for (int i = 0; i < 700; ++i) REQUIRE(restored.next() == generator.next());
    CHECK(restored == generator);
    CHECK_FALSE(restored == RandomState(11));
    CHECK_FALSE(RandomState(11) == RandomState(12));
}
