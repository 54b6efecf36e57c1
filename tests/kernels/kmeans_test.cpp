#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/kernels/kmeans.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
namespace kmeans = blockfit::kmeans;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using bf::RandomState;
using bf::SampleWeight;

namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

double plain_squared_distance(std::span<const double> x, std::span<const double> y) {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j) sum += (x[j] - y[j]) * (x[j] - y[j]);
    return sum;
}

template <class T>
std::vector<Label> predicted(MatrixView<const T> X, const Matrix<T>& centers) {
    std::vector<Label> labels(at(X.rows()));
    kmeans::predict(X, centers, std::span(labels));
    return labels;
}

template <class T>
void rows_stand_alone() {
    for (const Index d : {1, 2, 3, 7, 8, 33})
        for (const Index k : {1, 2, 5, 16, 33}) {
            CAPTURE(d, k);
            const Matrix<T> X = test::as<T>(test::normal(107, d, 1)), centers = test::as<T>(test::normal(k, d, 2));
            Matrix<T> whole(107, k);
            kmeans::distances(std::as_const(X).view(), centers, whole.view());
            const std::vector<Label> labels = predicted(X.view(), centers);

            const test::Padded<T> padded(X, 5);
            test::Padded<T> out(Matrix<T>(107, k), 1);
            kmeans::distances(padded.view(), centers, out.view());
            REQUIRE(test::same_bits(MatrixView<const T>(out.view()), whole));
            REQUIRE(out.padding_untouched());
            REQUIRE(predicted(padded.view(), centers) == labels);
            for (Index i = 0; i < 107; i += 3) {
                Matrix<T> row(1, k);
                kmeans::distances(std::as_const(X).view().rows(i, i + 1), centers, row.view());
                REQUIRE(test::same_bits(row, std::as_const(whole).view().rows(i, i + 1)));
                REQUIRE(predicted(std::as_const(X).view().rows(i, i + 1), centers)[0] == labels[at(i)]);
            }
        }
}

/// 40 x 3 values that numpy.random.RandomState(7).uniform gives as well.
Matrix<double> numpy_uniform() {
    RandomState generator(7);
    Matrix<double> X(40, 3);
    for (double& x : X.values()) x = generator.uniform();
    return X;
}

}  // namespace

TEST_CASE("k-means: a row's label and distances depend on the row alone", "[kernels]") {
    rows_stand_alone<double>();
    rows_stand_alone<float>();
}

TEST_CASE("k-means: labels and distances are those of a plain loop", "[kernels]") {
    const Matrix<double> X = test::normal(200, 5, 3), centers = test::normal(7, 5, 4);
    const std::vector<Label> labels = predicted(X.view(), centers);
    Matrix<double> distances(200, 7);
    kmeans::distances(X.view(), centers, distances.view());
    for (Index i = 0; i < 200; ++i) {
        std::vector<double> squares;
        for (Index j = 0; j < 7; ++j) {
            squares.push_back(plain_squared_distance(X.row(i), centers.row(j)));
            REQUIRE(distances(i, j) == Approx(std::sqrt(squares.back())).epsilon(1e-12));
        }
        REQUIRE(labels[at(i)] == std::ranges::min_element(squares) - squares.begin());
    }
}

TEST_CASE("k-means: of centres at the same distance the first is taken", "[kernels]") {
    const Matrix<double> X{{0, 0}, {2, 0}}, centers{{3, 0}, {1, 0}, {-1, 0}, {1, 0}};
    CHECK(predicted(X.view(), centers) == std::vector<Label>{1, 0});
}

TEST_CASE("k-means: a row on its centre has distance 0, never NaN", "[kernels]") {
    Matrix<double> X = test::normal(50, 3, 5);
    for (double& x : X.values()) x += 1e6;  // |x|^2 - 2 x.C + |C|^2 is rounding noise of either sign
    Matrix<double> distances(50, 50);
    kmeans::distances(std::as_const(X).view(), X, distances.view());
    for (Index i = 0; i < 50; ++i) {
        REQUIRE(distances(i, i) >= 0);
        REQUIRE(distances(i, i) < 1e-1);
    }
}

TEST_CASE("k-means: inertia is the weighted sum of squared distances", "[kernels]") {
    const Matrix<double> X = test::normal(130, 3, 6), centers = test::normal(4, 3, 7);
    const std::vector<double> w = test::weights(130, 8);
    std::vector<Label> labels(130);
    double want = 0;
    const double got = kmeans::inertia(X.view(), w, centers, std::span(labels));
    for (Index i = 0; i < 130; ++i) want += w[at(i)] * plain_squared_distance(X.row(i), centers.row(labels[at(i)]));
    CHECK(got == Approx(want).epsilon(1e-13));
    CHECK(labels == predicted(X.view(), centers));
    CHECK(kmeans::inertia(X.view(), 2.0, centers) == 2.0 * kmeans::inertia(X.view(), {}, centers));
}

TEST_CASE("k-means: a centre is the mean of what it stood for and its new rows", "[kernels]") {
    Matrix<double> centers{{0, 0, 0}, {10, 10, 10}, {100, 100, 100}};
    std::vector<double> counts{2, 0, 5};
    const Matrix<double> X{{1, 2, 3}, {9, 8, 7}, {3, 2, 1}};
    const std::vector<double> w{1, 0.5, 3};
    const kmeans::Sums sums = kmeans::sum_by_center(X.view(), w, centers, true);
    CHECK(sums.weight == std::vector<double>{4, 0.5, 0});
    CHECK(sums.inertia == Approx(14 + 0.5 * 14 + 3 * 14).epsilon(1e-15));
    kmeans::update(centers, counts, sums);
    CHECK(centers == Matrix<double>{{10.0 / 6, 8.0 / 6, 6.0 / 6}, {9, 8, 7}, {100, 100, 100}});
    CHECK(counts == std::vector<double>{6, 0.5, 5});
}

TEST_CASE("k-means: weights of zero or below do not move a centre", "[kernels]") {
    for (const double w : {0.0, -1.0}) {
        Matrix<double> centers{{0, 0}, {10, 10}};
        std::vector<double> counts{1, 3};
        const Matrix<double> X{{1, 1}, {9, 9}};
        kmeans::update(centers, counts, kmeans::sum_by_center(X.view(), std::vector<double>{w, 1.0}, centers, false));
        CHECK(centers == Matrix<double>{{0, 0}, {9.75, 9.75}});
        CHECK(counts == std::vector<double>{1, 4});
    }
}

TEST_CASE("k-means: centres are low below a share of the largest count", "[kernels]") {
    CHECK(kmeans::low_centers({10, 1, 100, 0.5}, 0.01, 50) == std::vector<Index>{3});
    CHECK(kmeans::low_centers({10, 1, 100, 0.5}, 0.5, 50) == std::vector<Index>{0, 1, 3});
    CHECK(kmeans::low_centers({10, 1, 100, 0.5}, 0.0, 50).empty());
    CHECK(kmeans::low_centers({0, 0, 0}, 1.0, 50).empty());
    // At most half as many as rows: those of the smallest counts, the first of equals.
    CHECK(kmeans::low_centers({10, 1, 100, 0.5}, 0.5, 6) == std::vector<Index>{0, 1, 3});
    CHECK(kmeans::low_centers({10, 1, 100, 0.5}, 0.5, 5) == std::vector<Index>{1, 3});
    CHECK(kmeans::low_centers({2, 1, 100, 1, 1}, 0.5, 4) == std::vector<Index>{1, 3});
    CHECK(kmeans::low_centers({10, 1, 100, 0.5}, 0.5, 1).empty());
}

TEST_CASE("k-means: low centres move to distinct rows and get the smallest count of the others", "[kernels]") {
    const Matrix<double> X = test::normal(20, 2, 9);
    Matrix<double> centers(4, 2);
    std::vector<double> counts{0, 8, 100, 1};
    RandomState generator(3);
    kmeans::reassign(centers, counts, 0.05, X.view(), generator);
    CHECK(counts == std::vector<double>{8, 8, 100, 8});
    RandomState again(3);
    const std::vector<Index> rows = again.permutation(20);
    CHECK(test::same_bits(centers.view().rows(0, 1), X.view().rows(rows[0], rows[0] + 1)));
    CHECK(test::same_bits(centers.view().rows(3, 4), X.view().rows(rows[1], rows[1] + 1)));
    CHECK(generator == again);
    CHECK(centers.row(1)[0] == 0);
    kmeans::reassign(centers, counts, 0.05, X.view(), generator);  // none is low: nothing is drawn
    CHECK(generator == again);
}

TEST_CASE("k-means++: the rows that scikit-learn's kmeans_plusplus draws", "[kernels]") {
    const Matrix<double> X = numpy_uniform();
    const auto chosen = [&](Index k, std::uint32_t seed) {
        RandomState generator(seed);
        return kmeans::plus_plus(X.view(), k, generator);
    };
    CHECK(chosen(1, 3) == std::vector<Index>{24});
    CHECK(chosen(5, 3) == std::vector<Index>{24, 12, 38, 18, 21});
    CHECK(chosen(12, 4) == std::vector<Index>{5, 10, 38, 28, 3, 18, 29, 11, 4, 23, 17, 21});
}

TEST_CASE("k-means++: one row of each heap of equal rows, and all rows when k is n", "[kernels]") {
    Matrix<double> X(30, 2);
    for (Index i = 0; i < 30; ++i) X(i, 0) = static_cast<double>(i % 5);
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        RandomState generator(seed);
        std::set<Index> heaps;
        for (const Index row : kmeans::plus_plus(std::as_const(X).view(), 5, generator)) heaps.insert(row % 5);
        REQUIRE(heaps.size() == 5);
        const Matrix<double> distinct = test::normal(9, 3, seed);
        const std::vector<Index> rows = kmeans::plus_plus(distinct.view(), 9, generator);
        REQUIRE(std::set<Index>(rows.begin(), rows.end()).size() == 9);
    }
    // More centres than heaps: nothing is left to draw from, the first row is taken.
    RandomState generator(1);
    const std::vector<Index> rows = kmeans::plus_plus(std::as_const(X).view(), 7, generator);
    CHECK(rows.size() == 7);
    CHECK(rows[5] == 0);
    CHECK(rows[6] == 0);
}
