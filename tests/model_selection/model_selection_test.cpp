#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/model_selection/shuffle_blocks.hpp>
#include <blockfit/model_selection/train_test_split.hpp>

#include "support/errors.hpp"

namespace bf = blockfit;
using bf::BlockPlan;
using bf::ChunkedMatrix;
using bf::ChunkedVector;
using bf::Index;
using bf::MatrixView;

namespace {

/// The number of the row, in any type and blocks.
template <class T>
ChunkedVector<T> numbers(const BlockPlan& plan) {
    return bf::vector_from_function<T>(plan.rows(),
                                       [](Index first, MatrixView<T> out) {
                                           for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<T>(first + i);
                                       })
        .rechunk(plan);
}
/// Column j holds row * (j + 1).
ChunkedMatrix<double> matrix(const BlockPlan& plan, Index cols = 3) {
    return bf::from_function<double>(plan.rows(), cols,
                                     [](Index first, MatrixView<double> out) {
                                         for (Index i = 0; i < out.rows(); ++i)
                                             for (Index j = 0; j < out.cols(); ++j)
                                                 out(i, j) = static_cast<double>((first + i) * (j + 1));
                                     })
        .rechunk(plan);
}
BlockPlan random_plan(Index blocks, Index largest, bf::RandomState& generator) {
    std::vector<Index> ends;
    for (Index b = 0; b < blocks; ++b)
        ends.push_back((ends.empty() ? 0 : ends.back()) + generator.randint(1, largest + 1));
    return BlockPlan(std::move(ends));
}

template <class T>
std::vector<T> sorted(std::vector<T> values) {
    std::ranges::sort(values);
    return values;
}
std::vector<Index> all_rows(Index n) {
    std::vector<Index> rows(static_cast<std::size_t>(n));
    std::iota(rows.begin(), rows.end(), Index{0});
    return rows;
}
std::vector<Index> joined(std::vector<Index> a, const std::vector<Index>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return sorted(std::move(a));
}

/// How many of `rows` lie in each block.
std::vector<Index> per_block(const BlockPlan& plan, const std::vector<Index>& rows) {
    std::vector<Index> counts(static_cast<std::size_t>(plan.size()));
    for (const Index row : rows) ++counts[static_cast<std::size_t>(plan.find(row))];
    return counts;
}

}  // namespace

TEST_CASE("train_test_split: every row is in one part, in every block its share", "[model_selection]") {
    bf::RandomState generator(1);
    for (int k = 0; k < 60; ++k) {
        const BlockPlan plan = random_plan(generator.randint(1, 40), k % 2 == 0 ? 9 : 3'000, generator);
        const double share = generator.uniform(0.02, 0.98);
        const Index n = plan.rows();
        const auto want = static_cast<Index>(std::ceil(share * static_cast<double>(n)));
        if (want == n) continue;
        const auto [train, test] = bf::train_test_split(
            numbers<Index>(plan), {.test_size = share, .random_state = static_cast<std::uint32_t>(k)});
        const auto train_rows = train.compute(), test_rows = test.compute();
        CHECK(test.rows() == want);
        CHECK(std::ranges::is_sorted(train_rows));
        CHECK(std::ranges::is_sorted(test_rows));
        CHECK(joined(train_rows, test_rows) == all_rows(n));
        // Up to any block the share is right to a row, and the parts' blocks are those of the data.
        const auto counts = per_block(plan, test_rows);
        Index so_far = 0;
        bool right = true;
        std::vector<Index> ends;
        for (Index b = 0; b < plan.size(); ++b) {
            so_far += counts[static_cast<std::size_t>(b)];
            const double exact = static_cast<double>(plan[b].end) * static_cast<double>(want) / static_cast<double>(n);
            right &= std::abs(static_cast<double>(so_far) - exact) <= 0.5 + 1e-9;
            if (counts[static_cast<std::size_t>(b)] > 0) ends.push_back(so_far);
        }
        CHECK(right);
        CHECK(test.plan() == BlockPlan(ends));
    }
}

TEST_CASE("train_test_split: X, y and others stay side by side, whatever their types and blocks", "[model_selection]") {
    bf::RandomState generator(2);
    const BlockPlan plan = random_plan(30, 5'000, generator);
    const Index n = plan.rows();
    const auto X = matrix(plan, 40);
    const auto [X_train, X_test, y_train, y_test, w_train, w_test] =
        bf::train_test_split({.test_size = 0.3, .random_state = 7}, X, numbers<std::int32_t>(BlockPlan(n, 777)),
                             numbers<float>(BlockPlan(n, n)));
    static_assert(std::is_same_v<decltype(y_test), const ChunkedVector<std::int32_t>>);
    CHECK(y_train.plan() == X_train.plan());
    CHECK(w_test.plan() == X_test.plan());
    CHECK(X_train.to_string().find("<train_test_split, ") != std::string::npos);
    const auto check = [](const auto& X_part, const auto& y_part, const auto& w_part) {
        const auto x = X_part.compute();
        const auto y = y_part.compute();
        const auto w = w_part.compute();
        bool same = true;
        for (Index i = 0; i < x.rows(); ++i)
            for (Index j = 0; j < 40; ++j) {
                const auto row = static_cast<double>(y[static_cast<std::size_t>(i)]);
                same &= x(i, j) == row * static_cast<double>(j + 1) &&
                        static_cast<double>(w[static_cast<std::size_t>(i)]) == row;
            }
        CHECK(same);
    };
    check(X_train, y_train, w_train);
    check(X_test, y_test, w_test);
    // Two arrays, and one, are split as three are.
    const auto two = bf::train_test_split(X, numbers<int>(plan), {.test_size = 0.3, .random_state = 7});
    CHECK(std::get<1>(two).compute() == X_test.compute());
    CHECK(std::get<2>(two).compute() == y_train.compute());
    CHECK(std::get<0>(bf::train_test_split(X, {.test_size = 0.3, .random_state = 7})).compute() == X_train.compute());
}

TEST_CASE("train_test_split: the same rows for any threads, any slice, and every time", "[model_selection]") {
    const BlockPlan plan(50'000, 1'234);
    const auto split = [&] { return bf::train_test_split(matrix(plan), numbers<Index>(plan), {.random_state = 3}); };
    const auto [X_train, X_test, y_train, y_test] = split();
    const auto first = y_test.compute();
    CHECK(first.size() == 12'500);
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        CHECK(y_test.compute() == first);
        CHECK(std::get<3>(split()).compute() == first);
    }
    CHECK(y_test.rows(5'000, 9'000).compute() == std::vector<Index>(first.begin() + 5'000, first.begin() + 9'000));
    CHECK(y_test.rechunk(17).compute() == first);
    // Only the blocks of the first array count, not how it is read or what it holds.
    CHECK(std::get<1>(bf::train_test_split(numbers<Index>(plan), {.random_state = 3})).compute() == first);
    CHECK(std::get<3>(bf::train_test_split(matrix(plan), numbers<Index>(plan), {.random_state = 4})).compute() !=
          first);
    CHECK(bf::TrainTestSplitOptions{}.random_state == 0);
}

TEST_CASE("train_test_split: the choice is random", "[model_selection]") {
    // Each row of a block is as likely to test as any other, and so is each pair: 2,000 blocks of 8 rows, 2 of which
    // test.
    const BlockPlan plan(16'000, 8);
    const auto rows = std::get<1>(bf::train_test_split(numbers<Index>(plan))).compute();
    std::map<std::pair<Index, Index>, double> pairs;
    std::vector<double> counts(8);
    REQUIRE(rows.size() == 4'000);
    for (std::size_t k = 0; k < rows.size(); k += 2) {
        REQUIRE(rows[k] / 8 == rows[k + 1] / 8);
        pairs[{rows[k] % 8, rows[k + 1] % 8}] += 1;
        counts[static_cast<std::size_t>(rows[k] % 8)] += 1;
        counts[static_cast<std::size_t>(rows[k + 1] % 8)] += 1;
    }
    for (const double count : counts) CHECK(std::abs(count - 500) < 5 * std::sqrt(500 * 0.75));
    double chi2 = 0;
    for (const auto& [pair, count] : pairs) chi2 += (count - 2'000.0 / 28) * (count - 2'000.0 / 28) / (2'000.0 / 28);
    CHECK(pairs.size() == 28);
    CHECK(chi2 < 27 + 5 * std::sqrt(2 * 27.0));
    CHECK(chi2 > 5);
}

TEST_CASE("train_test_split: sizes are scikit-learn's", "[model_selection]") {
    const auto sizes = [](Index n, const bf::TrainTestSplitOptions& options) {
        const auto [train, test] = bf::train_test_split(numbers<Index>(BlockPlan(n, 7)), options);
        const auto a = train.compute(), b = test.compute();
        const auto both = joined(a, b);
        CHECK(std::ranges::adjacent_find(both) == both.end());  // nothing is in both
        CHECK(std::ssize(a) == train.rows());
        return std::pair{std::ssize(a), std::ssize(b)};
    };
    using Sizes = std::pair<Index, Index>;
    for (const bool shuffle : {true, false}) {
        CHECK(sizes(100, {.shuffle = shuffle}) == Sizes{75, 25});
        CHECK(sizes(101, {.shuffle = shuffle}) == Sizes{75, 26});
        CHECK(sizes(101, {.test_size = 0.4, .shuffle = shuffle}) == Sizes{60, 41});
        CHECK(sizes(101, {.train_size = 0.4, .shuffle = shuffle}) == Sizes{40, 61});
        CHECK(sizes(101, {.test_size = 0.3, .train_size = 0.4, .shuffle = shuffle}) == Sizes{40, 31});
        CHECK(sizes(101, {.test_size = 0.5, .train_size = 0.5, .shuffle = shuffle}) == Sizes{50, 51});
        CHECK(sizes(101, {.test_size = 10, .shuffle = shuffle}) == Sizes{91, 10});
        CHECK(sizes(101, {.train_size = 10, .shuffle = shuffle}) == Sizes{10, 91});
        CHECK(sizes(101, {.test_size = 20, .train_size = 10, .shuffle = shuffle}) == Sizes{10, 20});
        CHECK(sizes(101, {.test_size = 20, .train_size = 0.5F, .shuffle = shuffle}) == Sizes{50, 20});
        CHECK(sizes(2, {.shuffle = shuffle}) == Sizes{1, 1});
        CHECK(sizes(1'000, {.test_size = 1, .shuffle = shuffle}) == Sizes{999, 1});
        CHECK(sizes(1'000, {.test_size = 0.0001, .shuffle = shuffle}) == Sizes{999, 1});
    }
}

TEST_CASE("train_test_split: without shuffling the first rows train and those after them test", "[model_selection]") {
    const BlockPlan plan(100, 30);
    const auto [X_train, X_test, y_train, y_test] =
        bf::train_test_split(matrix(plan), numbers<Index>(BlockPlan(100, 9)), {.test_size = 0.2, .shuffle = false});
    CHECK(y_train.compute() == all_rows(80));
    CHECK(y_test.compute().front() == 80);
    CHECK(y_test.compute().back() == 99);
    CHECK(X_train.plan() == BlockPlan(80, 30));
    CHECK(y_train.plan() == X_train.plan());
    CHECK(X_test.compute()(0, 1) == 160);
    const auto [train, test] =
        bf::train_test_split(numbers<Index>(plan), {.test_size = 10, .train_size = 20, .shuffle = false});
    CHECK(train.compute().back() == 19);
    CHECK(test.compute().front() == 20);
    CHECK(test.compute().back() == 29);
}

TEST_CASE("train_test_split: what it refuses", "[model_selection]") {
    const auto split = [](Index n, const bf::TrainTestSplitOptions& options) {
        (void)bf::train_test_split(numbers<Index>(BlockPlan(n, 7)), options);
    };
    for (const double share : {0.0, 1.0, -0.1, 1.5, std::nan("")}) {
        CHECK_THROWS_AS(split(100, {.test_size = share}), bf::ParameterError);
        CHECK_THROWS_AS(split(100, {.train_size = share}), bf::ParameterError);
    }
    for (const Index rows : {0, 100, -1, 1'000}) {
        CHECK_THROWS_AS(split(100, {.test_size = rows}), bf::ParameterError);
        CHECK_THROWS_AS(split(100, {.train_size = rows}), bf::ParameterError);
    }
    CHECK_THROWS_AS(split(100, {.test_size = std::numeric_limits<std::uint64_t>::max()}), bf::ParameterError);
    CHECK_THROWS_AS(split(100, {.test_size = 0.6, .train_size = 0.5}), bf::ParameterError);
    CHECK_THROWS_AS(split(100, {.test_size = 60, .train_size = 50}), bf::ParameterError);
    CHECK_THROWS_AS(split(100, {.test_size = 60, .train_size = 0.5}), bf::ParameterError);
    CHECK_THROWS_AS(split(1, {}), bf::ParameterError);
    CHECK_THROWS_AS(split(0, {}), bf::ParameterError);
    CHECK_THROWS_AS(split(3, {.test_size = 0.9}), bf::ParameterError);
    CHECK_THROWS_AS(split(3, {.train_size = 0.1}), bf::ParameterError);
    CHECK(test::message([&] { split(3, {.test_size = 0.9}); }) ==
          "train_test_split: of 3 rows 0 would train and 3 test, expected at least 1 each");
    CHECK(
        test::message([&] { split(100, {.test_size = 1.0}); }) ==
        "train_test_split: test_size is 1.000000, expected a share between 0 and 1, or a number of rows as an integer");
    const BlockPlan plan(100, 7);
    CHECK_THROWS_AS(bf::train_test_split(matrix(plan), numbers<Index>(BlockPlan(99, 7))), bf::ShapeError);
    CHECK_THROWS_AS(bf::train_test_split({}, matrix(plan), numbers<Index>(plan), numbers<int>(BlockPlan(101, 7))),
                    bf::ShapeError);
}

TEST_CASE("train_test_split: an error while reading names the row of the part", "[model_selection]") {
    const BlockPlan plan(10'000, 1'000);
    std::vector<double> values(10'000, 1.0);
    const auto train_rows = std::get<0>(bf::train_test_split(numbers<Index>(plan))).compute();
    const Index k = 4'321;
    values[static_cast<std::size_t>(train_rows[static_cast<std::size_t>(k)])] = 0.5;
    const auto train = std::get<0>(bf::train_test_split(bf::from_vector(values).rechunk(plan).astype<int>()));
    try {
        (void)train.compute();
        FAIL("nothing was thrown");
    } catch (const bf::DataError& error) {
        CHECK(error.row() == k);
        CHECK(error.block() == train.plan().find(k));
    }
}

TEST_CASE("train_test_split: a split of a split, and what is made of one", "[model_selection]") {
    const BlockPlan plan(20'000, 900);
    const auto [rest, test] = bf::train_test_split(numbers<Index>(plan), {.test_size = 0.2, .random_state = 1});
    const auto [train, validation] = bf::train_test_split(rest, {.test_size = 0.25, .random_state = 1});
    CHECK(train.rows() == 12'000);
    CHECK(validation.rows() == 4'000);
    CHECK(joined(joined(train.compute(), validation.compute()), test.compute()) == all_rows(20'000));
    const auto X_train = std::get<0>(bf::train_test_split(matrix(plan), {.test_size = 0.2, .random_state = 1}));
    const auto mapped = X_train.cols({2}).map_blocks([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) / 3;
    });
    const auto rows = rest.compute();
    const auto values = mapped.compute();
    for (Index i = 0; i < values.rows(); ++i)
        REQUIRE(values(i, 0) == static_cast<double>(rows[static_cast<std::size_t>(i)]));
}

TEST_CASE("train_test_split: rows beyond what can be counted in memory", "[model_selection]") {
    const Index n = Index{1} << 40;
    const auto big = numbers<Index>(BlockPlan(n, Index{1} << 30)).rows(0, n);
    const auto [train, test] = bf::train_test_split(big, {.test_size = 0.3});
    CHECK(test.rows() == static_cast<Index>(std::ceil(0.3 * static_cast<double>(n))));
    CHECK(train.rows() + test.rows() == n);
    const auto split = bf::detail::BlockSplit(big.plan(), {train.rows(), test.rows()}, 0);
    Index sum = 0;
    for (Index b = 0; b < big.n_blocks(); ++b) {
        const auto rows = split.of_block(b);
        REQUIRE(rows.test + rows.train == Index{1} << 30);
        sum += rows.test;
    }
    CHECK(sum == test.rows());
}

TEST_CASE("shuffle_blocks: every row once, blocks whole and in another order", "[model_selection]") {
    bf::RandomState generator(3);
    for (const bool within : {true, false}) {
        const BlockPlan plan = random_plan(40, 4'000, generator);
        const auto y = bf::shuffle_blocks(numbers<Index>(plan), {.random_state = 5, .within_blocks = within});
        const auto rows = y.compute();
        CHECK(sorted(rows) == all_rows(plan.rows()));
        CHECK(y.to_string().find("<shuffle_blocks, ") != std::string::npos);
        std::vector<Index> order;
        bool changed = false;
        for (Index b = 0; b < y.n_blocks(); ++b) {
            const auto block = y.block(b).compute();
            order.push_back(plan.find(block[0]));
            const auto from = plan[order.back()];
            CHECK(std::ssize(block) == from.size());
            for (std::size_t i = 0; i < block.size(); ++i) changed |= block[i] != from.begin + static_cast<Index>(i);
            const auto in_order = sorted(block);
            CHECK(in_order.front() == from.begin);
            CHECK(in_order.back() == from.end - 1);
        }
        CHECK(changed == within);
        CHECK_FALSE(std::ranges::is_sorted(order));
        CHECK(sorted(order) == all_rows(plan.size()));
        CHECK(y.compute() == rows);
        CHECK(y.rechunk(311).compute() == rows);
        for (const int threads : {1, 8}) {
            const bf::Settings settings({.threads = threads});
            CHECK(y.compute() == rows);
        }
        const auto other =
            bf::shuffle_blocks(numbers<Index>(plan), {.random_state = 6, .within_blocks = within}).compute();
        CHECK(other != rows);
    }
}

TEST_CASE("shuffle_blocks: arrays stay side by side", "[model_selection]") {
    bf::RandomState generator(4);
    const BlockPlan plan = random_plan(20, 3'000, generator);
    const Index n = plan.rows();
    const auto [X, y, w] = bf::shuffle_blocks({.random_state = 2}, matrix(plan), numbers<int>(BlockPlan(n, 100)),
                                              numbers<float>(BlockPlan(n, n)));
    CHECK(y.plan() == X.plan());
    const auto x = X.compute();
    const auto labels = y.compute();
    const auto weights = w.compute();
    for (Index i = 0; i < n; ++i) {
        const auto row = static_cast<double>(labels[static_cast<std::size_t>(i)]);
        REQUIRE((x(i, 2) == 3 * row && static_cast<double>(weights[static_cast<std::size_t>(i)]) == row));
    }
    const auto [X2, y2] = bf::shuffle_blocks(matrix(plan), numbers<int>(plan), {.random_state = 2});
    CHECK(X2.compute() == x);
    CHECK(y2.compute() == labels);
    CHECK(bf::shuffle_blocks(matrix(plan), {.random_state = 2}).compute() == x);
    CHECK_THROWS_AS(bf::shuffle_blocks(matrix(plan), numbers<int>(BlockPlan(n + 1, 7))), bf::ShapeError);
    CHECK(bf::shuffle_blocks(matrix(BlockPlan())).rows() == 0);
}

TEST_CASE("train_test_split, shuffle_blocks: memory is counted", "[model_selection]") {
    const BlockPlan plan(40'000, 10'000);
    const auto X = matrix(plan, 40);  // 3.2 MB a block, 0.5 MB a tile
    const bf::Settings settings({.threads = 1, .memory_limit = 2'000'000});
    const auto split = bf::train_test_split(X);
    CHECK(std::get<0>(split).compute().rows() == 30'000);
    CHECK(bf::shuffle_blocks(X, {.within_blocks = false}).compute().rows() == 40'000);
    CHECK_THROWS_AS(bf::shuffle_blocks(X).compute(), bf::MemoryLimitError);
    CHECK(bf::shuffle_blocks(X.rechunk(4'000)).compute().rows() == 40'000);
}

TEST_CASE("shuffle_blocks: all orders of a block are equally likely", "[model_selection]") {
    const BlockPlan plan(24'000, 4);
    const auto rows = bf::shuffle_blocks(numbers<Index>(plan)).compute();
    std::map<std::vector<Index>, double> orders;
    for (std::size_t k = 0; k < rows.size(); k += 4)
        orders[{rows[k] % 4, rows[k + 1] % 4, rows[k + 2] % 4, rows[k + 3] % 4}] += 1;
    REQUIRE(orders.size() == 24);
    double chi2 = 0;
    for (const auto& [order, count] : orders) chi2 += (count - 250) * (count - 250) / 250;
    CHECK(chi2 < 23 + 5 * std::sqrt(2 * 23.0));
    CHECK(chi2 > 5);
}
