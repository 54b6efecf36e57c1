#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <support/data.hpp>
#include <support/errors.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/reductions.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/exec/settings.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

namespace {

/// Normal values with some NaN, whose sums round.
Matrix<double> uneven_with_nan(Index n, Index d, bool nan) {
    Matrix<double> X = test::uneven(n, d, 3);
    if (nan)
        for (Index i = 7; i < n * d; i += 101) X.data()[i] = test::nan;
    return X;
}

/// All results that round or depend on an order, side by side.
std::vector<double> everything(const bf::ChunkedMatrix<double>& X) {
    const auto [sum, sums, mean, var, vars, nansum, nanmeans, nanvar, nanvars, min, argmax, median, quantiles] =
        bf::compute(bf::sum(X), bf::sum(X, bf::axis<0>), bf::mean(X), bf::var(X), bf::var(X, bf::axis<0>),
                    bf::nansum(X), bf::nanmean(X, bf::axis<0>), bf::nanvar(X), bf::nanvar(X, bf::axis<0>),
                    bf::nanmin(X), bf::nanargmax(X, bf::axis<0>), bf::nanmedian(X, {.rank_error = 0.01}),
                    bf::nanquantile(X, {0.1, 0.9}, bf::axis<0>, {.rank_error = 0.01}));
    std::vector<double> all{sum, mean, var, nansum, nanvar, min, median.value, median.rank_error, quantiles.rank_error};
    for (const auto* list : {&sums, &vars, &nanmeans, &nanvars}) all.insert(all.end(), list->begin(), list->end());
    for (const Index i : argmax) all.push_back(static_cast<double>(i));
    all.insert(all.end(), quantiles.values.values().begin(), quantiles.values.values().end());
    return all;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return std::ranges::equal(a, b, [](double x, double y) { return test::same_bits(x, y); });
}

}  // namespace

TEST_CASE("reductions: the same bits for any number of threads", "[array]") {
    for (const bool nan : {false, true})
        for (const Index block_rows : {500, 4'096, 7'001}) {
            const Matrix<double> M = uneven_with_nan(20'000, 7, nan);
            const auto X = bf::from_array(M, {.block_rows = block_rows});
            std::vector<double> one;
            for (const int threads : {1, 2, 3, 8}) {
                const bf::Settings settings({.threads = threads});
                const std::vector<double> got = everything(X);
                if (threads == 1) one = got;
                REQUIRE(same_bits(got, one));
            }
        }
}

TEST_CASE("reductions: the same bits alone and beside arrays that are read in other tiles", "[array]") {
    const Matrix<double> M = uneven_with_nan(20'000, 3, true);
    const auto X = bf::from_array(M, {.block_rows = 9'000});
    const auto wide = bf::random_normal(20'000, 700, {.seed = 1, .block_rows = 9'000});
    const auto [sum, vars, nansums, nanvar, least, wide_sum] =
        bf::compute(bf::nansum(X), bf::nanvar(X, bf::axis<0>), bf::nansum(X, bf::axis<0>), bf::nanvar(X),
                    bf::nanargmin(X, bf::axis<0>), bf::sum(wide));
    REQUIRE(test::same_bits(sum, bf::nansum(X).compute()));
    REQUIRE(same_bits(vars, bf::nanvar(X, bf::axis<0>).compute()));
    REQUIRE(same_bits(nansums, bf::nansum(X, bf::axis<0>).compute()));
    REQUIRE(test::same_bits(nanvar, bf::nanvar(X).compute()));
    REQUIRE(least == bf::nanargmin(X, bf::axis<0>).compute());
    REQUIRE(test::same_bits(wide_sum, bf::sum(wide).compute()));
}

TEST_CASE("reductions: the same bits of packed rows, rows with a stride, and rows that are computed", "[array]") {
    for (const Index cols : {1, 2, 5, 1'500}) {
        const Matrix<double> M = uneven_with_nan(9'000'000 / (1'000 * std::min<Index>(cols, 20)), cols, true);
        const test::Padded<double> padded(M);
        const auto X = bf::from_array(M, {.block_rows = 5'000});
        const auto Y = bf::from_array(padded.view(), {.block_rows = 5'000});
        const auto Z = X.map_rows([](auto in, auto out) {
            for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
        });
        const std::vector<double> want = everything(X);
        REQUIRE(same_bits(everything(Y), want));
        REQUIRE(same_bits(everything(Z), want));
    }
}

TEST_CASE("reductions: sums of many values are right to the last places", "[array]") {
    // Values that cancel, far from zero: the exact sum is known from integers.
    const Index n = 1'000'003;
    const auto y = bf::vector_from_function<double>(
        n,
        [](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i) {
                const Index k = first + i;
                out(i, 0) = (k % 2 == 0 ? 1.0 : -1.0) * static_cast<double>(1'000'000'007 + k * 7919 % 1009) / 1024;
            }
        },
        {.block_rows = 30'000});
    Index exact = 0;
    double magnitude = 0;
    for (Index k = 0; k < n; ++k) {
        const Index value = 1'000'000'007 + k * 7919 % 1009;
        exact += k % 2 == 0 ? value : -value;
        magnitude += static_cast<double>(value) / 1024;
    }
    const double want = static_cast<double>(exact) / 1024;
    REQUIRE(std::abs(bf::sum(y).compute() - want) <= 1e-15 * magnitude);
    REQUIRE(std::abs(bf::mean(y).compute() * static_cast<double>(n) - want) <= 1e-15 * magnitude);
    // The variance of numbers far from zero, by blocks so small that most of the work is joining them.
    const auto far = y.map_blocks([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) out(i, 0) = 1e6 + (in(i, 0) > 0 ? 1.0 : -1.0);
    });
    const double share = 500'002.0 / 1'000'003.0;  // of the larger of two values that differ by 2
    const double exact_var = 4 * share * (1 - share);
    REQUIRE(std::abs(bf::var(far.rechunk(7)).compute() - exact_var) <= 1e-12);
}

TEST_CASE("reductions: first occurrence, for any blocks", "[array]") {
    bf::RandomState random(5);
    for (int round = 0; round < 200; ++round) {
        const auto n = static_cast<Index>(1 + random.uniform() * 6'000);
        const auto different = static_cast<Index>(1 + random.uniform() * 400);
        std::vector<std::int32_t> y(static_cast<std::size_t>(n));
        for (auto& v : y) v = static_cast<std::int32_t>(random.uniform() * static_cast<double>(different));
        if (round % 3 == 0) std::ranges::sort(y, std::greater<>{});
        const auto block_rows = static_cast<Index>(1 + random.uniform() * static_cast<double>(n));
        const auto Y = bf::from_vector(y, {.block_rows = block_rows});
        const auto [at_min, at_max, min, max] = bf::compute(bf::argmin(Y), bf::argmax(Y), bf::min(Y), bf::max(Y));
        REQUIRE(at_min == std::ranges::min_element(y) - y.begin());
        REQUIRE(at_max == std::ranges::max_element(y) - y.begin());
        REQUIRE(min == *std::ranges::min_element(y));
        REQUIRE(max == *std::ranges::max_element(y));
    }
}

TEST_CASE("reductions: blocks of nothing but NaN, and NaN after the extremum", "[array]") {
    const std::vector<double> y{test::nan, test::nan, 5, 3, test::nan, test::nan, 7, 3};
    const auto Y = bf::from_vector(y, {.block_rows = 2});
    CHECK(bf::nanmin(Y).compute() == 3);
    CHECK(bf::nanmax(Y).compute() == 7);
    CHECK(bf::nanargmin(Y).compute() == 3);
    CHECK(bf::nanargmax(Y).compute() == 6);
    CHECK(bf::nanmean(Y).compute() == 4.5);
    CHECK(bf::nanvar(Y).compute() == 2.75);
    const std::vector<double> z{5, 3, 1, test::nan, 0, test::nan};
    const auto Z = bf::from_vector(z, {.block_rows = 2});
    CHECK(std::isnan(bf::min(Z).compute()));
    CHECK(bf::argmin(Z).compute() == 3);
    CHECK(bf::argmax(Z).compute() == 3);
    CHECK(std::isnan(bf::var(Z).compute()));
}

TEST_CASE("compute: several reductions read what they share once", "[array]") {
    std::atomic<Index> rows_read = 0;
    const auto X = bf::from_function<double>(50'000, 3,
                                             [&](Index first, MatrixView<double> out) {
                                                 rows_read += out.rows();
                                                 for (Index i = 0; i < out.rows(); ++i)
                                                     for (Index j = 0; j < 3; ++j)
                                                         out(i, j) = static_cast<double>((first + i) % (j + 5));
                                             },
                                             {.block_rows = 12'345});
    const auto twice = X.map_rows([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i)
            for (Index j = 0; j < 3; ++j) out(i, j) = 2 * in(i, j);
    });
    for (const int threads : {1, 3}) {
        const bf::Settings settings({.threads = threads});
        rows_read = 0;
        const auto [sum, mean, most, var, doubled, last, rows, histogram] =
            bf::compute(bf::sum(X), bf::mean(X, bf::axis<0>), bf::max(X), bf::var(X), bf::sum(twice), bf::sum(X.col(2)),
                        bf::max(bf::sum(X, bf::axis<1>)), bf::histogram(X, 5, {0, 5}));
        CHECK(rows_read == 50'000);
        CHECK(doubled == 2 * sum);
        CHECK(mean[0] == 2);
        CHECK(most == 6);
        CHECK(last == 7'142 * 21 + 15);
        CHECK(rows == 4 + 5 + 6);
        CHECK(var > 0);
        CHECK(histogram.counts[0] > 0);
    }
    // The range of a histogram is found first, together with what needs nothing first.
    rows_read = 0;
    const auto [histogram, sum] = bf::compute(bf::histogram(X, 7), bf::sum(X));
    CHECK(rows_read == 100'000);
    CHECK(histogram.edges.back() == 6);
    // Other blocks are another pass; the same reduction twice is one.
    rows_read = 0;
    const auto total = bf::sum(X);
    const auto [a, b, c] = bf::compute(total, bf::sum(X.rechunk(10'000)), total);
    CHECK(rows_read == 100'000);
    CHECK(a == b);
    CHECK(a == c);
}

TEST_CASE("Reduction: lazy, and may be computed again after the array is gone", "[array]") {
    std::atomic<Index> calls = 0;
    const auto reduction = [&] {
        const auto y = bf::vector_from_function<int>(10, [&](Index first, MatrixView<int> out) {
            ++calls;
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<int>(first + i);
        });
        return bf::sum(y);
    }();
    const auto copy = reduction;
    CHECK(calls == 0);
    CHECK(reduction.compute() == 45);
    CHECK(copy.compute() == 45);
    CHECK(calls == 2);
}

TEST_CASE("reductions: axis 1 is lazy and can go on", "[array]") {
    const Matrix<double> M{{1, 2, 3}, {4, 5, 6}, {7, 8, 100}};
    const auto X = bf::from_array(M, {.block_rows = 2});
    const bf::ChunkedVector<double> sums = bf::sum(X, bf::axis<1>);
    CHECK(sums.compute() == std::vector<double>{6, 15, 115});
    CHECK(sums.plan() == X.plan());
    CHECK(bf::argmax(sums).compute() == 2);
    const bf::ChunkedVector<bool> any = bf::any(X, bf::axis<1>);
    CHECK(bf::all(any).compute());
    CHECK(bf::sum(bf::argmin(X, bf::axis<1>)).compute() == 0);
}

TEST_CASE("reductions: errors say what and where", "[array]") {
    using test::message;
    const auto X = bf::from_array(Matrix<double>(0, 3));
    for (const std::string& text :
         {message([&] { (void)bf::min(X); }), message([&] { (void)bf::min(X, bf::axis<0>); })})
        CHECK(text == "min: the array has no elements");
    CHECK(message([&] { (void)bf::nanargmax(bf::from_array(Matrix<double>(3, 0)), bf::axis<1>); }) ==
          "nanargmax: the array has no elements");
    CHECK(bf::min(bf::from_array(Matrix<double>(3, 0)), bf::axis<0>).compute().empty());

    const Index top = std::numeric_limits<Index>::max();
    const Matrix<Index> M{{1, top}, {2, 0}, {3, 1}};
    const auto I = bf::from_array(M, {.block_rows = 2});
    CHECK(message([&] { (void)bf::sum(I).compute(); }) ==
          "sum: the total is beyond the range of int64; sum astype<double>() instead");
    CHECK(message([&] { (void)bf::sum(I, bf::axis<0>).compute(); }) ==
          "sum: the total is beyond the range of int64; sum astype<double>() instead [column 1]");
    CHECK(message([&] { (void)bf::sum(I, bf::axis<1>).compute(); }) ==
          "sum: the total is beyond the range of int64; sum astype<double>() instead [block 0, row 0]");
    CHECK(message([&] { (void)bf::sum(I.rows(1, 3).rechunk(1), bf::axis<1>).compute(); }) == "nothing was thrown");

    const Matrix<double> nan{{1, 2}, {test::nan, 3}, {test::nan, test::nan}};
    const auto N = bf::from_array(nan, {.block_rows = 1});
    CHECK(message([&] { (void)bf::nanargmin(N, bf::axis<1>).compute(); }) ==
          "nanargmin: all values are NaN [block 2, row 2]");
    CHECK(message([&] { (void)bf::nanargmax(N.rows(1, 3), bf::axis<0>).compute(); }) ==
          "nanargmax: all values are NaN [column 0]");

    // What a source throws keeps its place, beside other arrays too.
    const auto bad = bf::from_function<double>(20'000, 2,
                                               [](Index first, MatrixView<double> out) {
                                                   for (Index i = 0; i < out.rows(); ++i)
                                                       for (Index j = 0; j < 2; ++j)
                                                           out(i, j) = first + i == 19'000 && j == 1 ? 0.5 : 1.0;
                                               },
                                               {.block_rows = 9'500});
    const auto wide = bf::random_normal(20'000, 300, {.block_rows = 9'500});
    for (const int threads : {1, 4}) {
        const bf::Settings settings({.threads = threads});
        CHECK(message([&] { (void)bf::compute(bf::sum(wide), bf::sum(bad.astype<int>())); }) ==
              "astype: value 0.500000 of type float64 cannot be held as int32 [block 2, row 19000, column 1]");
    }
}

TEST_CASE("reductions: of no columns", "[array]") {
    const auto X = bf::from_array(Matrix<double>(5'000, 0), {.block_rows = 1'000});
    const auto [sum, sums, vars, median, medians, unique, histogram, all] =
        bf::compute(bf::sum(X), bf::sum(X, bf::axis<0>), bf::var(X, bf::axis<0>), bf::median(X),
                    bf::median(X, bf::axis<0>), bf::unique(X), bf::histogram(X, 2), bf::all(X));
    CHECK(sum == 0);
    CHECK(sums.empty());
    CHECK(vars.empty());
    CHECK(std::isnan(median.value));
    CHECK(medians.values.empty());
    CHECK(unique.values.empty());
    CHECK(histogram.edges == std::vector<double>{0, 0.5, 1});
    CHECK(all);
    CHECK(bf::sum(X, bf::axis<1>).compute() == std::vector<double>(5'000, 0.0));
}

TEST_CASE("histogram: counts agree with the edges, also of floats far from zero", "[array]") {
    std::vector<float> y;
    for (int i = 0; i < 4'000; ++i) y.push_back(1e6F + static_cast<float>(i % 37) / 16);
    const bf::Histogram got = bf::histogram(bf::from_vector(y), 1'000, {1e6, 1e6 + 2}).compute();
    for (std::size_t k = 0; k < got.counts.size(); ++k) {
        const double low = got.edges[k], high = got.edges[k + 1];
        const bool last = k + 1 == got.counts.size();
        const auto inside = [&](double v) { return v >= low && (last ? v <= high : v < high); };
        REQUIRE(got.counts[k] == std::ranges::count_if(y, inside));
    }
}

TEST_CASE("reductions: parameters out of range", "[array]") {
    const auto X = bf::random_normal(10, 2);
    CHECK_THROWS_AS(bf::histogram(X, 0), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, 0, {0, 1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, 5, {1, 0}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, 5, {0, test::infinity}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, 5, {test::nan, 1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, 5, {-1e308, 1e308}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, std::vector<double>{1.0}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, {1.0, 0.5}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, {1.0, test::nan}), bf::ParameterError);
    CHECK_THROWS_AS(bf::histogram(X, {test::nan, 1.0}), bf::ParameterError);
    CHECK_THROWS_AS(bf::unique(X, {.max_values = 0}), bf::ParameterError);
    CHECK_THROWS_AS(bf::quantile(X, 1.5), bf::ParameterError);
    CHECK_THROWS_AS(bf::quantile(X, {0.5, -0.1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::quantile(X, test::nan), bf::ParameterError);
    CHECK_THROWS_AS(bf::median(X, {.rank_error = -0.1}), bf::ParameterError);
    CHECK_THROWS_AS(bf::median(X, bf::axis<0>, {.rank_error = 1}), bf::ParameterError);
}

TEST_CASE("reductions: memory counts", "[array]") {
    const auto X = bf::random_normal(10'000, 100, {.block_rows = 1'000});
    const double want = bf::sum(X).compute();
    {
        const bf::Settings settings({.memory_limit = 4'000'000});
        CHECK(bf::sum(X).compute() == want);
    }
    const bf::Settings settings({.memory_limit = 100'000});
    CHECK_THROWS_AS(bf::sum(X).compute(), bf::MemoryLimitError);
    CHECK_THROWS_AS(bf::compute(bf::sum(X), bf::mean(X, bf::axis<0>)), bf::MemoryLimitError);
    // The quantile's own memory, before anything is read.
    const auto y = bf::vector_from_function<double>(1'000'000, [](Index, MatrixView<double>) { FAIL("was read"); });
    CHECK_THAT(test::message([&] { (void)bf::median(y, {.rank_error = 0}).compute(); }),
               Catch::Contains("the result takes up to 32.0 MB, but memory_limit is 100.0 kB"));
}

TEST_CASE("unique: bounded, and right when many lists are merged", "[array]") {
    const Index n = 300'000;
    const auto y = bf::vector_from_function<Index>(n,
                                                   [](Index first, MatrixView<Index> out) {
                                                       for (Index i = 0; i < out.rows(); ++i)
                                                           out(i, 0) = (first + i) * 7919 % 100'003 - 50'000;
                                                   },
                                                   {.block_rows = 70'001});
    for (const int threads : {1, 3}) {
        const bf::Settings settings({.threads = threads});
        const auto [values, counts] = bf::unique(y, {.max_values = 100'003}).compute();
        REQUIRE(values.size() == 100'003);
        Index total = 0;
        for (std::size_t k = 0; k < values.size(); ++k) {
            REQUIRE(values[k] == static_cast<Index>(k) - 50'000);
            REQUIRE((counts[k] == 2 || counts[k] == 3));
            total += counts[k];
        }
        REQUIRE(total == n);
        CHECK_THAT(test::message([&] { (void)bf::unique(y, {.max_values = 100'002}).compute(); }),
                   Catch::Contains("there are more than 100002 different values"));
    }
}
