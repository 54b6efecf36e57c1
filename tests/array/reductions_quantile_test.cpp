#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <support/data.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/reductions.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/exec/settings.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr Index n = 1'000'000;

/// How far the rank wanted is from the ranks that `value` has among the sorted values, as a part of their number.
double rank_error(const std::vector<double>& sorted, double value, double q) {
    const double wanted = q * static_cast<double>(std::ssize(sorted) - 1);
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    const auto low = static_cast<double>(first - sorted.begin());
    const auto high = static_cast<double>(last - sorted.begin()) - 1;
    if (high < low) return 1;  // not one of the values
    return std::max({0.0, low - wanted, wanted - high}) / static_cast<double>(std::ssize(sorted));
}

std::vector<std::pair<std::string, std::vector<double>>> orders() {
    std::vector<double> ascending(n), random(n), sawtooth(n), outward(n), heavy(n);
    bf::RandomState generator(9);
    for (Index i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        ascending[at] = static_cast<double>(i);
        random[at] = generator.uniform();
        sawtooth[at] = static_cast<double>(i % 1'000) + 1e-6 * static_cast<double>(i);
        outward[at] = static_cast<double>(i % 2 == 0 ? n + i : n - i);
        heavy[at] = random[at] < 0.7 ? 0.0 : -std::log(random[at]);
    }
    std::vector<double> descending(ascending.rbegin(), ascending.rend());
    std::vector<double> inward(outward.rbegin(), outward.rend());
    return {{"ascending", ascending}, {"descending", descending},
            {"random", random},       {"sawtooth", sawtooth},
            {"outward", outward},     {"inward", inward},
            {"heavy", heavy},         {"constant", std::vector<double>(n, 7.5)}};
}

}  // namespace

TEST_CASE("quantile: the rank is off by no more than is stated, in any order", "[array]") {
    std::vector<double> q;
    for (int k = 0; k <= 200; ++k) q.push_back(k / 200.0);
    for (const auto& [name, values] : orders()) {
        INFO(name);
        std::vector<double> sorted = values;
        std::ranges::sort(sorted);
        for (const double asked : {0.05, 0.001, 0.0001})
            for (const Index block_rows : {n, Index{123'457}, Index{2'500}}) {
                INFO("rank_error " << asked << ", block_rows " << block_rows);
                const bf::Quantiles got =
                    bf::quantile(bf::from_vector(values, {.block_rows = block_rows}), q, {.rank_error = asked})
                        .compute();
                REQUIRE(got.rank_error > 0);
                REQUIRE(got.rank_error <= asked);
                double worst = 0;
                for (std::size_t k = 0; k < q.size(); ++k)
                    worst = std::max(worst, rank_error(sorted, got.values[k], q[k]));
                REQUIRE(worst <= got.rank_error);
                REQUIRE(std::ranges::is_sorted(got.values));
            }
    }
}

TEST_CASE("quantile: joining sketches keeps the errors of both", "[array]") {
    std::vector<bf::detail::SortKey> keys, work;
    for (bf::detail::SortKey k = 0; k < 10'000; ++k) keys.push_back(k * 7919 % 10'000);
    bf::detail::QuantileSketch a(64), b(64), c(64);
    a.add(keys.data(), keys.size(), work);
    b.add(keys.data(), keys.size(), work);
    const Index one = a.error();
    REQUIRE(one > 0);
    b.merge(a, work);
    CHECK(b.error() >= 2 * one - 1);
    CHECK(b.count() == 20'000);
    c.merge(b, work);
    CHECK(c.error() >= b.error());
    Index weight = 0;
    for (const auto& entry : c.entries()) weight += entry.weight;
    CHECK(weight == 20'000);
    // However many are joined, both sides stay near half of all errors: n / 2k a level.
    for (int i = 0; i < 100; ++i) {
        bf::detail::QuantileSketch part(64);
        part.add(keys.data(), keys.size(), work);
        c.merge(part, work);
    }
    CHECK(c.error() <= c.count() / (4 * 64) * (15 + 2));
}

TEST_CASE("quantile: exact while the values fit, and if asked for", "[array]") {
    const bf::Matrix<double> M = test::normal(3'001, 1, 4);
    const auto y = bf::from_array(M, {.block_rows = 1'000}).col(0);
    std::vector<double> sorted(M.values().begin(), M.values().end());
    std::ranges::sort(sorted);
    const bf::Quantile few = bf::median(y, {.rank_error = 0.0001}).compute();
    CHECK(few.rank_error == 0);
    CHECK(few.value == sorted[1'500]);
    const bf::Quantile exact = bf::quantile(y, 0.9, {.rank_error = 0}).compute();
    CHECK(exact.rank_error == 0);
    CHECK(exact.value == sorted[2'700]);
    CHECK(bf::quantile(y, 0.0, {.rank_error = 0.3}).compute().rank_error > 0);
}

TEST_CASE("quantile: of columns, of a matrix, of integers, with NaN", "[array]") {
    const Index rows = 60'000;
    bf::Matrix<std::int32_t> M(rows, 3);
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < 3; ++j)
            M(i, j) = static_cast<std::int32_t>(i * 7919 % rows - rows / 2 + j * 100'000);  // each value once a column
    const auto X = bf::from_array(M, {.block_rows = 7'000});
    const auto table = bf::quantile(X, {0.0, 0.25, 1.0}, bf::axis<0>, {.rank_error = 0.01}).compute();
    REQUIRE(table.values.rows() == 3);
    REQUIRE(table.rank_error <= 0.01);
    REQUIRE(table.rank_error > 0);
    for (Index j = 0; j < 3; ++j)
        for (Index k = 0; k < 3; ++k) {
            const double rank = table.values(k, j) + static_cast<double>(rows / 2 - j * 100'000);
            const double wanted =
                std::vector{0.0, 0.25, 1.0}[static_cast<std::size_t>(k)] * static_cast<double>(rows - 1);
            CHECK(std::abs(rank - wanted) <= table.rank_error * static_cast<double>(rows));
        }
    const bf::Quantiles medians = bf::median(X, bf::axis<0>, {.rank_error = 0.01}).compute();
    CHECK(medians.values.size() == 3);
    // Of all elements the middle one is in the middle column.
    CHECK(std::abs(bf::median(X).compute().value - 100'000) <= 0.001 * 3 * static_cast<double>(rows) + 1);

    const auto with_nan = bf::vector_from_function<float>(
        rows,
        [](Index first, bf::MatrixView<float> out) {
            for (Index i = 0; i < out.rows(); ++i)
                out(i, 0) =
                    (first + i) % 3 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(first + i);
        },
        {.block_rows = 7'000});
    CHECK(std::isnan(bf::median(with_nan).compute().value));
    const bf::Quantile median = bf::nanmedian(with_nan).compute();
    CHECK(median.rank_error <= 0.001);
    CHECK(std::abs(median.value - 30'000) <= 1.5 * 0.001 * 40'000 + 3);

    const auto none = bf::from_vector(std::span<const double>{});
    CHECK(std::isnan(bf::median(none).compute().value));
    CHECK(bf::quantile(none, std::vector<double>{}).compute().values.empty());
}

TEST_CASE("quantile: infinities and extreme integers keep their order", "[array]") {
    const std::vector<double> reals{test::infinity, -1, -test::infinity, 0.0, -0.0, 1e-310, -1e-310, 3};
    const bf::Quantiles q = bf::quantile(bf::from_vector(reals), {0.0, 1.0}).compute();
    CHECK(q.values == std::vector<double>{-test::infinity, test::infinity});
    const auto sorted = bf::unique(bf::from_vector(reals)).compute();
    CHECK(sorted.values == std::vector<double>{-test::infinity, -1, -1e-310, 0, 1e-310, 3, test::infinity});
    CHECK(sorted.counts == std::vector<Index>{1, 1, 1, 2, 1, 1, 1});
    using Limits = std::numeric_limits<std::int64_t>;
    const std::vector<std::int64_t> integers{Limits::max(), 0, Limits::min(), -1, Limits::max()};
    CHECK(bf::unique(bf::from_vector(integers)).compute().values ==
          std::vector<std::int64_t>{Limits::min(), -1, 0, Limits::max()});
}
