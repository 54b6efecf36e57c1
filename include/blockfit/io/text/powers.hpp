#ifndef BLOCKFIT_IO_TEXT_POWERS_HPP
#define BLOCKFIT_IO_TEXT_POWERS_HPP

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <blockfit/core/error.hpp>

/// Decimal to binary: digits * 10^exponent as a double, correctly rounded, or not at all.

namespace blockfit {
inline namespace v1 {
namespace detail {

__extension__ using uint128 = unsigned __int128;

/// The first 128 bits of 5^q, cut off, for every q that a double needs.
class PowersOfFive {
public:
    static constexpr Index least = -342, most = 308;
    struct Power {
        std::uint64_t high, low;
    };

    PowersOfFive() {
        // A fixed-point number of 64 * size bits, least significant first: 5^q going up, 2^(bits-1) / 5^-q going down.
        // Dividing by 5 again and again and cutting off each time is cutting off once.
        constexpr std::size_t size = 16;
        std::array<std::uint64_t, size> value{1};
        for (Index q = 0; q <= most; ++q) {
            powers_[static_cast<std::size_t>(q - least)] = first_bits(value);
            uint128 carry = 0;
            for (std::uint64_t& part : value) {
                carry += static_cast<uint128>(part) * 5;
                part = static_cast<std::uint64_t>(carry);
                carry >>= 64;
            }
        }
        value = {};
        value.back() = std::uint64_t{1} << 63;
        for (Index q = -1; q >= least; --q) {
            uint128 rest = 0;
            for (std::size_t i = size; i-- > 0;) {
                rest = rest << 64 | value[i];
                value[i] = static_cast<std::uint64_t>(rest / 5);
                rest %= 5;
            }
            powers_[static_cast<std::size_t>(q - least)] = first_bits(value);
        }
    }

    [[nodiscard]] const Power& operator[](Index q) const noexcept {
        return powers_[static_cast<std::size_t>(q - least)];
    }

private:
    template <std::size_t Size>
    [[nodiscard]] static Power first_bits(const std::array<std::uint64_t, Size>& value) noexcept {
        const auto at = [&](std::size_t i) { return i < Size ? value[i] : 0; };  // i wraps round below 0
        std::size_t top = Size - 1;
        while (value[top] == 0) --top;
        const int shift = std::countl_zero(value[top]);
        const auto shifted = [&](std::size_t i) {
            return shift == 0 ? at(i) : at(i) << shift | at(i - 1) >> (64 - shift);
        };
        return {shifted(top), shifted(top - 1)};
    }

    std::array<Power, static_cast<std::size_t>(most - least + 1)> powers_;
};

[[nodiscard]] inline const PowersOfFive& powers_of_five() {
    static const PowersOfFive table;
    return table;
}

/// The general case of decimal_to_double; digits > 0, and the power is in the table.
///
/// The product of the digits and 128 bits of the power, its own last 64 bits dropped, is less than the exact value by
/// less than 2 in its last place. So it decides the rounding unless it lies that close to the middle of two doubles.
/// The idea is Lemire's (Number parsing at a gigabyte per second, 2021); exact ties are left to the caller, too.
[[nodiscard]] inline bool scaled_to_double(std::uint64_t digits, Index exponent, const PowersOfFive& powers,
                                           double& value) noexcept {
    const PowersOfFive::Power& power = powers[exponent];
    const int zeros = std::countl_zero(digits);
    digits <<= zeros;
    uint128 product = static_cast<uint128>(digits) * power.high;
    // The other 64 bits of the power add less than 1 to the upper half: of no importance for the rounding unless its
    // last bits, which will be cut off, are all 1 or all 0.
    const std::uint64_t last = static_cast<std::uint64_t>(product >> 64) & 0x1FF;
    if (last == 0x1FF || last == 0)
        product += static_cast<std::uint64_t>(static_cast<uint128>(digits) * power.low >> 64);
    const auto high = static_cast<std::uint64_t>(product >> 64);
    const auto low = static_cast<std::uint64_t>(product);
    const int top = static_cast<int>(high >> 63);
    const int cut = 10 + top;
    const std::uint64_t rest = high & ((std::uint64_t{1} << cut) - 1);
    const std::uint64_t half = std::uint64_t{1} << (cut - 1);
    if ((rest == half && low == 0) || (rest == half - 1 && low == std::numeric_limits<std::uint64_t>::max()))
        return false;
    const std::uint64_t mantissa = (high >> cut) + (rest >= half);
    const auto binary = static_cast<int>((exponent * 217706) >> 16) + 63 + top - zeros;  // 217706 / 2^16 = log2(10)
    if (binary < -1022 || binary > 1022) return false;
    value = std::bit_cast<double>((static_cast<std::uint64_t>(binary + 1022) << 52) + mantissa);
    return true;
}

/// 10^n for 0 <= n <= 22, all of which a double holds.
[[nodiscard]] inline double exact_power_of_ten(Index n) noexcept {
    static constexpr std::array<double, 23> powers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return powers[static_cast<std::size_t>(n)];
}

/// digits * 10^exponent, rounded once. False if that takes more than a few steps to find.
[[nodiscard]] inline bool decimal_to_double(std::uint64_t digits, Index exponent, double& value) noexcept {
    // Both factors exact (Clinger 1990).
    if (digits <= std::uint64_t{1} << 53 && exponent >= -22 && exponent <= 22) {
        const auto whole = static_cast<double>(static_cast<std::int64_t>(digits));
        value = exponent < 0 ? whole / exact_power_of_ten(-exponent) : whole * exact_power_of_ten(exponent);
        return true;
    }
    if (digits == 0) {
        value = 0.0;
        return true;
    }
    return exponent >= PowersOfFive::least && exponent <= PowersOfFive::most &&
           scaled_to_double(digits, exponent, powers_of_five(), value);
}

/// The float next to the real that `wide` was rounded from. False if rounding twice could differ from rounding once, or
/// the float would be infinite.
[[nodiscard]] inline bool round_to_float(double wide, float& value) noexcept {
    constexpr std::uint64_t dropped = (std::uint64_t{1} << 29) - 1;
    const double size = std::abs(wide);
    const bool halfway = (std::bit_cast<std::uint64_t>(wide) & dropped) == (dropped + 1) / 2;
    if (halfway || (size != 0 && size < static_cast<double>(std::numeric_limits<float>::min())) ||
        size > static_cast<double>(std::numeric_limits<float>::max()))
        return false;
    value = static_cast<float>(wide);
    return true;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
