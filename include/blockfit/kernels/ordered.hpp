#ifndef BLOCKFIT_KERNELS_ORDERED_HPP
#define BLOCKFIT_KERNELS_ORDERED_HPP

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <blockfit/core/error.hpp>
#include <blockfit/kernels/exp_table.hpp>

/// Arithmetic whose result depends on the numbers alone: not on the compiler, the instruction set, alignment or shape.
/// Sums run in eight lanes (element i in lane i mod 8) that are joined in one fixed tree; no product is contracted with
/// a sum into a fused multiply-add; exp and log are our own, because libm's differ between machines.

namespace blockfit {
inline namespace v1 {
namespace ordered {

/// Two lanes.
using Pair = double __attribute__((vector_size(16)));

#if defined(__x86_64__)
#define BLOCKFIT_DETAIL_OPAQUE(value) asm("" : "+x"(value))
#elif defined(__aarch64__)
#define BLOCKFIT_DETAIL_OPAQUE(value) asm("" : "+w"(value))
#else
#error "blockfit::ordered: say here how a floating-point register is named, or use -ffp-contract=off"
#endif

/// a * b, rounded: the empty asm hides from the compiler that a product is what it could contract.
[[nodiscard]] inline double mul(double a, double b) noexcept {
    double product = a * b;
    BLOCKFIT_DETAIL_OPAQUE(product);
    return product;
}
[[nodiscard]] inline Pair mul(Pair a, Pair b) noexcept {
    Pair product = a * b;
    BLOCKFIT_DETAIL_OPAQUE(product);
    return product;
}
#undef BLOCKFIT_DETAIL_OPAQUE

[[nodiscard]] inline Pair load(const double* x) noexcept {
    Pair pair;
    std::memcpy(&pair, x, sizeof pair);
    return pair;
}
[[nodiscard]] inline Pair load(const float* x) noexcept { return Pair{x[0], x[1]}; }
inline void store(double* x, Pair pair) noexcept { std::memcpy(x, &pair, sizeof pair); }

/// The sum of f(i) over 0 <= i < n in eight lanes: f(i, PairOf{}) gives elements i and i + 1, f(i, OneOf{}) element i and
/// a zero.
struct PairOf {};
struct OneOf {};
template <class F>
[[nodiscard]] __attribute__((always_inline)) inline double sum_lanes(Index n, F f) noexcept {
    Pair a{}, b{}, c{}, d{};
    Index i = 0;
    for (; i + 8 <= n; i += 8) {
        a += f(i, PairOf{});
        b += f(i + 2, PairOf{});
        c += f(i + 4, PairOf{});
        d += f(i + 6, PairOf{});
    }
    const Index rest = n - i;
    if (rest >= 2) a += f(i, PairOf{});
    if (rest >= 4) b += f(i + 2, PairOf{});
    if (rest >= 6) c += f(i + 4, PairOf{});
    if (rest % 2 != 0) (rest == 1 ? a : rest == 3 ? b : rest == 5 ? c : d) += f(n - 1, OneOf{});
    const Pair pair = (a + c) + (b + d);
    return pair[0] + pair[1];
}

/// x . w
template <class T>
[[nodiscard]] inline double dot(const T* x, const double* w, Index n) noexcept {
    const auto product = [x, w](Index i, auto width) {
        if constexpr (std::is_same_v<decltype(width), PairOf>) return mul(load(x + i), load(w + i));
        else return Pair{mul(double(x[i]), w[i]), 0.0};
    };
    return sum_lanes(n, product);
}

/// w = w * scale + x * step
inline void scale_add(double* w, double scale, const double* x, double step, Index n) noexcept {
    const Pair s{scale, scale}, u{step, step};
    Index i = 0;
    for (; i + 2 <= n; i += 2) store(w + i, mul(load(w + i), s) + mul(load(x + i), u));
    if (i < n) w[i] = mul(w[i], scale) + mul(x[i], step);
}
/// w = w + x * step
inline void add(double* w, const double* x, double step, Index n) noexcept {
    const Pair u{step, step};
    Index i = 0;
    for (; i + 2 <= n; i += 2) store(w + i, load(w + i) + mul(load(x + i), u));
    if (i < n) w[i] += mul(x[i], step);
}

namespace detail {
inline constexpr double ln2_high = 0x1.62e42fee00000p-1;  // 32 bits, so that k * ln2_high is exact
inline constexpr double ln2_low = 0x1.a39ef35793c76p-33;
}  // namespace detail

/// e^x, to 1 unit in the last place: 2^(k/64) from a table times e^r, |r| <= log(2)/128, by its Taylor series to degree 5.
[[nodiscard]] __attribute__((always_inline)) inline double exp(double x) noexcept {
    if (x > 709.79) return std::numeric_limits<double>::infinity();
    if (x < -745.14) return 0.0;
    if (!(x == x)) return x;
    // 64 x / log 2 to the nearest integer: adding 1.5 * 2^52 leaves no room for a fraction.
    constexpr double no_fraction = 0x1.8p52;
    const double shifted = mul(x, 0x1.71547652b82fep+6) + no_fraction;
    const double k = shifted - no_fraction;
    const double r = (x - mul(k, detail::ln2_high / 64)) - mul(k, detail::ln2_low / 64);
    const double r2 = mul(r, r);
    const double e = r + mul(r2, (0.5 + mul(r, 1.0 / 6)) + mul(r2, 1.0 / 24 + mul(r, 1.0 / 120)));
    const auto n = static_cast<std::int64_t>(k);
    const detail::PowerOfTwo power = detail::powers_of_two[n & 63];
    const double value = power.value + (power.rest + mul(power.value, e));
    const std::int64_t exponent = n >> 6;
    const auto two_to = [](std::int64_t m) { return std::bit_cast<double>(static_cast<std::uint64_t>(m + 1023) << 52); };
    if (exponent >= -1021 && exponent <= 1023) return mul(value, two_to(exponent));
    return mul(mul(value, two_to(exponent / 2)), two_to(exponent - exponent / 2));
}

/// The natural logarithm, to 1 unit in the last place. log(2^k (1+f)) = k log 2 + log(1+f), where with s = f/(2+f)
/// log(1+f) = 2 artanh(s) = f - f^2/2 + s (f^2/2 + 2 s^2/3 + 2 s^4/5 + ...), as in fdlibm (Sun 1993).
[[nodiscard]] inline double log(double x) noexcept {
    if (!(x > 0)) return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    if (x == std::numeric_limits<double>::infinity()) return x;
    double k = 0;
    if (x < std::numeric_limits<double>::min()) {
        x *= 0x1p54;
        k = -54;
    }
    const auto bits = std::bit_cast<std::uint64_t>(x);
    double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);
    k += static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
    if (m > 0x1.6a09e667f3bcdp+0) {  // sqrt 2
        m *= 0.5;
        k += 1;
    }
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = mul(s, s);
    double series = 2.0 / 23;
    for (const double divisor : {21, 19, 17, 15, 13, 11, 9, 7, 5, 3}) series = 2.0 / divisor + mul(z, series);
    const double half_square = mul(mul(0.5, f), f);
    const double rest = mul(s, half_square + mul(z, series)) + mul(k, detail::ln2_low);
    return mul(k, detail::ln2_high) - ((half_square - rest) - f);
}

/// base^power for base > 0, to about |power log(base)| units in the last place.
[[nodiscard]] inline double pow(double base, double power) noexcept {
    if (power == 0.5) return std::sqrt(base);
    return exp(mul(power, log(base)));
}

/// 1 / (1 + e^-x)
[[nodiscard]] inline double sigmoid(double x) noexcept { return 1.0 / (1.0 + exp(-x)); }

}  // namespace ordered
}  // namespace v1
}  // namespace blockfit

#endif
