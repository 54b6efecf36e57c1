#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

namespace {

struct Sample {
    double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};
template <class T>
Sample sample(std::span<const T> values) {
    const auto n = static_cast<double>(values.size());
    Sample s;
    for (const T v : values) s.mean += static_cast<double>(v) / n;
    for (const T v : values) s.variance += std::pow(static_cast<double>(v) - s.mean, 2) / n;
    for (const T v : values) {
        const double z = (static_cast<double>(v) - s.mean) / std::sqrt(s.variance);
        s.skewness += z * z * z / n;
        s.kurtosis += z * z * z * z / n;
    }
    return s;
}

}  // namespace

TEST_CASE("from_array: rows are seen where they are, strided ones too", "[array]") {
    Matrix<double> values(50, 6);
    for (Index i = 0; i < 50; ++i)
        for (Index j = 0; j < 6; ++j) values(i, j) = static_cast<double>(10 * i + j);
    const MatrixView<const double> part = values.view().cols(2, 5);
    const auto X = bf::from_array(part, {.block_rows = 7});
    CHECK(X.shape() == std::array<Index, 2>{50, 3});
    CHECK(X.n_blocks() == 8);
    bf::Scratch scratch;
    for (const Index row : {0, 13, 49}) CHECK(X.source()->view({row, row + 1}, scratch).data() == values.row(row).data() + 2);
    CHECK(X.compute() == Matrix<double>(part));
    CHECK(X.source()->scratch_bytes(1000) == 0);
    values(20, 3) = -1;  // not a copy
    CHECK(X.compute()(20, 1) == -1);
    CHECK(X.rows(20, 21).source()->view({0, 1}, scratch).data() == values.row(20).data() + 2);
}

TEST_CASE("from_array: a matrix given away lives as long as any array that reads it", "[array]") {
    Matrix<double> values(100, 2);
    values(99, 1) = 5;
    const double* const data = values.data();
    auto X = std::make_optional(bf::from_array(std::move(values)));
    bf::Scratch scratch;
    CHECK(X->source()->view({0, 1}, scratch).data() == data);  // moved, not copied
    const auto slice = X->rows(90, 100).col(1);
    X.reset();
    CHECK(slice.compute()[9] == 5);
}

TEST_CASE("from_buffer: rows of a caller's buffer", "[array]") {
    std::vector<float> buffer(60);
    for (std::size_t i = 0; i < 60; ++i) buffer[i] = static_cast<float>(i);
    CHECK(bf::from_buffer(buffer.data(), 20, 3).compute()(19, 2) == 59);
    CHECK(bf::from_buffer(buffer.data(), 10, 3, {.block_rows = 4}, 6).compute()(9, 2) == 56);
    CHECK(bf::from_buffer(buffer.data(), 10, 3, {.block_rows = 4}, 6).n_blocks() == 3);
    CHECK(bf::from_buffer(buffer.data(), 0, 3).compute().rows() == 0);
    CHECK_THROWS_AS(bf::from_buffer(buffer.data(), -1, 3), bf::ParameterError);
    CHECK_THROWS_AS(bf::from_buffer(buffer.data(), 10, 0), bf::ParameterError);
    CHECK_THROWS_AS(bf::from_buffer(buffer.data(), 10, 3, {}, 2), bf::ParameterError);
    CHECK_THROWS_AS(bf::from_buffer(buffer.data(), 10, 3, {.block_rows = -1}), bf::ParameterError);
}

TEST_CASE("from_function: is given rows of any size at any place", "[array]") {
    const auto X = bf::from_function<int>(
        100, 2, [](Index first, MatrixView<int> out) {
            REQUIRE(first + out.rows() <= 100);
            REQUIRE(out.cols() == 2);
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = out(i, 1) = static_cast<int>(first + i);
        },
        {.block_rows = 9});
    const bf::Settings serial({.threads = 1});
    for (Index begin = 0; begin < 100; begin += 7)
        for (const Index size : {0, 1, 13}) {
            const Index end = std::min<Index>(begin + size, 100);
            const Matrix<int> part = X.rows(begin, end).compute();
            REQUIRE(part.rows() == end - begin);
            for (Index i = 0; i < part.rows(); ++i) REQUIRE(part(i, 1) == begin + i);
        }
    CHECK_THROWS_AS(bf::from_function<int>(-1, 2, [](Index, MatrixView<int>) {}), bf::ParameterError);
    CHECK_THROWS_AS(bf::from_function<int>(5, 0, [](Index, MatrixView<int>) {}), bf::ParameterError);
    CHECK_THROWS_AS(bf::vector_from_function<int>(-1, [](Index, MatrixView<int>) {}), bf::ParameterError);
}

TEST_CASE("creation: without block_rows a block has 16 MB", "[array]") {
    CHECK(bf::random_uniform(10'000'000, 20).plan()[0].size() == 100'000);
    CHECK(bf::random_uniform<float>(10'000'000, 20).plan()[0].size() == 200'000);
    const std::vector<std::int16_t> y(10);
    CHECK(bf::from_vector(y).n_blocks() == 1);
    CHECK(bf::vector_from_function<std::int16_t>(20'000'000, [](Index, MatrixView<std::int16_t>) {}).plan().largest() == 8'000'000);
}

TEMPLATE_TEST_CASE("random_uniform, random_normal: moments", "[array]", double, float) {
    // Bounds of five standard errors at n = 400,000.
    const double n = 400'000;
    const auto uniform = bf::random_uniform<TestType>(100'000, 4, {.seed = 11}).compute();
    const Sample u = sample<TestType>(uniform.values());
    CHECK(std::abs(u.mean - 0.5) < 5 * std::sqrt(1 / 12.0 / n));
    CHECK(std::abs(u.variance - 1 / 12.0) < 5 * std::sqrt(1 / 180.0 / n));
    CHECK(std::abs(u.skewness) < 5 * std::sqrt(6 / n));
    const auto normal = bf::random_normal<TestType>(100'000, 4, {.seed = 11}).compute();
    const Sample z = sample<TestType>(normal.values());
    CHECK(std::abs(z.mean) < 5 * std::sqrt(1 / n));
    CHECK(std::abs(z.variance - 1) < 5 * std::sqrt(2 / n));
    CHECK(std::abs(z.skewness) < 5 * std::sqrt(6 / n));
    CHECK(std::abs(z.kurtosis - 3) < 5 * std::sqrt(24 / n));
    // Neighbours, in a row and in a column, know nothing of each other.
    double along_row = 0, along_column = 0;
    for (Index i = 1; i < 100'000; ++i) {
        along_row += static_cast<double>(normal(i, 0)) * static_cast<double>(normal(i, 1)) / 1e5;
        along_column += static_cast<double>(normal(i, 0)) * static_cast<double>(normal(i - 1, 0)) / 1e5;
    }
    CHECK(std::abs(along_row) < 5 * std::sqrt(1e-5));
    CHECK(std::abs(along_column) < 5 * std::sqrt(1e-5));
}

TEST_CASE("random_uniform: every row is its own, whatever is read with it", "[array]") {
    const Matrix<double> all = bf::random_uniform(3'000, 3, {.seed = 5}).compute();
    for (const double v : all.values()) REQUIRE((v > 0 && v < 1));
    for (const Index block_rows : {1, 7, 1'000}) {
        const auto X = bf::random_uniform(3'000, 3, {.seed = 5, .block_rows = block_rows});
        CHECK(X.compute() == all);
        CHECK(X.rows(1'999, 2'003).compute() == Matrix<double>(all.view().rows(1'999, 2'003)));
    }
    std::vector<double> values(all.values().begin(), all.values().end());
    std::ranges::sort(values);
    CHECK(std::ranges::adjacent_find(values) == values.end());
    // Seeds next to each other give other numbers.
    const Matrix<double> next = bf::random_uniform(3'000, 3, {.seed = 6}).compute();
    Index same = 0;
    for (std::size_t i = 0; i < values.size(); ++i) same += all.values()[i] == next.values()[i];
    CHECK(same == 0);
    CHECK(std::ranges::binary_search(values, next(0, 0)) == false);
}

TEST_CASE("normal_quantile: to 1e-8 over the whole range", "[array]") {
    for (double p = 1e-300; p < 0.5; p *= 1.7) {
        const double z = bf::detail::normal_quantile(p);
        // Back through the distribution function.
        REQUIRE(std::erfc(-z / std::sqrt(2.0)) / 2 == Approx(p).epsilon(1e-6 + 1e-8 * z * z));
        if (p > 1e-9) REQUIRE(bf::detail::normal_quantile(1 - p) == Approx(-z).epsilon(1e-6));
    }
    CHECK(bf::detail::normal_quantile(0.5) == 0);
    CHECK(bf::detail::normal_quantile(0.02425) == Approx(bf::detail::normal_quantile(std::nextafter(0.02425, 0.0))).epsilon(1e-8));
}
