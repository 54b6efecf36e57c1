#include <catch2/catch.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <blockfit/array/convert.hpp>
#include <blockfit/core/matrix.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

/// Values of type T about every limit of every type.
template <class T>
std::vector<T> edge_values() {
    std::vector<T> values{std::numeric_limits<T>::lowest(), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    const auto add = [&](long double value) {
        // Only what T holds: a cast of anything else is undefined for integers.
        if (value >= static_cast<long double>(std::numeric_limits<T>::lowest()) &&
            value <= static_cast<long double>(std::numeric_limits<T>::max()))
            values.push_back(static_cast<T>(value));
    };
    for (const long double fraction : {0.0L, 0.5L, 0.25L})
        for (const int power : {0, 1, 6, 7, 8, 14, 15, 16, 23, 24, 25, 30, 31, 32, 52, 53, 54, 62, 63, 64})
            for (const int more : {-2, -1, 0, 1, 2})
                for (const int sign : {-1, 1}) add(sign * (std::ldexp(1.0L, power) + more + fraction));
    if constexpr (std::floating_point<T>) {
        constexpr T infinity = std::numeric_limits<T>::infinity();
        values.insert(values.end(), {infinity, -infinity, std::numeric_limits<T>::quiet_NaN(), T(-0.0),
                                     std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::epsilon()});
        for (const long double value : {1e30L, 3.5e38L, 1e300L, 1e-50L}) add(value), add(-value);
    }
    return values;
}

/// Can To hold it? long double has the 64 bits that the longest integers need.
template <class To, class From>
bool holds(From value) {
    const auto v = static_cast<long double>(value);
    if constexpr (std::same_as<To, From>) return true;
    else if constexpr (std::same_as<To, bool> || std::same_as<From, bool>) return v == 0 || v == 1;
    else if constexpr (std::integral<To>)
        return v == std::trunc(v) && v >= static_cast<long double>(std::numeric_limits<To>::lowest()) &&
               v <= static_cast<long double>(std::numeric_limits<To>::max());
    else if constexpr (std::integral<From>) return static_cast<long double>(static_cast<To>(value)) == v;
    else return !std::isfinite(v) || std::isfinite(static_cast<To>(value));
}

template <class To, class From>
void check_pair() {
    for (const From value : edge_values<From>()) {
        To converted{};
        const bool ok = bf::detail::convert_value(value, converted);
        CAPTURE(bf::dtype_name<From>(), bf::dtype_name<To>(), static_cast<long double>(value));
        REQUIRE(ok == holds<To>(value));
        if (!ok) continue;
        if constexpr (std::floating_point<From>) {
            REQUIRE((converted == static_cast<To>(value) || std::isnan(value)));
        } else {
            REQUIRE(static_cast<long double>(converted) == static_cast<long double>(value));
        }
    }
}
template <class From, class... To>
void check_from() {
    (check_pair<To, From>(), ...);
}

}  // namespace

TEMPLATE_TEST_CASE("convert_value: refuses what the other type cannot hold, and nothing else", "[array]", bool, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float,
                   double) {
    check_from<TestType, bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
               std::int64_t, std::uint64_t, float, double>();
}

TEST_CASE("convert_block: names the first value that does not fit", "[array]") {
    bf::Matrix<double> from{{1, 2, 3}, {4, 5.5, 6}, {7, 300, 9}};
    bf::Matrix<std::uint8_t> to(3, 3);
    const auto convert = [&] { bf::detail::convert_block("astype", std::as_const(from).view(), to.view()); };
    try {
        convert();
        FAIL("5.5 is no uint8");
    } catch (const bf::DataError& error) {
        CHECK(error.row() == 1);
        CHECK(error.column() == 1);
        CHECK(error.message() == "astype: value 5.500000 of type float64 cannot be held as uint8");
    }
    from(1, 1) = 5;
    CHECK_THROWS_WITH(convert(), Catch::Contains("300.000000") && Catch::Contains("[row 2, column 1]"));
    from(2, 1) = 200;
    convert();
    CHECK(to == bf::Matrix<std::uint8_t>{{1, 2, 3}, {4, 5, 6}, {7, 200, 9}});
}

TEST_CASE("dtype_name: numpy's", "[array]") {
    STATIC_REQUIRE(bf::dtype_name<bool>() == "bool");
    STATIC_REQUIRE(bf::dtype_name<signed char>() == "int8");
    STATIC_REQUIRE(bf::dtype_name<unsigned char>() == "uint8");
    STATIC_REQUIRE(bf::dtype_name<short>() == "int16");
    STATIC_REQUIRE(bf::dtype_name<unsigned>() == "uint32");
    STATIC_REQUIRE(bf::dtype_name<std::int64_t>() == "int64");
    STATIC_REQUIRE(bf::dtype_name<float>() == "float32");
    STATIC_REQUIRE(bf::dtype_name<double>() == "float64");
}
