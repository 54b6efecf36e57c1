#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/row_indexing.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/exec/settings.hpp>

#include "support/errors.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::MatrixView;

namespace {

/// 0, 1, ... n-1.
bf::ChunkedVector<Index> numbers(Index n, Index block_rows) {
    return bf::vector_from_function<Index>(
        n,
        [](Index first, MatrixView<Index> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = first + i;
        },
        {.block_rows = block_rows});
}

}  // namespace

TEST_CASE("rows by step: what a loop gives, for any blocks", "[array]") {
    bf::RandomState random(3);
    for (int repeat = 0; repeat < 300; ++repeat) {
        const Index n = random.randint(1, 60);
        const auto y = numbers(n, random.randint(1, 20));
        const Index step = random.randint(1, 25) * (random.randint(0, 2) == 0 ? 1 : -1);
        const Index a = random.randint(0, n + 1), b = random.randint(0, n + 1);
        const Index begin = step > 0 ? std::min(a, b) : std::max(a, b) - 1;
        const Index end = step > 0 ? std::max(a, b) : std::min(a, b) - 1;
        std::vector<Index> want;
        for (Index i = begin; step > 0 ? i < end : i > end; i += step) want.push_back(i);
        INFO("n " << n << ", rows(" << begin << ", " << end << ", " << step << ")");
        const auto part = y.rows(begin, end, step);
        CHECK(part.compute() == want);
        CHECK(part.n_blocks() <= y.n_blocks());
    }
}

TEST_CASE("rows by step: many tiles", "[array]") {
    const auto y = numbers(100'000, 30'000);
    for (const Index step : {1, 3, 5'000, -1, -7}) {
        const auto part = step > 0 ? y.rows(11, 99'990, step) : y.rows(99'989, 10, step);
        const std::vector<Index> got = part.compute();
        bool all = true;
        for (Index k = 0; k < part.size(); ++k)
            all &= got[static_cast<std::size_t>(k)] == (step > 0 ? 11 : 99'989) + k * step;
        CHECK(all);
        CHECK(part.size() == (99'979 + std::abs(step) - 1) / std::abs(step));
    }
}

TEST_CASE("rows by step: what is not there is refused", "[array][errors]") {
    const auto y = numbers(10, 4);
    CHECK_THROWS_AS(y.rows(0, 5, 0), bf::ParameterError);
    CHECK(test::message([&] { (void)y.rows(0, 11, 2); }) == "rows(0, 11, 2): the array has 10 rows");
    CHECK_THROWS_AS(y.rows(-1, 4, 1), bf::ShapeError);
    CHECK_THROWS_AS(y.rows(10, 4, -1), bf::ShapeError);
    CHECK_THROWS_AS(y.rows(4, 6, -1), bf::ShapeError);
    CHECK_THROWS_AS(y.rows(4, -2, -1), bf::ShapeError);
}

TEST_CASE("rows by step: steps beyond the array", "[array]") {
    const auto y = numbers(10, 4);
    CHECK(y.rows(2, 10, std::numeric_limits<Index>::max()).compute() == std::vector<Index>{2});
    CHECK(y.rows(7, -1, std::numeric_limits<Index>::min()).compute() == std::vector<Index>{7});
}

TEST_CASE("take: rows by number, in any order", "[array]") {
    const auto y = numbers(5'000, 700);
    std::vector<Index> rows(3'000);
    bf::RandomState random(1);
    for (Index& i : rows) i = random.randint(0, 5'000);
    std::iota(rows.begin() + 100, rows.begin() + 400, 650);
    CHECK(y.take(rows).compute() == rows);
    CHECK(y.take({}).compute().empty());
    CHECK(test::message([&] { (void)y.take({1, 5'000}); }) == "take: row 5000 was asked for, the array has 5000");
    CHECK_THROWS_AS(y.take({-1}), bf::ShapeError);
}

TEST_CASE("filter: the rows for which the mask holds, in the blocks that are left", "[array]") {
    const auto y = numbers(50'000, 6'000);
    for (const int threads : {1, 4}) {
        const bf::Settings settings({.threads = threads});
        const auto large = y.filter((y >= 6'000) & (y < 12'001));
        CHECK(large.size() == 6'001);
        CHECK(large.n_blocks() == 2);
        CHECK(large.plan()[0].size() == 6'000);
        CHECK(large[6'000] == 12'000);
        const auto [third, twice] = bf::filter(map_elements([](Index i) { return i % 3 == 0; }, y), y, y * 2);
        const std::vector<Index> a = third.compute(), b = twice.compute();
        bool all = std::ssize(a) == 16'667 && std::ssize(b) == 16'667;
        for (std::size_t k = 0; all && k < a.size(); ++k) all = a[k] == 3 * static_cast<Index>(k) && b[k] == 2 * a[k];
        CHECK(all);
    }
    CHECK(y.filter(y < 0).compute().empty());
    CHECK(test::message([&] { (void)y.filter(numbers(3, 1) > 0); }) == "filter: length of the mask is 3, expected 50000");
    CHECK(test::message([&] { (void)bf::filter(y > 0, y, numbers(3, 1)); }) ==
          "filter: number of rows of an array is 3, expected 50000");
}

TEST_CASE("filter: the mask is read once to count, and the rows only when asked for", "[array]") {
    std::atomic<Index> masked{0}, read{0};
    const auto y = bf::vector_from_function<double>(
        10'000, [&](Index, MatrixView<double> out) { read += out.rows(), std::fill_n(out.data(), out.rows(), 1.0); },
        {.block_rows = 1'000});
    const auto mask = bf::vector_from_function<bool>(10'000, [&](Index first, MatrixView<bool> out) {
        masked += out.rows();
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = first + i < 5'000;
    });
    const auto half = y.filter(mask);
    CHECK(half.size() == 5'000);
    CHECK(masked == 10'000);
    CHECK(read == 0);
    CHECK(half.compute() == std::vector<double>(5'000, 1.0));
    CHECK(masked == 15'000);
    CHECK(read == 5'000);
}

TEST_CASE("filter: a mask that changes is noticed", "[array][errors]") {
    std::atomic<bool> changed{false};
    const auto mask = bf::vector_from_function<bool>(
        100, [&](Index, MatrixView<bool> out) { std::fill_n(out.data(), out.rows(), !changed); }, {.block_rows = 10});
    const auto y = numbers(100, 10).filter(mask);
    changed = true;
    CHECK(test::message([&] { (void)y.compute(); }).find("the data changed since the array was made") != std::string::npos);
}
