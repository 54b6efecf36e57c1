/// What every estimator promises about float data, beside that of doubles of the same values.

#include <concepts>
#include <vector>

#include <contract/cases.hpp>

using namespace contract;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: float data", "[contract]", All) {
    const Matrix<float> F = test::as<float>(uneven<TestType>(n, d, 1));
    const Matrix<double> X = test::to_double(F);  // the same values
    const auto y = targets<TestType>(X);
    const auto e = fitted<TestType>(F, y), want = fitted<TestType>(X, y);
    REQUIRE(e.n_features_in() == d);
    if constexpr (is_classifier<TestType> && TestType::has_decision)
        static_assert(std::same_as<decltype(e.decision_function(F)), Matrix<double>>);
    if constexpr (is_transformer<TestType>) {
        static_assert(std::same_as<decltype(e.transform(F)), Matrix<float>>);
        static_assert(std::same_as<decltype(e.transform(X)), Matrix<double>>);
    }
    // What is learned from the same values is the same. Not behind a transform, which rounds to float.
    if constexpr (is_pipeline<TestType>) {
        if constexpr (is_supervised<TestType>) REQUIRE(e.score(F, y) > 0.7);
    } else {
        REQUIRE((e == want) != TestType::keeps_type);
    }
    const Matrix<double> got = results<TestType>(e, F), exact = results<TestType>(want, X);
    if constexpr (is_supervised<TestType> && !is_pipeline<TestType>) REQUIRE(same_bits(got, exact));
    if constexpr (TestType::rounds_once) REQUIRE(same_bits(got, test::to_double(test::as<float>(exact))));
    if constexpr (is_transformer<TestType>)
        for (Index i = 0; i < n; ++i)
            for (Index j = 0; j < got.cols(); ++j) REQUIRE(got(i, j) == Approx(exact(i, j)).margin(1e-5));
}

TEMPLATE_LIST_TEST_CASE("contract: a state of fixed type does not depend on the type of the data", "[contract]", OfFixedType) {
    const Matrix<float> F = test::as<float>(uneven<TestType>(n, d, 1)), more = test::as<float>(uneven<TestType>(n, d, 2));
    const Matrix<double> X = test::to_double(F), more_X = test::to_double(more);
    const auto y = targets<TestType>(X), more_y = targets<TestType>(more_X);
    auto from_float = TestType::make(), from_double = TestType::make(), mixed = TestType::make();
    partial_fit<TestType>(from_float, F, y);
    partial_fit<TestType>(from_double, X, y);
    partial_fit<TestType>(mixed, F, y);
    REQUIRE(from_float == from_double);
    partial_fit<TestType>(from_float, more, more_y);
    partial_fit<TestType>(from_double, more_X, more_y);
    partial_fit<TestType>(mixed, more_X, more_y);
    REQUIRE(from_float == from_double);
    REQUIRE(mixed == from_double);
    REQUIRE(fitted<TestType>(F, y) == fitted<TestType>(X, y));
}
