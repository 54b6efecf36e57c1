#ifndef BLOCKFIT_IO_TEXT_NUMBER_HPP
#define BLOCKFIT_IO_TEXT_NUMBER_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <blockfit/core/error.hpp>
#include <blockfit/io/text/powers.hpp>

/// Numbers as text, for all readers of text.
///
/// scan_number(p, point, number) reads a number that begins at p and returns where it ends, or nullptr if there is
/// none. to_type(number, value) then makes a double, float, integer or bool of it. parse_number(begin, end, point,
/// value) is both, for a text that must be a number from begin to end.
///
/// The text must be followed by a byte that belongs to no number (a line end, a delimiter, 0) and by
/// `number_padding` readable bytes. Reals are rounded correctly; integers never go through a real.

namespace blockfit {
inline namespace v1 {
namespace detail {

static_assert(std::endian::native == std::endian::little, "blockfit reads text on little-endian machines only");

/// Bytes after the end of a text that may be looked at.
inline constexpr Index number_padding = 16;

/// Eight bytes 0 ... 9, the first being the most significant digit, as a number.
[[nodiscard]] constexpr std::uint64_t join_digits(std::uint64_t digits) noexcept {
    digits = digits * 10 + (digits >> 8);  // pairs, in every other byte
    digits = (digits & 0x00FF00FF00FF00FF) * (1 + (100ULL << 16)) >> 16 & 0x0000FFFF0000FFFF;
    return (digits * (1 + (10000ULL << 32))) >> 32;
}
/// How many of eight characters, from the first on, are digits; `digits` becomes their values, what follows is
/// undefined.
[[nodiscard]] inline int leading_digits(const char* p, std::uint64_t& digits) noexcept {
    std::uint64_t text;
    std::memcpy(&text, p, 8);
    digits = text ^ 0x3030303030303030;  // a digit becomes 0 ... 9
    const std::uint64_t others = ((digits & 0x7F7F7F7F7F7F7F7F) + 0x7676767676767676) | digits;  // top bit: no digit
    return std::countr_zero(others & 0x8080808080808080) / 8;
}

inline constexpr std::array<std::uint64_t, 20> powers_of_ten = [] {
    std::array<std::uint64_t, 20> list{1};
    for (std::size_t i = 1; i < list.size(); ++i) list[i] = list[i - 1] * 10;
    return list;
}();

/// A number as it is written: digits * 10^exponent.
struct TextNumber {
    enum class Kind : unsigned char { decimal, infinity, nan };
    std::uint64_t digits = 0;
    Index exponent = 0;
    bool negative = false;
    /// More than 19 digits: `digits` holds the first ones only.
    bool truncated = false;
    Kind kind = Kind::decimal;
    char point = '.';
    const char* begin = nullptr;
    const char* end = nullptr;
};

/// Adds the digits at p to the number. `read` counts all digits.
inline const char* scan_digits(const char* p, TextNumber& number, Index& read, Index& dropped) noexcept {
    for (;;) {
        std::uint64_t eight;
        const int n = leading_digits(p, eight);
        if (n == 0) return p;
        const std::uint64_t value = join_digits(eight << (64 - 8 * n));
        if (dropped == 0 && number.digits <= (std::numeric_limits<std::uint64_t>::max() - value) /
                                                 powers_of_ten[static_cast<std::size_t>(n)]) {
            number.digits = number.digits * powers_of_ten[static_cast<std::size_t>(n)] + value;
        } else {  // too many: what still fits one by one
            for (int i = 0; i < n; ++i) {
                const auto digit = static_cast<std::uint64_t>(p[i] - '0');
                if (dropped == 0 && number.digits <= (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
                    number.digits = number.digits * 10 + digit;
                } else {
                    ++dropped;
                    number.truncated |= digit != 0;
                }
            }
            read += n;
            p += n;
            // No digit of this number fits any more.
            while (static_cast<unsigned char>(*p - '0') < 10) {
                number.truncated |= *p != '0';
                ++dropped;
                ++read;
                ++p;
            }
            return p;
        }
        read += n;
        p += n;
        if (n < 8) return p;
    }
}

/// Reads "inf", "infinity" or "nan" in any case.
[[nodiscard]] inline const char* scan_word(const char* p, TextNumber& number) noexcept {
    const auto word = [&](std::string_view text) {
        for (std::size_t i = 0; i < text.size(); ++i)
            if ((p[i] | 0x20) != text[i]) return false;  // stops at the end of the text, which is no letter
        return true;
    };
    if (word("nan")) {
        number.kind = TextNumber::Kind::nan;
        return p + 3;
    }
    if (!word("inf")) return nullptr;
    number.kind = TextNumber::Kind::infinity;
    return word("infinity") ? p + 8 : p + 3;
}

/// The number that begins at p: a sign, digits with a `point`, an exponent; or inf, infinity, nan in any case. No
/// spaces, no hexadecimal. Returns its end, or nullptr if there is none.
[[nodiscard]] inline const char* scan_number(const char* p, char point, TextNumber& number) noexcept {
    number = {.point = point, .begin = p};
    number.negative = *p == '-';
    if (*p == '-' || *p == '+') ++p;
    Index read = 0, dropped = 0;
    p = scan_digits(p, number, read, dropped);
    number.exponent = dropped;
    if (*p == point) {
        const Index whole = read;
        const Index dropped_whole = dropped;
        p = scan_digits(p + 1, number, read, dropped);
        number.exponent = dropped_whole - (read - whole - (dropped - dropped_whole));
    }
    if (read == 0) {
        if (p > number.begin && p[-1] == point) return nullptr;
        return number.end = scan_word(p, number);
    }
    if ((*p | 0x20) == 'e') {
        const bool down = p[1] == '-';
        const char* q = p + 1 + (p[1] == '-' || p[1] == '+');
        if (static_cast<unsigned char>(*q - '0') < 10) {
            Index power = 0;
            for (; static_cast<unsigned char>(*q - '0') < 10; ++q)
                power = std::min<Index>(power * 10 + (*q - '0'), 1'000'000'000);
            number.exponent += down ? -power : power;
            p = q;
        }
    }
    return number.end = p;
}

enum class ParseResult : unsigned char {
    ok,
    not_a_number,
    out_of_range,  ///< too large for the type, or negative for an unsigned one
    not_whole,     ///< a fraction, infinity or NaN for an integer
};

/// By the standard library, from the text. For what the quick ways cannot decide.
template <std::floating_point T>
[[nodiscard]] ParseResult text_to_real(const TextNumber& number, T& value) {
    const bool sign = *number.begin == '-' || *number.begin == '+';  // from_chars takes no '+'
    const char* begin = number.begin + sign;
    const char* end = number.end;
    std::string copy;
    if (number.point != '.') {
        copy.assign(begin, end);
        std::ranges::replace(copy, number.point, '.');
        begin = copy.data();
        end = begin + copy.size();
    }
    T magnitude = 0;
    const auto [stop, error] = std::from_chars(begin, end, magnitude);
    if (error == std::errc::invalid_argument || stop != end) return ParseResult::not_a_number;
    if (error == std::errc::result_out_of_range || std::isinf(magnitude)) {
        // Too large or too small? A number of n digits is less than 10^n; 1e-300 is far from both ends.
        if (number.exponent > 0 || number.digits == 0) magnitude = std::numeric_limits<T>::infinity();
        else {
            const Index digits = static_cast<Index>(std::to_string(number.digits).size());
            magnitude = digits + number.exponent > 0 ? std::numeric_limits<T>::infinity() : T(0);
        }
        if (std::isinf(magnitude)) return ParseResult::out_of_range;
    }
    value = number.negative ? -magnitude : magnitude;
    return ParseResult::ok;
}

/// As double, correctly rounded. Too large a number is out_of_range, too small a one 0.
[[nodiscard]] inline ParseResult to_type(const TextNumber& number, double& value) {
    if (number.kind != TextNumber::Kind::decimal) {
        value = number.kind == TextNumber::Kind::nan ? std::numeric_limits<double>::quiet_NaN()
                                                     : std::numeric_limits<double>::infinity();
        if (number.negative) value = -value;
        return ParseResult::ok;
    }
    if (!number.truncated && decimal_to_double(number.digits, number.exponent, value)) {
        if (number.negative) value = -value;
        return ParseResult::ok;
    }
    return text_to_real(number, value);
}
/// As float, correctly rounded from the text, not from a double.
[[nodiscard]] inline ParseResult to_type(const TextNumber& number, float& value) {
    double wide = 0.0;
    const ParseResult result = to_type(number, wide);
    if (result != ParseResult::ok || number.kind != TextNumber::Kind::decimal) {
        value = static_cast<float>(wide);
        return result;
    }
    return round_to_float(wide, value) ? ParseResult::ok : text_to_real(number, value);
}
/// As an integer or bool. "3.0" and "3e2" are whole.
template <std::integral T>
[[nodiscard]] ParseResult to_type(const TextNumber& number, T& value) {
    if (number.kind != TextNumber::Kind::decimal || (number.truncated && number.exponent <= 0))
        return ParseResult::not_whole;
    std::uint64_t digits = number.digits;
    if (digits != 0) {
        if (number.exponent < -19) return ParseResult::not_whole;
        if (number.truncated || number.exponent > 19) return ParseResult::out_of_range;
        const std::uint64_t power = powers_of_ten[static_cast<std::size_t>(std::abs(number.exponent))];
        if (number.exponent < 0) {
            if (digits % power != 0) return ParseResult::not_whole;
            digits /= power;
        } else if (__builtin_mul_overflow(digits, power, &digits)) {
            return ParseResult::out_of_range;
        }
    }
    using Limits = std::numeric_limits<T>;
    if (number.negative && digits != 0) {
        if constexpr (std::is_signed_v<T>) {
            if (digits > static_cast<std::uint64_t>(Limits::max()) + 1) return ParseResult::out_of_range;
            value = static_cast<T>(0 - digits);
            return ParseResult::ok;
        } else {
            return ParseResult::out_of_range;
        }
    }
    if (digits > static_cast<std::uint64_t>(Limits::max())) return ParseResult::out_of_range;
    value = static_cast<T>(digits);
    return ParseResult::ok;
}

/// [begin, end) as a number of type T, all of it.
template <class T>
[[nodiscard]] ParseResult parse_number(const char* begin, const char* end, char point, T& value) {
    TextNumber number;
    if (begin == end || scan_number(begin, point, number) != end) return ParseResult::not_a_number;
    return to_type(number, value);
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
