#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/core/random_state.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::vector<T> random_values(Index n, std::uint32_t seed) {
    bf::RandomState generator(seed);
    std::vector<T> values;
    // Far apart in size, so that another order of summation gives other bits.
    for (Index i = 0; i < n; ++i)
        values.push_back(static_cast<T>(generator.uniform(-1, 1) * std::exp2(generator.uniform(-20, 20))));
    return values;
}

/// Stands between a product and a sum, as our compilers might contract them here too.
double rounded(double value) {
    volatile double kept = value;
    return kept;
}

/// The rule, one element at a time: element i goes to lane i mod 8, lanes are joined in one tree.
template <class T>
double dot_by_rule(const T* x, const double* w, Index n) {
    std::array<double, 8> lane{};
    for (Index i = 0; i < n; ++i) {
        double& sum = lane[static_cast<std::size_t>(i % 8)];
        sum += rounded(static_cast<double>(x[i]) * w[i]);
    }
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// |got - want| in units of the last place of want.
double ulps(double got, long double want) {
    const auto nearest = static_cast<double>(want);
    if (std::isinf(nearest) || std::isnan(nearest)) return same_bits(got, nearest) ? 0 : inf;
    const double size = std::abs(nearest);
    const double up = std::nextafter(size, inf);
    const long double unit = std::isinf(up) ? static_cast<long double>(size) - std::nextafter(size, 0.0)
                                            : static_cast<long double>(up) - size;
    return static_cast<double>(std::abs(static_cast<long double>(got) - want) / unit);
}

}  // namespace

TEMPLATE_TEST_CASE("ordered::dot: eight lanes and a fixed tree, to the bit", "[kernels]", double, float) {
    for (Index n = 0; n <= 40; ++n) {
        CAPTURE(n);
        for (std::uint32_t seed = 0; seed < 20; ++seed) {
            // One more in front, so that the data is at an odd address too.
            const auto x = random_values<TestType>(n + 1, 2 * seed);
            const auto w = random_values<double>(n + 1, 2 * seed + 1);
            for (const Index shift : {0, 1}) {
                const double got = bf::ordered::dot(x.data() + shift, w.data() + shift, n);
                REQUIRE(same_bits(got, dot_by_rule(x.data() + shift, w.data() + shift, n)));
            }
        }
    }
}

TEST_CASE("ordered::dot: the order matters here", "[kernels]") {
    // Guards the test above: were the values too tame, any order would pass it.
    const auto x = random_values<double>(40, 1), w = random_values<double>(40, 2);
    double from_the_front = 0;
    for (std::size_t i = 0; i < 40; ++i) from_the_front += rounded(x[i] * w[i]);
    CHECK(from_the_front != bf::ordered::dot(x.data(), w.data(), 40));
}

TEST_CASE("ordered::dot: special values", "[kernels]") {
    const std::vector<double> ones(17, 1.0);
    for (std::size_t at = 0; at < ones.size(); ++at) {
        std::vector<double> x(17, 1.0);
        x[at] = inf;
        CHECK(bf::ordered::dot(x.data(), ones.data(), 17) == inf);
        x[at] = not_a_number;
        CHECK(std::isnan(bf::ordered::dot(x.data(), ones.data(), 17)));
    }
    const double minus_zero = -0.0;
    CHECK(same_bits(bf::ordered::dot(&minus_zero, ones.data(), 1), 0.0));
    CHECK(same_bits(bf::ordered::dot(&minus_zero, ones.data(), 0), 0.0));
}

TEST_CASE("ordered::add and scale_add: each element by itself, product rounded first", "[kernels]") {
    for (Index n = 0; n <= 40; ++n)
        for (std::uint32_t seed = 0; seed < 10; ++seed) {
            const auto before = random_values<double>(n + 2, 3 * seed);
            const auto x = random_values<double>(n + 2, 3 * seed + 1);
            const double step = random_values<double>(1, 3 * seed + 2)[0];
            for (const double scale : {1.0, 0.0, 0.75, 1.0 / 3.0}) {
                auto added = before, scaled = before;
                bf::ordered::add(added.data() + 1, x.data() + 1, step, n);
                bf::ordered::scale_add(scaled.data() + 1, scale, x.data() + 1, step, n);
                for (std::size_t i = 0; i < before.size(); ++i) {
                    const bool inside = i >= 1 && i <= static_cast<std::size_t>(n);
                    const double product = rounded(x[i] * step);
                    REQUIRE(same_bits(added[i], inside ? before[i] + product : before[i]));
                    REQUIRE(same_bits(scaled[i], inside ? rounded(before[i] * scale) + product : before[i]));
                }
            }
        }
}

TEST_CASE("ordered::mul: is never contracted with a sum", "[kernels]") {
    // (1 + e)^2 - (1 + 2e) is 0 when the product is rounded, and e^2 when it is fused.
    volatile double e = 0x1p-30;
    const double a = 1.0 + e;
    CHECK(bf::ordered::mul(a, a) - (1.0 + 2 * e) == 0.0);
    const bf::ordered::Pair p = bf::ordered::mul(bf::ordered::Pair{a, a}, bf::ordered::Pair{a, a});
    CHECK(p[0] - (1.0 + 2 * e) == 0.0);
    CHECK(p[1] - (1.0 + 2 * e) == 0.0);
}

TEST_CASE("ordered::exp: within one unit in the last place", "[kernels]") {
    double worst = 0, worst_subnormal = 0, at = 0;
    const auto check = [&](double x) {
        const double error = ulps(bf::ordered::exp(x), std::exp(static_cast<long double>(x)));
        if (x < -708.4) worst_subnormal = std::max(worst_subnormal, error);
        else if (error > worst) worst = error, at = x;
    };
    for (double x = -745.2; x < 709.8; x += 0.00371) check(x);
    for (double x = -1; x < 1; x += 1.0 / 65521) check(x);
    for (int k = -1074; k < 0; ++k) check(std::ldexp(1.0, k)), check(-std::ldexp(1.0, k));
    for (int k = -1074; k < 1024; ++k) check(k * std::log(2.0)), check(std::nextafter(k * std::log(2.0) / 2, inf));
    CAPTURE(at);
    CHECK(worst <= 1.0);
    CHECK(worst_subnormal <= 1.0);
}

TEST_CASE("ordered::exp: ends of the range and special values", "[kernels]") {
    CHECK(bf::ordered::exp(0.0) == 1.0);
    CHECK(bf::ordered::exp(-0.0) == 1.0);
    CHECK(bf::ordered::exp(inf) == inf);
    CHECK(bf::ordered::exp(-inf) == 0.0);
    CHECK(std::isnan(bf::ordered::exp(not_a_number)));
    const double last = 709.78271289338397;  // the largest whose exponential is finite
    CHECK(std::isfinite(bf::ordered::exp(last)));
    CHECK(bf::ordered::exp(std::nextafter(last, inf)) == inf);
    CHECK(bf::ordered::exp(709.8) == inf);
    CHECK(bf::ordered::exp(1e308) == inf);
    CHECK(bf::ordered::exp(-745.0) == std::numeric_limits<double>::denorm_min());
    CHECK(bf::ordered::exp(-745.2) == 0.0);
    CHECK(bf::ordered::exp(-1e308) == 0.0);
}

TEST_CASE("ordered::log: within one unit in the last place", "[kernels]") {
    double worst = 0, at = 0;
    const auto check = [&](double x) {
        const double error = ulps(bf::ordered::log(x), std::log(static_cast<long double>(x)));
        if (error > worst) worst = error, at = x;
    };
    bf::RandomState generator(1);
    for (int k = -1074; k < 1024; ++k)
        for (int i = 0; i < 100; ++i) check(std::ldexp(generator.uniform(1, 2), k));
    for (double x = 0.25; x < 4; x += 1.0 / 65521) check(x);
    for (int k = 1; k <= 52; ++k) check(1 + std::ldexp(1.0, -k)), check(1 - std::ldexp(1.0, -k));
    check(std::sqrt(2.0)), check(std::nextafter(std::sqrt(2.0), 2)), check(std::nextafter(std::sqrt(2.0), 1));
    check(std::numeric_limits<double>::denorm_min());
    check(std::numeric_limits<double>::min());
    check(std::numeric_limits<double>::max());
    CAPTURE(at);
    CHECK(worst <= 1.0);
}

TEST_CASE("ordered::log: special values", "[kernels]") {
    CHECK(same_bits(bf::ordered::log(1.0), 0.0));
    CHECK(bf::ordered::log(0.0) == -inf);
    CHECK(bf::ordered::log(-0.0) == -inf);
    CHECK(bf::ordered::log(inf) == inf);
    CHECK(std::isnan(bf::ordered::log(-1.0)));
    CHECK(std::isnan(bf::ordered::log(-inf)));
    CHECK(std::isnan(bf::ordered::log(not_a_number)));
}

TEST_CASE("ordered::pow: to about |power log(base)| units in the last place", "[kernels]") {
    for (const double power : {0.25, 0.5, 1.0, 2.0, -0.5, -1.0, 0.0, 0.1})
        for (double base = 1; base < 1e12; base *= 1.37) {
            CAPTURE(base, power);
            const long double want = std::pow(static_cast<long double>(base), static_cast<long double>(power));
            REQUIRE(ulps(bf::ordered::pow(base, power), want) <= 2.0 + std::abs(power) * std::log(base) * 2);
        }
    CHECK(bf::ordered::pow(2.0, 0.5) == std::sqrt(2.0));
}

TEST_CASE("ordered::sigmoid: the logistic function, without a hole anywhere", "[kernels]") {
    CHECK(bf::ordered::sigmoid(0.0) == 0.5);
    CHECK(bf::ordered::sigmoid(inf) == 1.0);
    CHECK(bf::ordered::sigmoid(-inf) == 0.0);
    CHECK(bf::ordered::sigmoid(800) == 1.0);
    CHECK(bf::ordered::sigmoid(-800) == 0.0);
    CHECK(std::isnan(bf::ordered::sigmoid(not_a_number)));
    double before = 0;
    for (double x = -760; x < 760; x += 0.0173) {
        const double p = bf::ordered::sigmoid(x);
        const long double want = 1.0L / (1.0L + std::exp(-static_cast<long double>(x)));
        // Where e^-x overflows, the result is 0 and the true value below 1e-308.
        REQUIRE(std::abs(static_cast<double>(p - want)) <= 5e-16 * static_cast<double>(want) + 1e-308);
        REQUIRE(p >= before);
        before = p;
    }
}
