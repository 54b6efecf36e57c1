/// What every estimator promises about kinds of data: element types and strides.

#include <concepts>
#include <cstdint>
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

TEMPLATE_LIST_TEST_CASE("contract: integer data", "[contract]", All) {
    const Matrix<int> I = integers<int>(uneven<TestType>(n, d, 1));
    const Matrix<double> exact = test::to_double(I);
    const auto y = targets<TestType>(exact);
    auto e = fitted<TestType>(I, y), want = fitted<TestType>(exact, y);
    REQUIRE(e == want);
    REQUIRE(same_bits(results<TestType>(e, I), results<TestType>(want, exact)));
    partial_fit<TestType>(e, I, y);
    partial_fit<TestType>(want, exact, y);
    REQUIRE(e == want);
    const Matrix<std::int8_t> small = test::as<std::int8_t>(normal<TestType>(n, d, 4));
    REQUIRE(same_bits(results<TestType>(e, small), results<TestType>(e, test::to_double(small))));
    // 2^53 + 1 has no double.
    Matrix<std::int64_t> large = integers<std::int64_t>(uneven<TestType>(n, d, 1));
    large(7, 2) = (std::int64_t{1} << 53) + 1;
    const auto error = refused<bf::DataError>(e, [&] { partial_fit<TestType>(e, large, y); });
    REQUIRE(error.row() == 7);
    REQUIRE(error.column() == 2);
    REQUIRE_THROWS_AS(results<TestType>(e, large), bf::DataError);
}

TEMPLATE_LIST_TEST_CASE("contract: a strided view equals a contiguous one", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const test::Padded<double> padded(X);
    const MatrixView<const double> strided = padded.view();
    REQUIRE_FALSE(strided.contiguous());
    auto e = fitted<TestType>(strided, y), want = fitted<TestType>(X, y);
    REQUIRE(e == want);
    partial_fit<TestType>(e, strided, y);
    partial_fit<TestType>(want, X, y);
    REQUIRE(e == want);
    REQUIRE(same_bits(results<TestType>(e, strided), results<TestType>(e, X)));
    const test::Padded<int> integers(test::as<int>(X));
    REQUIRE(same_bits(results<TestType>(e, integers.view()), results<TestType>(e, test::as<int>(X))));
}
