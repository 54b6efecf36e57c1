/// What every estimator promises about misuse: it is refused by name and place, and changes nothing.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <contract/cases.hpp>

using namespace contract;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

using NanRefused = Select<[]<class Case>() { return !Case::accepts_nan; }>;
using NanAccepted = Select<[]<class Case>() { return Case::accepts_nan; }>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: another number of features is refused", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), wide = uneven<TestType>(n, d + 1, 1);
    const auto y = targets<TestType>(X);
    auto e = fitted<TestType>(X, y);
    for (const MatrixView<const double> bad : {wide.view(), X.view().cols(0, d - 1)}) {
        const auto error = refused<bf::ShapeError>(e, [&] { partial_fit<TestType>(e, bad, y); });
        REQUIRE_THAT(error.what(), Contains("number of features is " + std::to_string(bad.cols()) + ", expected 5"));
        each_call<TestType>(e, bad, [&](auto call) { (void)refused<bf::ShapeError>(e, [&] { (void)call(); }); });
        if constexpr (is_supervised<TestType> || is_clusterer<TestType>)
            (void)refused<bf::ShapeError>(e, [&] { (void)score<TestType>(e, bad, y); });
    }
}

TEMPLATE_LIST_TEST_CASE("contract: another number of targets is refused", "[contract]", Supervised) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto e = fitted<TestType>(X, y);
    for (const std::size_t size : {std::size_t{0}, std::size_t{n - 1}, std::size_t{n + 1}}) {
        auto other = y;
        other.resize(size);
        (void)refused<bf::ShapeError>(e, [&] { fit<TestType>(e, X, other); });
        (void)refused<bf::ShapeError>(e, [&] { partial_fit<TestType>(e, X, other); });
        REQUIRE_THROWS_AS(e.score(X, other), bf::ShapeError);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: no rows, no columns", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const Matrix<double> no_rows(0, d), no_cols(n, 0), nothing(0, 0);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (const Matrix<double>* empty : {&no_rows, &no_cols, &nothing}) {
        const auto some = part(y, {0, empty->rows()});
        for (auto* each : {&fresh, &e}) {
            (void)refused<bf::ShapeError>(*each, [&] { fit<TestType>(*each, *empty, some); });
            (void)refused<bf::ShapeError>(*each, [&] { partial_fit<TestType>(*each, *empty, some); });
        }
    }
    // An empty block has an empty result.
    REQUIRE(results<TestType>(e, no_rows).rows() == 0);
    REQUIRE_THROWS_AS(results<TestType>(e, no_cols), bf::ShapeError);
    if constexpr (is_supervised<TestType> || is_clusterer<TestType>)
        REQUIRE_THROWS_AS(score<TestType>(e, no_rows, part(y, {0, 0})), bf::ShapeError);
}

TEMPLATE_LIST_TEST_CASE("contract: nothing can be asked before the first fit", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const auto chunked = bf::from_array(X, {.block_rows = 20});
    auto e = TestType::make();
    const auto not_fitted = [&](auto call) {
        const auto error = refused<bf::NotFittedError>(e, call);
        REQUIRE_THAT(error.what(), Contains("fit"));
    };
    not_fitted([&] { (void)e.n_features_in(); });
    if constexpr (is_classifier<TestType>) not_fitted([&] { (void)e.classes(); });
    if constexpr (is_transformer<TestType>) not_fitted([&] { (void)e.n_features_out(); });
    each_call<TestType>(e, X, [&](auto call) { not_fitted([&] { (void)call(); }); });
    each_call<TestType>(e, chunked, [&](auto call) { not_fitted([&] { (void)call(); }); });
    if constexpr (is_supervised<TestType> || is_clusterer<TestType>) {
        not_fitted([&] { (void)score<TestType>(e, X, y); });
        not_fitted([&] { (void)score<TestType>(e, chunked, y); });
        decltype(e.predict(X)) out(n);
        not_fitted([&] { e.predict(X.view(), std::span(out)); });
    }
    if constexpr (is_transformer<TestType>) {
        Matrix<double> out(n, keeps_features<TestType> ? d : TestType::n_features_out);
        not_fitted([&] { e.transform(X, out); });
    }
    if constexpr (is_classifier<TestType> && !TestType::has_proba) {
        REQUIRE_THROWS_AS(e.predict_proba(X), bf::UnsupportedError);
        REQUIRE_THROWS_AS(e.predict_log_proba(chunked), bf::UnsupportedError);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: infinity is refused, with row and column", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (const double bad : {test::infinity, -test::infinity}) {
        Matrix<double> with = X;
        with(47, 3) = bad;
        with(48, 1) = bad;
        const auto check = [](const bf::DataError& error) {
            REQUIRE(error.row() == 47);
            REQUIRE(error.column() == 3);
            REQUIRE_THAT(error.what(), Contains("infinity") && Contains("row 47, column 3"));
        };
        for (auto* each : {&fresh, &e}) {
            check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, with, y); }));
            check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, with, y); }));
            check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, test::as<float>(with), y); }));
        }
        each_call<TestType>(e, with, [&](auto call) { check(refused<bf::DataError>(e, [&] { (void)call(); })); });
        // Blocks are named too, so the place is all that has to agree.
        if constexpr (is_supervised<TestType> || is_clusterer<TestType>)
            REQUIRE(refused<bf::DataError>(e, [&] { (void)score<TestType>(e, with, y); }).row() == 47);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: NaN is refused, with row and column", "[contract]", NanRefused) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    Matrix<double> with = X;
    with(89, 4) = test::nan;
    const auto check = [](const bf::DataError& error) {
        REQUIRE(error.row() == 89);
        REQUIRE(error.column() == 4);
        REQUIRE_THAT(error.what(), Contains("NaN"));
    };
    for (auto* each : {&fresh, &e}) {
        check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, with, y); }));
        check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, with, y); }));
        check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, test::as<float>(with), y); }));
    }
    check(refused<bf::DataError>(e, [&] { (void)results<TestType>(e, with); }));
    check(refused<bf::DataError>(e, [&] { (void)results<TestType>(e, test::as<float>(with)); }));
    // Beyond the first tile of whatever is done by tile.
    Matrix<double> tall(4200, d);
    tall(4150, 1) = test::nan;
    const auto error = refused<bf::DataError>(e, [&] { (void)results<TestType>(e, tall); });
    REQUIRE(error.row() == 4150);
    REQUIRE(error.column() == 1);
}

TEMPLATE_LIST_TEST_CASE("contract: NaN is missing for scalers", "[contract]", NanAccepted) {
    Matrix<double> X = uneven<TestType>(n, d, 1);
    // What is learned about a column is what is learned without the row.
    Matrix<double> without(n - 1, d);
    for (Index i = 0; i + 1 < n; ++i) std::ranges::copy(X.row(i < 47 ? i : i + 1), without.row(i).begin());
    const Matrix<double> want = fitted<TestType>(without, targets<TestType>(without)).transform(without);
    X(47, 3) = test::nan;
    X(0, 0) = test::nan;
    const auto e = fitted<TestType>(X, targets<TestType>(without));
    const Matrix<double> Z = e.transform(X);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < d; ++j) {
            REQUIRE(std::isnan(Z(i, j)) == std::isnan(X(i, j)));
            if (j == 3 && i != 47) REQUIRE(Z(i, j) == Approx(want(i < 47 ? i : i - 1, j)).margin(1e-12));
        }
    REQUIRE(std::isnan(e.inverse_transform(Z)(47, 3)));
}

TEMPLATE_LIST_TEST_CASE("contract: targets that are not finite are refused, with the row", "[contract]", Regressors) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (const double bad : {test::nan, test::infinity, -test::infinity}) {
        std::vector<double> with = y;
        with[83] = with[85] = bad;
        const auto check = [&](const bf::DataError& error) {
            REQUIRE(error.row() == 83);
            REQUIRE_THAT(error.what(), Contains("y holds " + std::string(std::isnan(bad) ? "NaN" : "infinity")));
        };
        for (auto* each : {&fresh, &e}) {
            check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, X, with); }));
            check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, X, with); }));
        }
        check(refused<bf::DataError>(e, [&] { (void)e.score(X, with); }));
        const std::vector<float> single(with.begin(), with.end());
        check(refused<bf::DataError>(e, [&] { partial_fit<TestType>(e, X, single); }));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: labels that are not in classes are refused", "[contract]", Classifiers) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto good = targets<TestType>(X);
    auto y = good;
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    y[83] = 7;
    for (auto* each : {&fresh, &e}) {
        const auto error = refused<bf::LabelError>(*each, [&] { partial_fit<TestType>(*each, X, y); });
        REQUIRE(error.row() == 83);
        REQUIRE_THAT(error.what(), Contains("label 7"));
    }
    (void)refused<bf::LabelError>(e, [&] { e.partial_fit(X, good, {.classes = {0, 1, 2, 3}}); });
    // The order in which classes are given, and repeats, do not matter.
    std::vector<Label> reversed = classes<TestType>();
    reversed.insert(reversed.end(), reversed.begin(), reversed.end());
    std::ranges::reverse(reversed);
    auto a = TestType::make(), b = TestType::make();
    partial_fit<TestType>(a, X, good);
    b.partial_fit(X, good, {.classes = reversed});
    REQUIRE(a == b);
}
