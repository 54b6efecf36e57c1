#include <cmath>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/kernels/thin_svd.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

namespace {

template <class T>
bf::RightSvd<T> svd_of(const Matrix<T>& A, Index k) {
    return bf::right_svd<T>("test", A.rows(), A.cols(), k, [&](Index begin, MatrixView<T> out) {
        for (Index i = 0; i < out.rows(); ++i) std::ranges::copy(A.row(begin + i), out.row(i).begin());
    });
}

template <class T>
void check_decomposition(const Matrix<T>& A, double tolerance) {
    const Index m = A.rows(), d = A.cols(), r = std::min(m, d);
    CAPTURE(m, d);
    const bf::RightSvd<T> svd = svd_of(A, r);
    REQUIRE(std::ssize(svd.values) == r);
    const double scale = static_cast<double>(svd.values[0]);
    double squares = 0, all = 0;
    for (const T a : A.values()) all += double(a) * double(a);
    for (Index p = 0; p < r; ++p) {
        const auto at = static_cast<std::size_t>(p);
        squares += double(svd.values[at]) * double(svd.values[at]);
        REQUIRE(svd.values[at] >= 0);
        if (p > 0) REQUIRE(svd.values[at] <= svd.values[at - 1]);
        T largest = 0;
        for (const T v : svd.vectors.row(p))
            if (std::abs(v) > std::abs(largest)) largest = v;
        REQUIRE(largest > 0);
        for (Index q = 0; q < r; ++q) {
            double dot = 0;
            for (Index j = 0; j < d; ++j) dot += double(svd.vectors(p, j)) * double(svd.vectors(q, j));
            REQUIRE(std::abs(dot - (p == q)) < tolerance);
        }
        // A^T A v = s^2 v
        std::vector<double> Av(static_cast<std::size_t>(m));
        for (Index i = 0; i < m; ++i)
            for (Index j = 0; j < d; ++j) Av[static_cast<std::size_t>(i)] += double(A(i, j)) * double(svd.vectors(p, j));
        for (Index j = 0; j < d; ++j) {
            double back = 0;
            for (Index i = 0; i < m; ++i) back += double(A(i, j)) * Av[static_cast<std::size_t>(i)];
            REQUIRE(std::abs(back - double(svd.values[at]) * double(svd.values[at]) * double(svd.vectors(p, j))) <
                    tolerance * scale * scale);
        }
    }
    REQUIRE(squares == Approx(all).epsilon(tolerance));
}

}  // namespace

TEST_CASE("right_svd: tall, square and wide matrices", "[kernels]") {
    // From 256 rows on, or 4 d, the triangle is brought up to date.
    const std::vector<std::pair<Index, Index>> shapes{{1, 1},  {1, 5},   {5, 1},   {4, 4},   {3, 7},    {20, 40},
                                                      {40, 20}, {255, 3}, {256, 3}, {257, 3}, {700, 33}, {1030, 65}};
    for (const auto& [m, d] : shapes)
        check_decomposition(test::uneven(m, d, 1), 1e-12);
    check_decomposition(test::as<float>(test::uneven(300, 9, 1)), 1e-5);
    check_decomposition(test::as<float>(test::uneven(20, 40, 1)), 1e-5);
}

TEST_CASE("right_svd: rank-deficient matrices have orthonormal vectors all the same", "[kernels]") {
    Matrix<double> A = test::normal(300, 20, 2);
    for (Index i = 0; i < 300; ++i)
        for (Index j = 7; j < 20; ++j) A(i, j) = A(i, j - 7);
    check_decomposition(A, 1e-12);
    const bf::RightSvd<double> svd = svd_of(A, 20);
    CHECK(svd.values[6] > 1);
    CHECK(svd.values[7] < 1e-12 * svd.values[0]);
}

TEST_CASE("right_svd: of zeros the vectors are of length 1", "[kernels]") {
    for (const Index d : {1, 3, 30}) {
        const bf::RightSvd<double> svd = svd_of(Matrix<double>(1, d), 1);
        CHECK(svd.values == std::vector<double>{0});
        double square = 0;
        for (const double v : svd.vectors.values()) square += v * v;
        CHECK(square == Approx(1));
    }
}

TEST_CASE("right_svd: values that overflow are refused", "[kernels]") {
    Matrix<double> A = test::normal(9, 3, 3);
    for (double& a : A.values()) a *= 1e308;
    CHECK_THROWS_AS(svd_of(A, 2), bf::DataError);
    CHECK_THROWS_WITH(svd_of(A, 2), Catch::Contains("scale the features"));
}
