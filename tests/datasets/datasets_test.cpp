#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/datasets/make_blobs.hpp>
#include <blockfit/datasets/make_classification.hpp>
#include <blockfit/datasets/make_regression.hpp>
#include <blockfit/exec/settings.hpp>

#include "support/errors.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;

namespace {

/// Everything that is promised of any data set: X and y together.
template <class Make>
void check_rows(Make make) {
    const auto whole = make(5'000, 0);
    const auto X = whole.X.compute();
    const auto y = whole.y.compute();
    CHECK(whole.X.plan() == whole.y.plan());
    CHECK(X == whole.X.compute());
    for (const Index block_rows : {1, 37, 4'999}) {
        const auto other = make(5'000, block_rows);
        CHECK(other.X.plan() == bf::BlockPlan(5'000, block_rows));
        CHECK(other.X.compute() == X);
        CHECK(other.y.compute() == y);
    }
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        const auto other = make(5'000, 100);
        CHECK(other.X.compute() == X);
        CHECK(other.y.compute() == y);
    }
    // A row depends on its number, not on how many there are, nor on what is read before it.
    const auto more = make(7'000, 0);
    CHECK(more.X.rows(0, 5'000).compute() == X);
    CHECK(more.y.rows(0, 5'000).compute() == y);
    CHECK(more.X.rows(4'321, 4'322).compute() == Matrix<double>(X.view().rows(4'321, 4'322)));
    // As many rows as nobody has room for.
    const Index many = Index{1} << 40;
    const auto large = make(many, Index{1} << 30);
    CHECK(large.X.rows() == many);
    const auto last = large.X.rows(many - 3, many).compute();
    CHECK(std::ranges::all_of(last.values(), [](double v) { return std::isfinite(v); }));
    CHECK_FALSE(std::ranges::equal(last.row(0), last.row(1)));
    CHECK_FALSE(std::ranges::equal(last.row(2), X.row(2)));
    CHECK(large.y.rows(many - 3, many).compute() == large.y.rows(many - 5, many).rows(2, 5).compute());
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
}
double variance(const std::vector<double>& values) {
    const double m = mean(values);
    double sum = 0;
    for (const double v : values) sum += (v - m) * (v - m);
    return sum / static_cast<double>(values.size());
}
std::vector<double> column(const Matrix<double>& X, Index j) {
    std::vector<double> values;
    for (Index i = 0; i < X.rows(); ++i) values.push_back(X(i, j));
    return values;
}
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    const double ma = mean(a), mb = mean(b);
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - ma) * (b[i] - mb);
    return sum / static_cast<double>(a.size()) / std::sqrt(variance(a) * variance(b));
}

/// The rank of the columns of X, by elimination with row pivots; zero is less than 1e-9 of the largest value.
Index rank(Matrix<double> X) {
    double largest = 0;
    for (const double v : X.values()) largest = std::max(largest, std::abs(v));
    Index found = 0;
    for (Index j = 0; j < X.cols(); ++j) {
        Index pivot = found;
        for (Index i = found; i < X.rows(); ++i)
            if (std::abs(X(i, j)) > std::abs(X(pivot, j))) pivot = i;
        if (found == X.rows() || std::abs(X(pivot, j)) < 1e-9 * largest) continue;
        std::ranges::swap_ranges(X.row(found), X.row(pivot));
        for (Index i = found + 1; i < X.rows(); ++i) {
            const double f = X(i, j) / X(found, j);
            for (Index k = j; k < X.cols(); ++k) X(i, k) -= f * X(found, k);
        }
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("data sets: the same rows for any blocks, threads and length", "[datasets]") {
    SECTION("make_classification") {
        check_rows([](Index n, Index block_rows) {
            return bf::make_classification(
                n, {.n_features = 9, .n_repeated = 2, .random_state = 3, .block_rows = block_rows});
        });
    }
    SECTION("make_regression") {
        check_rows([](Index n, Index block_rows) {
            return bf::make_regression(n, {.n_features = 9, .n_informative = 3, .noise = 1, .block_rows = block_rows});
        });
    }
    SECTION("make_multi_regression") {
        check_rows([](Index n, Index block_rows) {
            return bf::make_multi_regression(
                n, 3, {.n_features = 9, .n_informative = 3, .noise = 1, .block_rows = block_rows});
        });
    }
    SECTION("make_blobs") {
        check_rows(
            [](Index n, Index block_rows) { return bf::make_blobs(n, {.random_state = 4, .block_rows = block_rows}); });
    }
}

TEST_CASE("data sets: random_state gives other data, and float the same rounded", "[datasets]") {
    const auto same = [](const auto& a, const auto& b) { return a.X.compute() == b.X.compute(); };
    CHECK(same(bf::make_classification(100), bf::make_classification(100, {.random_state = 0})));
    CHECK_FALSE(same(bf::make_classification(100), bf::make_classification(100, {.random_state = 1})));
    CHECK_FALSE(same(bf::make_regression(100), bf::make_regression(100, {.random_state = 1})));
    CHECK_FALSE(same(bf::make_blobs(100), bf::make_blobs(100, {.random_state = 1})));
    CHECK(bf::make_blobs(100).y.compute() != bf::make_blobs(100, {.random_state = 1}).y.compute());

    const auto rounded = [](const auto& data) { return data.X.template astype<float>().compute(); };
    CHECK(bf::make_classification<float>(500).X.compute() == rounded(bf::make_classification(500)));
    CHECK(bf::make_classification<float>(500).y.compute() == bf::make_classification(500).y.compute());
    CHECK(bf::make_regression<float>(500).X.compute() == rounded(bf::make_regression(500)));
    CHECK(bf::make_blobs<float>(500).X.compute() == rounded(bf::make_blobs(500)));
}

TEST_CASE("make_classification: classes, clusters and centres are scikit-learn's", "[datasets]") {
    const Index n = 60'000, d = 3, classes = 3, per_class = 2;
    const bool hypercube = GENERATE(true, false);
    // Without redundant features and noise all columns are informative.
    const auto [X, y] = bf::make_classification(n, {.n_features = d,
                                                    .n_informative = d,
                                                    .n_redundant = 0,
                                                    .n_classes = classes,
                                                    .n_clusters_per_class = per_class,
                                                    .flip_y = 0,
                                                    .class_sep = 50,
                                                    .hypercube = hypercube,
                                                    .shuffle = false});
    CHECK(X.to_string().find("make_classification, shape=(60000, 3)") != std::string::npos);
    const auto values = X.compute();
    const auto labels = y.compute();
    if (!hypercube) {
        for (const double v : values.values()) REQUIRE(std::abs(v) < 50 + 30);  // moved towards the middle
        double largest_mean = 0;
        for (Index j = 0; j < d; ++j) largest_mean = std::max(largest_mean, std::abs(mean(column(values, j))));
        CHECK(largest_mean < 50);
        return;
    }
    // So far apart that the signs tell the vertex.
    struct Cluster {
        std::set<Label> labels;
        std::vector<std::vector<double>> columns{static_cast<std::size_t>(d)};
    };
    std::map<std::vector<bool>, Cluster> clusters;
    for (Index i = 0; i < n; ++i) {
        std::vector<bool> vertex;
        for (const double v : values.row(i)) vertex.push_back(v > 0);
        Cluster& cluster = clusters[vertex];
        cluster.labels.insert(labels[static_cast<std::size_t>(i)]);
        for (Index j = 0; j < d; ++j) cluster.columns[static_cast<std::size_t>(j)].push_back(values(i, j));
    }
    REQUIRE(clusters.size() == 6);
    std::map<Label, int> clusters_of;
    std::set<double> covariances;
    for (const auto& [vertex, cluster] : clusters) {
        REQUIRE(cluster.labels.size() == 1);
        ++clusters_of[*cluster.labels.begin()];
        const auto size = static_cast<double>(cluster.columns[0].size());
        CHECK(std::abs(size - 10'000) < 5 * std::sqrt(10'000.0 * 5 / 6));
        for (std::size_t j = 0; j < vertex.size(); ++j) {
            // A column of z A with A uniform in (-1, 1) has a variance of at most 3.
            CHECK(std::abs(mean(cluster.columns[j]) - (vertex[j] ? 50 : -50)) < 5 * std::sqrt(3 / size));
            CHECK(variance(cluster.columns[j]) < 3.2);
        }
        covariances.insert(correlation(cluster.columns[0], cluster.columns[1]));
    }
    CHECK(clusters_of == std::map<Label, int>{{0, 2}, {1, 2}, {2, 2}});
    CHECK(*covariances.rbegin() - *covariances.begin() > 0.2);  // each is stretched its own way
}

TEST_CASE("make_classification: redundant features are combinations, repeated ones copies, the rest noise",
          "[datasets]") {
    const auto data = bf::make_classification(20'000, {.n_features = 11,
                                                       .n_informative = 3,
                                                       .n_redundant = 2,
                                                       .n_repeated = 2,
                                                       .class_sep = 2,
                                                       .shuffle = false,
                                                       .random_state = 5});
    const auto X = data.X.compute();
    const auto first = [&](Index end) { return rank(Matrix<double>(X.view().rows(0, 400).cols(0, end))); };
    CHECK(first(3) == 3);
    CHECK(first(5) == 3);
    CHECK(first(7) == 3);
    CHECK(first(11) == 7);
    for (Index j = 5; j < 7; ++j) {
        int sources = 0;
        for (Index k = 0; k < 5; ++k) sources += column(X, j) == column(X, k);
        CHECK(sources == 1);
    }
    std::vector<double> y;
    for (const Label label : data.y.compute()) y.push_back(static_cast<double>(label));
    for (Index j = 7; j < 11; ++j) {
        CHECK(std::abs(mean(column(X, j))) < 5 / std::sqrt(20'000.0));
        CHECK(std::abs(variance(column(X, j)) - 1) < 5 * std::sqrt(2 / 20'000.0));
        CHECK(std::abs(correlation(column(X, j), y)) < 5 / std::sqrt(20'000.0));
        for (Index k = 0; k < j; ++k)
            CHECK(std::abs(correlation(column(X, j), column(X, k))) < 5 / std::sqrt(20'000.0));
    }
}

TEST_CASE("make_classification: shift, scale and the order of columns", "[datasets]") {
    const bf::MakeClassificationOptions plain{.n_features = 6, .shuffle = false, .random_state = 2};
    const auto X = bf::make_classification(1'000, plain).X.compute();
    auto options = plain;
    options.shift = 3;
    options.scale = bf::PerFeature{1, 2, 3, 4, 5, 6};
    const auto moved = bf::make_classification(1'000, options).X.compute();
    for (Index i = 0; i < 1'000; ++i)
        for (Index j = 0; j < 6; ++j)
            REQUIRE(moved(i, j) == Approx((X(i, j) + 3) * static_cast<double>(j + 1)).epsilon(1e-12));

    options = plain;
    options.shift = std::nullopt;
    options.scale = std::nullopt;
    options.class_sep = 1.5;
    const auto drawn = bf::make_classification(20'000, options).X.compute();
    std::set<double> deviations;
    for (Index j = 4; j < 6; ++j) {  // noise: mean shift * scale, deviation scale
        const double deviation = std::sqrt(variance(column(drawn, j)));
        CHECK(deviation > 0.95);
        CHECK(deviation < 101);
        CHECK(std::abs(mean(column(drawn, j)) / deviation) < 1.55);
        deviations.insert(deviation);
    }
    CHECK(*deviations.rbegin() - *deviations.begin() > 1);

    options = plain;
    options.shuffle = true;
    const auto shuffled = bf::make_classification(1'000, options).X.compute();
    std::vector<Index> order;
    for (Index j = 0; j < 6; ++j)
        for (Index k = 0; k < 6; ++k)
            if (column(shuffled, j) == column(X, k)) order.push_back(k);
    CHECK_FALSE(std::ranges::is_sorted(order));
    std::ranges::sort(order);
    CHECK(order == std::vector<Index>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("make_classification: weights and flipped labels", "[datasets]") {
    const Index n = 100'000;
    const auto shares = [&](const bf::MakeClassificationOptions& options) {
        std::vector<double> share(static_cast<std::size_t>(options.n_classes));
        for (const Label label : bf::make_classification(n, options).y.compute())
            share.at(static_cast<std::size_t>(label)) += 1.0 / static_cast<double>(n);
        return share;
    };
    const auto near = [&](double share, double p) {
        return std::abs(share - p) <= 5 * std::sqrt(p * (1 - p) / static_cast<double>(n)) + 1e-9;
    };
    const auto equal = shares({.n_informative = 4, .n_classes = 4});
    for (const double share : equal) CHECK(near(share, 0.25));
    for (const auto& weights : {std::vector{0.7, 0.2}, std::vector{0.7, 0.2, 0.1}}) {
        const auto share = shares({.n_informative = 4, .n_classes = 3, .weights = weights, .flip_y = 0});
        CHECK(near(share[0], 0.7));
        CHECK(near(share[1], 0.2));
        CHECK(near(share[2], 0.1));
    }
    const auto none = shares({.n_informative = 4, .n_classes = 3, .weights = {0.0, 1.0}, .flip_y = 0});
    CHECK(none[0] == 0);
    CHECK(none[1] == Approx(1));
    CHECK(none[2] == 0);
    // A flipped label is drawn from all classes: half of them change where there are two.
    const auto clean = bf::make_classification(n, {.flip_y = 0, .random_state = 1});
    const auto flipped = bf::make_classification(n, {.flip_y = 0.3, .random_state = 1});
    CHECK(clean.X.rows(0, 1'000).compute() == flipped.X.rows(0, 1'000).compute());
    const auto a = clean.y.compute(), b = flipped.y.compute();
    double up = 0, down = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        (a[i] < b[i] ? up : down) += a[i] != b[i] ? 1.0 / static_cast<double>(n) : 0;
    CHECK(near(up, 0.075));
    CHECK(near(down, 0.075));
    const auto all = shares({.weights = {1.0}, .flip_y = 1});
    CHECK(near(all[0], 0.5));
}

TEST_CASE("make_classification: parameters are checked as in scikit-learn", "[datasets]") {
    const auto make = [](bf::MakeClassificationOptions options) {
        (void)bf::make_classification(10, std::move(options));
    };
    make({.n_features = 4});  // 2 informative + 2 redundant
    make({.n_informative = 10, .n_clusters_per_class = 512});
    make({.n_features = 70, .n_informative = 70, .n_redundant = 0});
    CHECK_THROWS_AS(make({.n_features = 3}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_features = 6, .n_informative = 3, .n_redundant = 2, .n_repeated = 2}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_redundant = 1, .n_repeated = std::numeric_limits<Index>::max()}), bf::ParameterError);
    CHECK(test::message([&] { make({.n_classes = 3}); }) ==
          "make_classification: n_classes * n_clusters_per_class is 6, expected at most 2^n_informative; raise "
          "n_informative");
    CHECK_THROWS_AS(make({.n_classes = Index{1} << 40, .n_clusters_per_class = Index{1} << 40}), bf::ShapeError);
    CHECK_THROWS_AS(make({.n_features = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_informative = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_redundant = -1}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_repeated = -1}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_classes = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_clusters_per_class = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.weights = {0.1, 0.2, 0.7}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.weights = {-0.1}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.weights = {std::nan("")}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.weights = {0.5, 0.6}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.weights = {0.5, 0.4}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.flip_y = -0.1}), bf::ParameterError);
    CHECK_THROWS_AS(make({.flip_y = std::nan("")}), bf::ParameterError);
    CHECK_THROWS_AS(make({.class_sep = INFINITY}), bf::ParameterError);
    CHECK_THROWS_AS(make({.shift = bf::PerFeature{1, 2}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.scale = NAN}), bf::ParameterError);
    CHECK_THROWS_AS(make({.block_rows = -1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::make_classification(0), bf::ParameterError);
    CHECK_THROWS_AS(bf::make_classification(std::numeric_limits<Index>::max()), bf::ShapeError);
}

TEST_CASE("make_regression: y is X coef + bias, with noise around it", "[datasets]") {
    const auto data = bf::make_regression(20'000, {.n_features = 12, .n_informative = 5, .bias = 7});
    const auto X = data.X.compute();
    const auto y = data.y.compute();
    REQUIRE(data.coef.size() == 12);
    CHECK(std::ranges::count(data.coef, 0.0) == 7);
    CHECK_FALSE(std::ranges::is_sorted(data.coef, [](double a, double b) { return a != 0 && b == 0; }));  // spread
    for (const double c : data.coef) CHECK((c >= 0 && c < 100));
    for (Index i = 0; i < X.rows(); ++i) {
        double sum = 0;
        for (Index j = 0; j < 12; ++j) sum += X(i, j) * data.coef[static_cast<std::size_t>(j)];
        REQUIRE(y[static_cast<std::size_t>(i)] == Approx(sum + 7).epsilon(1e-13).margin(1e-11));
    }
    for (Index j = 0; j < 12; ++j) {
        CHECK(std::abs(mean(column(X, j))) < 5 / std::sqrt(20'000.0));
        CHECK(std::abs(variance(column(X, j)) - 1) < 5 * std::sqrt(2 / 20'000.0));
        for (Index k = 0; k < j; ++k)
            CHECK(std::abs(correlation(column(X, j), column(X, k))) < 5 / std::sqrt(20'000.0));
    }

    const auto noisy = bf::make_regression(20'000, {.n_features = 12, .n_informative = 5, .bias = 7, .noise = 3});
    CHECK(noisy.X.compute() == X);
    CHECK(noisy.coef == data.coef);
    std::vector<double> noise = noisy.y.compute();
    for (std::size_t i = 0; i < noise.size(); ++i) noise[i] -= y[i];
    CHECK(std::abs(mean(noise)) < 5 * 3 / std::sqrt(20'000.0));
    CHECK(std::abs(variance(noise) - 9) < 5 * 9 * std::sqrt(2 / 20'000.0));
    for (Index j = 0; j < 12; ++j) CHECK(std::abs(correlation(noise, column(X, j))) < 5 / std::sqrt(20'000.0));

    // Noise is not made from the numbers of the features.
    const auto pure = bf::make_regression(2'000, {.n_features = 12, .n_informative = 0, .noise = 1}).y.compute();
    const std::set<double> features(X.values().begin(), X.values().end());
    CHECK(std::ranges::none_of(pure, [&](double v) { return features.contains(v); }));

    const auto in_order = bf::make_regression(10, {.n_features = 12, .n_informative = 5, .shuffle = false});
    CHECK(std::ranges::count(in_order.coef.begin(), in_order.coef.begin() + 5, 0.0) == 0);
    CHECK(std::ranges::count(in_order.coef.begin() + 5, in_order.coef.end(), 0.0) == 7);
    // More informative features than features, or none.
    CHECK(std::ranges::count(bf::make_regression(10, {.n_features = 4}).coef, 0.0) == 0);
    CHECK(bf::make_regression(10, {.n_informative = 0, .bias = 2}).y.compute() == std::vector<double>(10, 2.0));
}

TEST_CASE("make_multi_regression: a matrix of targets", "[datasets]") {
    const auto [X, y, coef] = bf::make_multi_regression<float>(
        1'000, 3, {.n_features = 8, .n_informative = 4, .bias = -1, .random_state = 2, .block_rows = 99});
    CHECK(y.plan() == X.plan());
    REQUIRE(coef.rows() == 8);
    REQUIRE(coef.cols() == 3);
    const auto features = X.compute();
    const auto targets = y.compute();
    for (Index i = 0; i < 1'000; ++i)
        for (Index t = 0; t < 3; ++t) {
            double sum = -1;
            for (Index j = 0; j < 8; ++j) sum += static_cast<double>(features(i, j)) * coef(j, t);
            REQUIRE(static_cast<double>(targets(i, t)) == Approx(sum).epsilon(1e-6).margin(1e-4));
        }
    // One target is make_regression.
    const auto one = bf::make_multi_regression(1'000, 1, {.noise = 1});
    const auto vector = bf::make_regression(1'000, {.noise = 1});
    CHECK(one.X.compute() == vector.X.compute());
    CHECK(one.y.col(0).compute() == vector.y.compute());
}

TEST_CASE("make_regression: parameters are checked", "[datasets]") {
    const auto make = [](bf::MakeRegressionOptions options) { (void)bf::make_regression(10, options); };
    CHECK_THROWS_AS(make({.n_features = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.n_informative = -1}), bf::ParameterError);
    CHECK_THROWS_AS(make({.bias = INFINITY}), bf::ParameterError);
    CHECK_THROWS_AS(make({.noise = -1}), bf::ParameterError);
    CHECK_THROWS_AS(make({.noise = NAN}), bf::ParameterError);
    CHECK_THROWS_AS(make({.block_rows = -1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::make_regression(0), bf::ParameterError);
    CHECK_THROWS_AS(bf::make_multi_regression(10, 0), bf::ParameterError);
    CHECK(test::message([] { (void)bf::make_multi_regression(10, -1); }) ==
          "make_regression: n_targets is -1, expected at least 1");
}

TEST_CASE("make_blobs: means, deviations and sizes", "[datasets]") {
    const Index n = 60'000;
    const Matrix<double> given{{0, 0, 5}, {10, -10, 3}};
    const auto data =
        GENERATE_COPY(0, 1) == 0
            ? bf::make_blobs(n, {.n_features = 3, .centers = 2, .cluster_std = {1.0, 4.0}, .center_box = {-3, -1}})
            : bf::make_blobs(n, {.n_features = 7, .centers = given, .cluster_std = {1.0, 4.0}});
    REQUIRE(data.X.cols() == 3);
    REQUIRE(data.centers.rows() == 2);
    if (data.centers != given)
        for (const double c : data.centers.values()) CHECK((c >= -3 && c < -1));
    const auto X = data.X.compute();
    const auto y = data.y.compute();
    for (Index k = 0; k < 2; ++k) {
        std::vector<std::vector<double>> columns(3);
        for (Index i = 0; i < n; ++i)
            if (y[static_cast<std::size_t>(i)] == k)
                for (Index j = 0; j < 3; ++j) columns[static_cast<std::size_t>(j)].push_back(X(i, j));
        const auto size = static_cast<double>(columns[0].size());
        const double deviation = k == 0 ? 1 : 4;
        CHECK(std::abs(size - 30'000) < 5 * std::sqrt(60'000 * 0.25));
        for (Index j = 0; j < 3; ++j) {
            const auto& values = columns[static_cast<std::size_t>(j)];
            CHECK(std::abs(mean(values) - data.centers(k, j)) < 5 * deviation / std::sqrt(size));
            CHECK(std::abs(variance(values) / deviation / deviation - 1) < 5 * std::sqrt(2 / size));
        }
        CHECK(std::abs(correlation(columns[0], columns[1])) < 5 / std::sqrt(size));
    }
    // In one dimension too the place in a blob tells nothing about which it is.
    const auto line = bf::make_blobs(n, {.n_features = 1, .centers = Matrix<double>{{0}, {0}}});
    std::vector<double> which;
    for (const Label label : line.y.compute()) which.push_back(static_cast<double>(label));
    CHECK(std::abs(correlation(which, line.X.col(0).compute())) < 5 / std::sqrt(static_cast<double>(n)));

    const auto labels = bf::make_blobs(100).y.compute();
    CHECK(std::set<Label>(labels.begin(), labels.end()) == std::set<Label>{0, 1, 2});
}

TEST_CASE("make_blobs: parameters are checked", "[datasets]") {
    const auto make = [](const bf::MakeBlobsOptions& options) { (void)bf::make_blobs(10, options); };
    CHECK_THROWS_AS(make({.n_features = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.centers = 0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.centers = Matrix<double>(0, 2)}), bf::ParameterError);
    CHECK_THROWS_AS(make({.centers = Matrix<double>(2, 0)}), bf::ParameterError);
    CHECK_THROWS_AS(make({.centers = Matrix<double>{{NAN}}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.cluster_std = -1.0}), bf::ParameterError);
    CHECK_THROWS_AS(make({.cluster_std = {1.0, 2.0}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.center_box = {1, 0}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.center_box = {0, INFINITY}}), bf::ParameterError);
    CHECK_THROWS_AS(make({.block_rows = -1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::make_blobs(-5), bf::ParameterError);
    const auto point = bf::make_blobs(10, {.n_features = 1, .centers = 1, .cluster_std = 0.0, .center_box = {2, 2}});
    CHECK(point.X.compute() == Matrix<double>(10, 1, std::vector<double>(10, 2.0)));
}
