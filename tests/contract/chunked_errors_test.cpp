/// What every estimator promises when training on chunked data goes wrong: what is known beforehand is refused before any
/// work, a bad block is named, and what is left is the state before it or that of the complete blocks before it.

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <contract/chunked.hpp>

using namespace contract;
using Catch::Matchers::Contains;

namespace {

constexpr Index n = 200, d = 4;

using LimitedFittable = Select<[]<class Case>() {
    return has_out_of_range<Case> && Case::chunks != Chunks::none && Case::chunks != Chunks::partial_fit;
}>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: a bad block leaves the complete ones before it", "[contract]", Incrementals) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const auto run = [&](const Matrix<double>& bad_X, const auto& bad_y, auto error_type) {
        using Error = decltype(error_type);
        auto want = TestType::make();
        train_by_hand<TestType>(want, X, y, bf::BlockPlan(90, 30));
        for (const int threads : thread_counts) {
            CAPTURE(threads);
            const bf::Settings settings({.threads = threads});
            auto e = TestType::make();
            const auto blocks = bf::from_array(bad_X, {.block_rows = 30});
            try {
                partial_fit<TestType>(e, blocks, bf::from_vector(bad_y));
                FAIL("not refused");
            } catch (const Error& error) {
                REQUIRE(error.block() == 3);
                REQUIRE(error.row() == 101);
            }
            REQUIRE(e == want);
            REQUIRE(e.blocks_done() == 3);
            // It goes on with the rest as if nothing had been.
            partial_fit<TestType>(e, bf::from_array(X, {.block_rows = 30}).rows(90, n), bf::from_vector(y).rows(90, n));
            auto whole = TestType::make();
            train_by_hand<TestType>(whole, X, y, bf::BlockPlan(n, 30));
            REQUIRE(e == whole);
        }
    };
    Matrix<double> bad_X = X;
    bad_X(101, 2) = bad_X(199, 0) = test::infinity;
    run(bad_X, y, bf::DataError(""));
    auto bad_y = y;
    if constexpr (is_classifier<TestType>) {
        bad_y[101] = 9;
        bad_y[150] = 8;
        run(X, bad_y, bf::LabelError(""));
    }
    if constexpr (is_regressor<TestType>) {
        bad_y[101] = bad_y[150] = test::nan;
        run(X, bad_y, bf::DataError(""));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: a chunked fit in one pass that fails changes nothing", "[contract]", OnePass) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    Matrix<double> with = X;
    with(101, 2) = with(150, 0) = test::infinity;
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    const auto check = [](const bf::Error& error) {
        REQUIRE(error.block() == 3);
        REQUIRE(error.row() == 101);
    };
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        const auto blocks = bf::from_array(with, {.block_rows = 30});
        for (auto* each : {&fresh, &e}) {
            const auto error = refused<bf::DataError>(*each, [&] { fit<TestType>(*each, blocks, bf::from_vector(y)); });
            check(error);
            REQUIRE(error.column() == 2);
            if constexpr (!is_pipeline<TestType>)  // which goes block by block
                check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, blocks, bf::from_vector(y)); }));
            if constexpr (is_classifier<TestType>) {
                auto bad_y = y;
                bad_y[101] = bad_y[150] = 9;
                const auto good = bf::from_array(X, {.block_rows = 30});
                check(refused<bf::LabelError>(*each, [&] { partial_fit<TestType>(*each, good, bf::from_vector(bad_y)); }));
            }
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: chunked training data is checked before any work", "[contract]", Fittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto e = fitted<TestType>(X, y);
    const auto refuse = [&](const auto& blocks, const auto& target) {
        (void)refused<bf::ShapeError>(e, [&] { fit<TestType>(e, blocks, target); });
    };
    const Matrix<double> no_rows(0, d), no_cols(n, 0);
    const auto none = part(y, {0, 0});
    refuse(bf::from_array(no_rows), bf::from_vector(none));
    refuse(bf::from_array(no_cols), bf::from_vector(y));
    const std::vector<double> w(n - 1, 1.0);
    if constexpr (is_supervised<TestType>) {
        auto one_more = y;
        one_more.push_back({});
        refuse(unreadable(n, d), bf::from_vector(one_more));
        const auto fit_weighted = [&] { e.fit(unreadable(n, d), bf::from_vector(y), {.sample_weight = bf::from_vector(w)}); };
        (void)refused<bf::ShapeError>(e, fit_weighted);
    } else if constexpr (has_weighted_fit<TestType>) {
        (void)refused<bf::ShapeError>(e, [&] { e.fit(unreadable(n, d), bf::from_vector(w)); });
    }
    REQUIRE_THROWS_AS(fit<TestType>(e, unreadable(n, d), bf::from_vector(y)), std::logic_error);
}

TEMPLATE_LIST_TEST_CASE("contract: chunked partial_fit checks shapes before any work", "[contract]", PartlyFittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), no_rows(0, d);
    const auto y = targets<TestType>(X), none = part(y, {0, 0});
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (auto* each : {&fresh, &e})
        (void)refused<bf::ShapeError>(
            *each, [&] { partial_fit<TestType>(*each, bf::from_array(no_rows), bf::from_vector(none)); });
    for (const Index cols : {d - 1, d + 1})
        (void)refused<bf::ShapeError>(e, [&] { partial_fit<TestType>(e, unreadable(n, cols), bf::from_vector(y)); });
}

TEMPLATE_LIST_TEST_CASE("contract: bad parameters are refused before any work", "[contract]", LimitedFittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto e = fitted<TestType>(X, y);
    const auto [name, text] = TestType::out_of_range;
    e.set_param(name, text);
    (void)refused<bf::ParameterError>(e, [&] { fit<TestType>(e, unreadable(n, d), bf::from_vector(y)); });
}

TEMPLATE_LIST_TEST_CASE("contract: a memory limit below one block is refused before any work", "[contract]", Fittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto e = fitted<TestType>(X, y);
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads, .memory_limit = 100});
        const auto error = refused<bf::MemoryLimitError>(e, [&] { fit<TestType>(e, unreadable(n, d), bf::from_vector(y)); });
        REQUIRE_THAT(error.what(), Contains("memory_limit is 0.1 kB"));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: a cancelled run keeps what is complete", "[contract]", PartlyFittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (const int threads : thread_counts) {
        const bf::CancelToken token;
        token.cancel();
        const bf::Settings settings({.threads = threads, .cancel = token});
        for (auto* each : {&fresh, &e})
            (void)refused<bf::Cancelled>(*each, [&] {
                partial_fit<TestType>(*each, bf::from_array(X, {.block_rows = 30}), bf::from_vector(y));
            });
    }
}
