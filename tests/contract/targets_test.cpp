/// What every estimator promises about what goes beside X: targets of any type, weights, and the caller's memory.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <contract/cases.hpp>

using namespace contract;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

using Weighted = Select<[]<class Case>() { return has_weighted_fit<Case> && !is_weightless<Case>; }>;
using Weightless = Select<[]<class Case>() { return is_weightless<Case>; }>;

/// Calls whose `out` has a wrong shape.
template <class F>
void wrong_shapes(Index rows, Index cols, F call) {
    for (const auto& [r, c] : {std::pair{rows - 1, cols}, {rows + 1, cols}, {rows, cols - 1}, {rows, cols + 1}}) {
        CAPTURE(r, c);
        Matrix<double> bad(r, c);
        REQUIRE_THROWS_AS(call(bad.view()), bf::ShapeError);
    }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: transform into the caller's memory", "[contract]", Transformers) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto e = fitted<TestType>(X, targets<TestType>(X));
    const Matrix<double> Z = e.transform(X);
    test::Padded<double> out(test::normal(n, Z.cols(), 9));
    e.transform(X.view(), out.view());
    REQUIRE(same_bits(Matrix<double>(std::as_const(out).view()), Z));
    REQUIRE(out.padding_untouched());
    wrong_shapes(n, Z.cols(), [&](MatrixView<double> bad) { e.transform(X, bad); });
    if constexpr (TestType::has_inverse) {
        const Matrix<double> back = e.inverse_transform(Z);
        test::Padded<double> rows(test::normal(n, d, 9));
        e.inverse_transform(Z.view(), rows.view());
        REQUIRE(same_bits(Matrix<double>(std::as_const(rows).view()), back));
        REQUIRE(rows.padding_untouched());
        wrong_shapes(n, d, [&](MatrixView<double> bad) { e.inverse_transform(Z, bad); });
        if constexpr (keeps_features<TestType>) {
            Matrix<double> in_place = X;
            e.transform(std::as_const(in_place).view(), in_place.view());
            REQUIRE(same_bits(in_place, Z));
            e.inverse_transform(in_place, in_place);
            REQUIRE(same_bits(in_place, back));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: predictions into the caller's memory", "[contract]", Predictors) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto e = fitted<TestType>(X, targets<TestType>(X));
    const MatrixView<const double> view = X.view();
    using Result = decltype(e.predict(X));
    Result predicted(n), too_few(n - 1), too_many(n + 1);
    e.predict(view, std::span(predicted));
    REQUIRE(predicted == e.predict(X));
    REQUIRE_THROWS_AS(e.predict(view, std::span(too_few)), bf::ShapeError);
    REQUIRE_THROWS_AS(e.predict(view, std::span(too_many)), bf::ShapeError);
    if constexpr (is_classifier<TestType> && TestType::has_decision) {
        const Index decisions = TestType::n_classes == 2 ? 1 : TestType::n_classes;
        test::Padded<double> out(test::normal(n, decisions, 9));
        e.decision_function(view, out.view());
        REQUIRE(same_bits(Matrix<double>(std::as_const(out).view()), e.decision_function(X)));
        REQUIRE(out.padding_untouched());
        wrong_shapes(n, decisions, [&](MatrixView<double> bad) { e.decision_function(view, bad); });
    }
    if constexpr (TestType::has_proba) {
        test::Padded<double> proba(test::normal(n, TestType::n_classes, 9));
        e.predict_proba(view, proba.view());
        REQUIRE(same_bits(Matrix<double>(std::as_const(proba).view()), e.predict_proba(X)));
        REQUIRE(proba.padding_untouched());
        wrong_shapes(n, TestType::n_classes, [&](MatrixView<double> bad) { e.predict_proba(view, bad); });
    }
}

TEMPLATE_LIST_TEST_CASE("contract: labels of any type", "[contract]", Classifiers) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const auto want = fitted<TestType>(X, y);
    const auto check = [&]<class L>(const std::vector<L>& other) {
        REQUIRE(fitted<TestType>(X, other) == want);
        REQUIRE(want.score(X, other) == want.score(X, y));
    };
    check(std::vector<int>(y.begin(), y.end()));
    check(std::vector<unsigned char>(y.begin(), y.end()));
    check(std::vector<double>(y.begin(), y.end()));
    enum class Species : short { setosa, versicolor, virginica };
    std::vector<Species> species;
    for (const Label label : y) species.push_back(static_cast<Species>(label));
    check(species);
    if constexpr (TestType::n_classes == 2) {
        std::array<bool, n> flags{};
        std::ranges::transform(y, flags.begin(), [](Label label) { return label == 1; });
        REQUIRE(fitted<TestType>(X, flags) == want);
    }
    auto e = want;
    std::vector<double> halves(y.begin(), y.end());
    halves[11] = 0.5;
    REQUIRE(refused<bf::LabelError>(e, [&] { fit<TestType>(e, X, halves); }).row() == 11);
}

TEMPLATE_LIST_TEST_CASE("contract: real targets of any type", "[contract]", Regressors) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    std::vector<double> y = reals(X.view());
    for (double& value : y) value = std::round(4 * value) / 4;
    const std::vector<float> single(y.begin(), y.end());
    auto want = fitted<TestType>(X, y);
    REQUIRE(fitted<TestType>(X, single) == want);
    REQUIRE(want.score(X, single) == want.score(X, y));
    auto e = want;
    partial_fit<TestType>(e, X, single);
    partial_fit<TestType>(want, X, y);
    REQUIRE(e == want);
    const std::vector<int> whole(y.begin(), y.end());
    const std::vector<double> rounded(whole.begin(), whole.end());
    REQUIRE(fitted<TestType>(X, whole) == fitted<TestType>(X, rounded));
    REQUIRE(want.score(X, whole) == want.score(X, rounded));
}

TEMPLATE_LIST_TEST_CASE("contract: weights of one are no weights", "[contract]", Weighted) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const std::vector<double> ones(n, 1.0), w = test::weights(n, 3), too_few(n - 1, 1.0);
    std::vector<double> bad = w;
    bad[13] = test::nan;
    const auto want = fitted<TestType>(X, y);
    const Matrix<double> wanted = results<TestType>(want, X);
    auto e = TestType::make();
    const auto weigh = [&](const auto& weight) {
        if constexpr (is_supervised<TestType>) e.fit(X, y, {.sample_weight = weight});
        else e.fit(X, weight);
    };
    const auto weigh_block = [&](const auto& weight) {
        if constexpr (is_supervised<TestType>) e.partial_fit(X, y, {.sample_weight = weight});
        else e.partial_fit(X, weight);
    };
    const auto same = [&] {
        if constexpr (TestType::exact_ones) return e == want;
        const Matrix<double> got = results<TestType>(e, X);
        return std::ranges::equal(got.values(), wanted.values(),
                                  [](double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b)); });
    };
    weigh(ones);
    REQUIRE(same());
    weigh(1.0);
    REQUIRE(same());
    if constexpr (is_supervised<TestType>) REQUIRE(e.score(X, y, ones) == e.score(X, y));
    if constexpr (is_clusterer<TestType>) REQUIRE(e.score(X, ones) == e.score(X));
    weigh(w);
    REQUIRE_FALSE(same());
    (void)refused<bf::ShapeError>(e, [&] { weigh(too_few); });
    (void)refused<bf::ShapeError>(e, [&] { weigh_block(too_few); });
    REQUIRE(refused<bf::DataError>(e, [&] { weigh(bad); }).row() == 13);
    REQUIRE(refused<bf::DataError>(e, [&] { weigh_block(bad); }).row() == 13);
}

TEMPLATE_LIST_TEST_CASE("contract: weights that are of no use are refused", "[contract]", Weightless) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const std::vector<double> w = test::weights(n, 3);
    auto e = fitted<TestType>(X, y);
    const auto check = [&](auto call) {
        REQUIRE_THAT(refused<bf::UnsupportedError>(e, call).what(), Contains(std::string(e.class_name)));
    };
    if constexpr (is_supervised<TestType>) check([&] { e.partial_fit(X, y, {.sample_weight = w}); });
    else if constexpr (has_weighted_fit<TestType>) check([&] { e.partial_fit(X, w); });
    bf::Incremental incremental(e);
    const auto blocks = bf::from_array(X, {.block_rows = 30});
    const auto chunked = [&] {
        if constexpr (is_supervised<TestType>)
            incremental.partial_fit(blocks, bf::from_vector(y), {.sample_weight = bf::from_vector(w)});
        else incremental.partial_fit(blocks, bf::from_vector(w));
    };
    (void)refused<bf::UnsupportedError>(incremental, chunked);
}
