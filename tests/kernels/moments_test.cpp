#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/core/matrix.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/kernels/moments.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;
using bf::Moments;
using bf::SampleWeight;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class T = double>
Matrix<T> random_matrix(Index rows, Index cols, std::uint32_t seed, double offset = 0.0) {
    bf::RandomState generator(seed);
    Matrix<T> X(rows, cols);
    for (T& x : X.values()) x = static_cast<T>(offset + generator.uniform(-1, 1));
    return X;
}

template <class T>
Moments moments_of(MatrixView<const T> X, const SampleWeight& weight = {}) {
    Moments sum = bf::moments::none(X.cols()), tile;
    std::vector<double> work;
    bf::moments::add_tile("test", sum, X, weight, tile, work);
    return sum;
}
template <class T>
Moments moments_of(const Matrix<T>& X, const SampleWeight& weight = {}) {
    return moments_of(X.view(), weight);
}

/// Two passes in long double over what is not NaN.
template <class T>
Moments exact(MatrixView<const T> X, const SampleWeight& weight = {}) {
    Moments m = bf::moments::none(X.cols());
    for (Index j = 0; j < X.cols(); ++j) {
        const auto at = static_cast<std::size_t>(j);
        long double count = 0, sum = 0, deviation = 0;
        for (Index i = 0; i < X.rows(); ++i)
            if (!std::isnan(X(i, j))) count += weight[i], sum += static_cast<long double>(weight[i]) * X(i, j);
        const long double mean = sum / count;
        for (Index i = 0; i < X.rows(); ++i)
            if (!std::isnan(X(i, j))) deviation += weight[i] * (X(i, j) - mean) * (X(i, j) - mean);
        m.count[at] = static_cast<double>(count);
        m.mean[at] = static_cast<double>(mean);
        m.deviation[at] = static_cast<double>(deviation);
    }
    return m;
}

void require_close(const Moments& got, const Moments& want, double scale = 1.0) {
    REQUIRE(got.count.size() == want.count.size());
    for (std::size_t j = 0; j < want.count.size(); ++j) {
        CAPTURE(j);
        REQUIRE(got.count[j] == Approx(want.count[j]).epsilon(1e-14));
        REQUIRE(std::abs(got.mean[j] - want.mean[j]) <= 1e-14 * scale);
        REQUIRE(std::abs(got.deviation[j] - want.deviation[j]) <= 1e-13 * want.deviation[j] + 1e-26);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("moments: of a tile, against two passes in long double", "[kernels]", double, float) {
    for (const Index cols : {1, 2, 3, 8, 17})
        for (const Index rows : {1, 2, 3, 4, 5, 8, 63, 1000}) {
            CAPTURE(rows, cols);
            const Matrix<TestType> X = random_matrix<TestType>(rows, cols, static_cast<std::uint32_t>(rows + cols));
            require_close(moments_of(X), exact(X.view()));
        }
}

TEST_CASE("moments: a large mean does not cost the deviation its digits", "[kernels]") {
    for (const double offset : {1e3, 1e6, 1e9, 1e12}) {
        CAPTURE(offset);
        const Matrix<double> X = random_matrix(1000, 3, 5, offset);
        const Moments got = moments_of(X), want = exact(std::as_const(X).view());
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(got.mean[j] == Approx(want.mean[j]).epsilon(1e-15));
            CHECK(got.deviation[j] == Approx(want.deviation[j]).epsilon(1e-12));
        }
    }
}

TEST_CASE("moments: strided rows and columns of a larger matrix", "[kernels]") {
    const Matrix<double> X = random_matrix(50, 9, 3);
    for (const Index first : {0, 1, 4}) {
        const MatrixView<const double> part = X.view().rows(7, 41).cols(first, first + 5);
        require_close(moments_of(part), exact(part));
        CHECK(moments_of(part) == moments_of(Matrix<double>(part)));
    }
}

TEST_CASE("moments: weights, and a weight of 1 is as none but for rounding", "[kernels]") {
    const Matrix<double> X = random_matrix(200, 4, 1);
    bf::RandomState generator(2);
    std::vector<double> w;
    for (int i = 0; i < 200; ++i) w.push_back(i % 7 == 0 ? 0.0 : generator.uniform(0, 3));
    require_close(moments_of(X, w), exact(std::as_const(X).view(), w));
    require_close(moments_of(X, 2.5), exact(std::as_const(X).view(), 2.5));
    require_close(moments_of(X, 1.0), exact(std::as_const(X).view()));
}

TEST_CASE("moments: NaN is left out, a column without a value counts nothing", "[kernels]") {
    Matrix<double> X = random_matrix(101, 3, 9);
    for (Index i = 0; i < X.rows(); ++i) {
        if (i % 5 == 2) X(i, 0) = not_a_number;
        X(i, 2) = not_a_number;
    }
    const Moments got = moments_of(X);
    const MatrixView<const double> first_two = std::as_const(X).view().cols(0, 2);
    require_close(moments_of(first_two), exact(first_two));
    CHECK(got.count == std::vector<double>{81, 101, 0});
    CHECK(got.mean[2] == 0);
    CHECK(got.deviation[2] == 0);

    Moments before = moments_of(random_matrix(20, 3, 1));
    const Moments kept = before;
    bf::moments::merge(before, got);
    CHECK(before.count[2] == 20);
    CHECK(before.mean[2] == kept.mean[2]);
    CHECK(before.deviation[2] == kept.deviation[2]);

    const std::vector<double> none(101, 0.0);
    CHECK(moments_of(X, none) == bf::moments::none(3));
}

TEMPLATE_TEST_CASE("moments: infinity is refused with its row and column, and nothing changes", "[kernels]", double, float) {
    const auto big = std::numeric_limits<TestType>::infinity();
    for (const auto& [row, col] : {std::pair<Index, Index>{0, 0}, {3, 2}, {9, 1}})
        for (const TestType bad : {big, -big})
            for (const bool weighted : {false, true}) {
                Matrix<TestType> X = random_matrix<TestType>(10, 3, 4);
                X(1, 1) = std::numeric_limits<TestType>::quiet_NaN();
                X(row, col) = bad;
                Moments sum = moments_of(random_matrix(20, 3, 1)), tile;
                const Moments before = sum;
                std::vector<double> work;
                const SampleWeight weight = weighted ? SampleWeight(2.0) : SampleWeight();
                try {
                    bf::moments::add_tile("Scaler::fit", sum, std::as_const(X).view(), weight, tile, work);
                    FAIL("not refused");
                } catch (const bf::DataError& error) {
                    CHECK(error.row() == row);
                    CHECK(error.column() == col);
                    CHECK(error.message() == "Scaler::fit: X holds infinity, expected finite values or NaN");
                }
                CHECK(sum == before);
            }
}

TEST_CASE("moments: huge values keep a finite mean", "[kernels]") {
    const auto mean_of = [](std::vector<double> values, const SampleWeight& weight = {}) {
        const Index n = std::ssize(values);
        return moments_of(Matrix<double>(n, 1, std::move(values)), weight).mean[0];
    };
    constexpr double huge = 1e308;
    CHECK(mean_of({huge, huge, huge}) == Approx(huge));
    CHECK(mean_of({huge, huge, -huge, -huge}) == Approx(0).margin(1e294));
    CHECK(mean_of({1.7e308, 1.7e308, -1.7e308}) == Approx(1.7e308 / 3));
    CHECK(mean_of(std::vector<double>(1000, -1.5e308)) == Approx(-1.5e308));
    CHECK(mean_of({huge, -huge}, 4.0) == Approx(0).margin(1e294));
    CHECK(mean_of({huge, huge}, 4.0) == Approx(huge));
    // The deviation is beyond the range, and says so.
    CHECK(moments_of(Matrix<double>{{1e200}, {-1e200}}).deviation[0] == inf);
    CHECK(moments_of(Matrix<double>{{1.7e308}, {1.7e308}, {-1.7e308}}).deviation[0] == inf);

    // Nor do tiles whose means are further apart than the range.
    Moments a = moments_of(Matrix<double>(2, 1, {huge, huge}));
    bf::moments::merge(a, moments_of(Matrix<double>(2, 1, {-huge, -huge})));
    CHECK(a.mean[0] == Approx(0).margin(1e294));
    CHECK(a.deviation[0] == inf);
    CHECK(a.count[0] == 4);
}

TEST_CASE("moments: constant columns deviate by rounding at most", "[kernels]") {
    for (const double value : {0.1, 1e8 + 0.1, 1e15, -3.3e-200}) {
        const Moments m = moments_of(Matrix<double>(777, 1, std::vector<double>(777, value)));
        constexpr double rounding = 777 * std::numeric_limits<double>::epsilon();
        CHECK(std::abs(m.mean[0] - value) <= rounding * std::abs(value));
        CHECK(m.deviation[0] >= 0);
        CHECK(std::sqrt(m.deviation[0] / 777) <= rounding * std::abs(value));
    }
}

TEST_CASE("moments: joining parts gives the whole", "[kernels]") {
    const Matrix<double> X = random_matrix(300, 3, 8, 10.0);
    const MatrixView<const double> rows = X.view();
    Moments sum = bf::moments::none(3);
    for (const auto& [begin, end] : {std::pair<Index, Index>{0, 1}, {1, 100}, {100, 102}, {102, 300}})
        bf::moments::merge(sum, moments_of(rows.rows(begin, end)));
    require_close(sum, exact(rows), 10.0);
}

TEST_CASE("moments::Tree: a block more or less leaves a canonical stack", "[kernels]") {
    bf::moments::Tree tree;
    CHECK(tree.empty());
    for (Index n = 1; n <= 70; ++n) {
        tree.push(moments_of(random_matrix(5, 2, static_cast<std::uint32_t>(n))));
        // One node for each bit of the number of blocks, from the largest to the smallest.
        std::vector<Index> levels, want;
        for (const auto& node : tree.nodes()) levels.push_back(node.level);
        for (Index level = 62; level >= 0; --level)
            if ((n >> level & 1) != 0) want.push_back(level);
        REQUIRE(levels == want);
        REQUIRE(tree.cols() == 2);
        REQUIRE(tree.total().count == std::vector<double>(2, static_cast<double>(5 * n)));
    }
}

TEST_CASE("moments::Tree: equals the moments of all rows", "[kernels]") {
    for (const Index blocks : {1, 2, 3, 7, 8, 100}) {
        const Matrix<double> X = random_matrix(blocks * 13, 4, 3, 5.0);
        bf::moments::Tree tree;
        for (Index b = 0; b < blocks; ++b) tree.push(moments_of(X.view().rows(b * 13, (b + 1) * 13)));
        require_close(tree.total(), exact(std::as_const(X).view()), 5.0);
    }
}

TEST_CASE("moments::Tree: is joined by number of block alone", "[kernels]") {
    std::vector<Moments> leaves;
    for (std::uint32_t i = 0; i < 8; ++i) leaves.push_back(moments_of(random_matrix(9, 2, i)));
    const auto joined = [](Moments a, const Moments& b) {
        bf::moments::merge(a, b);
        return a;
    };
    bf::moments::Tree tree;
    for (std::size_t i = 0; i < 7; ++i) tree.push(leaves[i]);
    const Moments four = joined(joined(leaves[0], leaves[1]), joined(leaves[2], leaves[3]));
    const Moments two = joined(leaves[4], leaves[5]);
    REQUIRE(tree.nodes().size() == 3);
    CHECK(tree.nodes()[0].moments == four);
    CHECK(tree.nodes()[1].moments == two);
    CHECK(tree.nodes()[2].moments == leaves[6]);
    CHECK(tree.total() == joined(four, joined(two, leaves[6])));
    tree.push(leaves[7]);
    REQUIRE(tree.nodes().size() == 1);
    CHECK(tree.total() == joined(four, joined(two, joined(leaves[6], leaves[7]))));
}
