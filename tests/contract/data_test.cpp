/// What every estimator promises about integer and strided data.

#include <cstdint>
#include <vector>

#include <contract/cases.hpp>

using namespace contract;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

}  // namespace

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
