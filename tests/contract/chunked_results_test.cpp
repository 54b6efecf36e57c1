/// What every estimator promises about results of chunked data: the cuts, the number of threads and laziness never show.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <contract/chunked.hpp>

using namespace contract;
using test::same_bits;

namespace {

constexpr Index n = 200, d = 4;

/// A score that is a sum over blocks, so that other cuts give it to rounding.
template <class Case>
inline constexpr bool summed_score = is_regressor<Case> || is_clusterer<Case>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: chunked results equal those in memory", "[contract]", All) {
    const Matrix<double> train = uneven<TestType>(n, d, 1), X = uneven<TestType>(n, d, 2);
    const auto y = targets<TestType>(X);
    const auto e = fitted<TestType>(train, targets<TestType>(train));
    const Matrix<double> want = results<TestType>(e, X);
    SECTION("any cuts, any number of threads") {
        for (const Index block_rows : {1, 7, 64, 199, 200, 1000}) {
            const auto blocks = bf::from_array(X, {.block_rows = block_rows});
            std::optional<double> first;
            for (const int threads : thread_counts) {
                CAPTURE(threads, block_rows);
                const bf::Settings settings({.threads = threads});
                REQUIRE(same_bits(results<TestType>(e, blocks), want));
                if constexpr (is_supervised<TestType> || is_clusterer<TestType>) {
                    const double got = score<TestType>(e, blocks, bf::from_vector(y));
                    if (!first) first = got;
                    REQUIRE(got == *first);
                    // y in memory, too.
                    REQUIRE(score<TestType>(e, blocks, y) == got);
                    if constexpr (summed_score<TestType>) REQUIRE(got == Approx(score<TestType>(e, X, y)).epsilon(1e-12));
                    else REQUIRE(got == score<TestType>(e, X, y));
                }
            }
        }
        for (const int threads : thread_counts) {
            const bf::Settings settings({.threads = threads});
            REQUIRE(same_bits(results<TestType>(e, bf::from_array(X).rechunk(uneven_plan<TestType>(n))), want));
        }
    }
    SECTION("the result has the cuts of the data") {
        const auto blocks = bf::from_array(X, {.block_rows = 64});
        apply<TestType>(e, blocks, [&](const auto& lazy) {
            REQUIRE(lazy.rows() == n);
            REQUIRE(lazy.plan() == blocks.plan());
        });
    }
    SECTION("any rows, in any order") {
        const auto blocks = bf::from_array(X, {.block_rows = 64});
        for (const auto& [begin, end] : {std::pair<Index, Index>{130, 200}, {3, 4}, {60, 70}, {0, 0}}) {
            REQUIRE(same_bits(results<TestType>(e, blocks.rows(begin, end)), want.view().rows(begin, end)));
            Index first = 0;
            apply<TestType>(e, blocks, [&, begin = begin, end = end](const auto& lazy) {
                const Matrix<double> got = as_matrix(lazy.rows(begin, end));
                REQUIRE(same_bits(got, want.view().rows(begin, end).cols(first, first + got.cols())));
                first += got.cols();
            });
        }
    }
    SECTION("float and integer data") {
        const Matrix<float> F = test::as<float>(X);
        const Matrix<std::int16_t> I = test::as<std::int16_t>(X);
        REQUIRE(same_bits(results<TestType>(e, bf::from_array(F, {.block_rows = 33})), results<TestType>(e, F)));
        REQUIRE(same_bits(results<TestType>(e, bf::from_array(I, {.block_rows = 33})), results<TestType>(e, I)));
    }
    SECTION("strided, sliced and computed data") {
        const test::Padded<double> padded(X);
        REQUIRE(same_bits(results<TestType>(e, bf::from_array(padded.view(), {.block_rows = 33})), want));
        const auto doubled = bf::from_array(X, {.block_rows = 50}).map_rows([](MatrixView<const double> in, MatrixView<double> out) {
            for (Index i = 0; i < in.rows(); ++i)
                std::ranges::transform(in.row(i), out.row(i).begin(), [](double x) { return 2.0 * x; });
        });
        REQUIRE(same_bits(results<TestType>(e, doubled), results<TestType>(e, doubled.compute())));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: a lazy result keeps the state it was made with", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), other = uneven<TestType>(n, d, 5);
    auto e = std::make_unique<EstimatorOf<TestType>>(fitted<TestType>(X, targets<TestType>(X)));
    const Matrix<double> want = results<TestType>(*e, X);
    const auto blocks = bf::from_array(X, {.block_rows = 64});
    std::vector<std::function<Matrix<double>()>> later;
    apply<TestType>(*e, blocks, [&](const auto& lazy) { later.push_back([lazy] { return as_matrix(lazy); }); });
    const auto all_as_before = [&] {
        Index first = 0;
        for (const auto& compute : later) {
            const Matrix<double> got = compute();
            REQUIRE(same_bits(got, want.view().cols(first, first + got.cols())));
            first += got.cols();
        }
    };
    fit<TestType>(*e, other, targets<TestType>(other));
    REQUIRE_FALSE(same_bits(results<TestType>(*e, X), want));
    all_as_before();
    e.reset();
    all_as_before();
}

TEMPLATE_LIST_TEST_CASE("contract: chunked data of other features or lengths is refused before it is read", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    for (const Index cols : {d - 1, d + 1}) {
        each_call<TestType>(e, unreadable(n, cols), [](auto call) { REQUIRE_THROWS_AS(call(), bf::ShapeError); });
        if constexpr (is_supervised<TestType> || is_clusterer<TestType>)
            REQUIRE_THROWS_AS(score<TestType>(e, unreadable(n, cols), bf::from_vector(y)), bf::ShapeError);
    }
    const std::vector<double> w(n - 1, 1.0);
    if constexpr (is_supervised<TestType>) {
        REQUIRE_THROWS_AS(e.score(unreadable(n + 1, d), bf::from_vector(y)), bf::ShapeError);
        REQUIRE_THROWS_AS(e.score(unreadable(n, d), bf::from_vector(y), bf::from_vector(w)), bf::ShapeError);
        const auto none = part(y, {0, 0});
        REQUIRE_THROWS_AS(e.score(unreadable(0, d), bf::from_vector(none)), bf::ShapeError);
    }
    if constexpr (is_clusterer<TestType>) {
        REQUIRE_THROWS_AS(e.score(unreadable(n, d), bf::from_vector(w)), bf::ShapeError);
        REQUIRE_THROWS_AS(e.score(unreadable(0, d)), bf::ShapeError);
    }
    REQUIRE_THROWS_AS(results<TestType>(e, unreadable(n, d)), std::logic_error);
}

TEMPLATE_LIST_TEST_CASE("contract: a weighted score does not depend on threads", "[contract]", Predictors) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    const std::vector<double> w = test::weights(n, 3);
    const auto weighted = [&](const auto& data, const auto& target, const auto& weight) {
        if constexpr (is_supervised<TestType>) return e.score(data, target, weight);
        else return e.score(data, weight);
    };
    const auto predicted = e.predict(X);
    double want = 0.0;
    if constexpr (is_classifier<TestType>) {
        double right = 0.0, all = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            all += w[i];
            if (predicted[i] == y[i]) right += w[i];
        }
        want = right / all;
    } else if constexpr (is_regressor<TestType>) {
        double mean = 0.0, all = 0.0, left = 0.0, whole = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            all += w[i];
            mean += w[i] * y[i];
        }
        mean /= all;
        for (std::size_t i = 0; i < n; ++i) {
            left += w[i] * (y[i] - predicted[i]) * (y[i] - predicted[i]);
            whole += w[i] * (y[i] - mean) * (y[i] - mean);
        }
        want = 1.0 - left / whole;
    } else {
        const Matrix<double> distance = e.transform(X);
        for (Index i = 0; i < n; ++i) {
            const double least = std::ranges::min(distance.row(i));
            want -= w[static_cast<std::size_t>(i)] * least * least;
        }
    }
    const auto chunked = [&] {
        return weighted(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y), bf::from_vector(w));
    };
    const double one_thread = [&] {
        const bf::Settings settings({.threads = 1});
        return chunked();
    }();
    REQUIRE(one_thread == Approx(want).epsilon(1e-12));
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        REQUIRE(chunked() == one_thread);
    }
    REQUIRE(weighted(X, y, w) == Approx(want).epsilon(1e-12));
}

TEMPLATE_LIST_TEST_CASE("contract: a bad row of lazy data is named by block and row", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    Matrix<double> with = X;
    with(47, 3) = with(60, 0) = with(150, 1) = test::infinity;
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        const auto check = [](auto call) {
            try {
                call();
                FAIL("not refused");
            } catch (const bf::DataError& error) {
                REQUIRE(error.block() == 4);
                REQUIRE(error.row() == 47);
                REQUIRE(error.column() == 3);
            }
        };
        const auto blocks = bf::from_array(with, {.block_rows = 10});
        each_call<TestType>(e, blocks, [&](auto call) { check([&] { (void)call().compute(); }); });
        if constexpr (is_supervised<TestType> || is_clusterer<TestType>)
            check([&] { (void)score<TestType>(e, blocks, bf::from_vector(y)); });
    }
}
