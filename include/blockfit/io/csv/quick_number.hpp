#ifndef BLOCKFIT_IO_CSV_QUICK_NUMBER_HPP
#define BLOCKFIT_IO_CSV_QUICK_NUMBER_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <blockfit/core/error.hpp>
#include <blockfit/io/text/masks.hpp>
#include <blockfit/io/text/number.hpp>
#include <blockfit/io/text/powers.hpp>

/// The usual forms of a number, [-]digits[.digits] of up to 24 characters, without a branch that depends on how many
/// digits there are. Whatever else there is, is left to number.hpp.

namespace blockfit {
inline namespace v1 {
namespace detail {

#if defined(__x86_64__)

/// Byte shuffles that take the digits among `length` characters whose point is at `point` (length: there is none) and
/// move them to the end of 16 bytes, zeros before them: at [length * 17 + point].
alignas(16) inline constexpr std::array<std::array<unsigned char, 16>, 17 * 17> digit_shuffles = [] {
    std::array<std::array<unsigned char, 16>, 17 * 17> list{};
    for (std::size_t length = 0; length <= 16; ++length)
        for (std::size_t point = 0; point <= length; ++point) {
            auto& shuffle = list[length * 17 + point];
            for (auto& from : shuffle) from = 0x80;
            std::size_t to = 16;
            for (std::size_t i = length; i-- > 0;)
                if (i != point) shuffle[--to] = static_cast<unsigned char>(i);
        }
    return list;
}();

/// Reads fields that have a usual form. Only for processors that has_fast_instructions().
class QuickNumbers {
public:
    BLOCKFIT_DETAIL_FAST_INLINE explicit QuickNumbers(char point) noexcept
        : powers_(powers_of_five()),
          point_(point),
          zeros_(hidden(_mm_set1_epi8('0'))),
          shift_(hidden(_mm_set1_epi8(127 - '9'))),
          limit_(hidden(_mm_set1_epi8(127 - 10))),
          pairs_(hidden(_mm_set1_epi16(1 << 8 | 10))),
          fours_(hidden(_mm_set1_epi32(1 << 16 | 100))),
          eights_(hidden(_mm_set1_epi32(1 << 16 | 10000))) {}

    /// [begin, end) as a number. False says nothing about it.
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE bool read(const char* begin, const char* end,
                                                        double& value) const noexcept {
        const auto negative = static_cast<std::uint64_t>(*begin == '-');
        begin += negative;
        const Index length = end - begin;
        double size = 0.0;
        if (length <= 16) {
            __m128i text;
            const unsigned others = find_others(begin, text);
            const Index first = std::countr_zero(others);
            Index after = 0;
            if (first != length) {  // then it is the point, and what comes next is the end
                after = length - 1 - first;
                if (std::countr_zero(others & (others - 1)) != length || begin[first] != point_ || length < 2)
                    return false;
            } else if (length <= 0) {
                return false;
            }
            const std::uint64_t digits = join(text, length, first);
            if (digits > std::uint64_t{1} << 53) return false;
            size = static_cast<double>(static_cast<std::int64_t>(digits)) / exact_power_of_ten(after);
        } else {
            std::uint64_t digits = 0;
            Index after = 0;
            if (!read_long(begin, length, digits, after) || digits == 0 ||
                !scaled_to_double(digits, -after, powers_, size))
                return false;
        }
        value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(size) | negative << 63);
        return true;
    }
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE bool read(const char* begin, const char* end,
                                                        float& value) const noexcept {
        double wide = 0.0;
        return read(begin, end, wide) && round_to_float(wide, value);
    }
    template <std::integral T>
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE bool read(const char* begin, const char* end, T& value) const noexcept {
        const bool negative = *begin == '-';
        begin += negative;
        const Index length = end - begin;
        if (length <= 0 || length > 16) return false;
        __m128i text;
        if (std::countr_zero(find_others(begin, text)) != length) return false;
        const std::uint64_t digits = join(text, length, length);
        if constexpr (sizeof(T) < 8)
            if (digits > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return false;
        if constexpr (!std::is_signed_v<T>)
            if (negative) return false;
        if constexpr (std::is_same_v<T, bool>) value = digits != 0;
        else value = static_cast<T>(negative ? 0 - digits : digits);
        return true;
    }

private:
    /// Keeps a constant from being made anew for each field.
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE static __m128i hidden(__m128i constant) noexcept {
        asm("" : "+x"(constant));
        return constant;
    }

    /// Where in the 16 characters at p is no digit; bit 16 is set. `digits` are the values of those that are.
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE unsigned find_others(const char* p, __m128i& digits) const noexcept {
        const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        digits = _mm_xor_si128(text, zeros_);
        const __m128i is_digit = _mm_cmpgt_epi8(_mm_add_epi8(text, shift_), limit_);
        return static_cast<unsigned>(_mm_movemask_epi8(is_digit)) ^ 0x1FFFF;
    }
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE std::uint64_t join_sixteen(__m128i digits) const noexcept {
        __m128i v = _mm_madd_epi16(_mm_maddubs_epi16(digits, pairs_), fours_);
        v = _mm_madd_epi16(_mm_packus_epi32(v, v), eights_);
        const auto eights = static_cast<std::uint64_t>(_mm_cvtsi128_si64(v));
        return (eights & 0xFFFFFFFF) * 100'000'000 + (eights >> 32);
    }
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE std::uint64_t join(__m128i digits, Index length,
                                                                 Index point) const noexcept {
        const auto& shuffle = digit_shuffles[static_cast<std::size_t>(length * 17 + point)];
        return join_sixteen(_mm_shuffle_epi8(digits, _mm_load_si128(reinterpret_cast<const __m128i*>(shuffle.data()))));
    }

    /// 17 to 24 characters at p as digits / 10^after. False if it is of another form, or has more than 19 digits.
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE bool read_long(const char* p, Index length, std::uint64_t& digits,
                                                             Index& after) const noexcept {
        if (length > 24) return false;
        __m128i head, tail;
        const Index before = length - 16;
        const unsigned head_others = find_others(p, head) & ((1U << before) - 1);
        const unsigned tail_others = find_others(p + before, tail) & 0xFFFF;
        if (tail_others == 0) {
            const Index at = std::min<Index>(std::countr_zero(head_others), before);
            if (at < before && (p[at] != point_ || (head_others & (head_others - 1)) != 0)) return false;
            const std::uint64_t high = join(head, before, at);
            digits = high * 10'000'000'000'000'000 + join_sixteen(tail);
            after = at < before ? length - 1 - at : 0;
            return high < 1844;
        }
        const Index at = std::countr_zero(tail_others);
        if (head_others != 0 || (tail_others & (tail_others - 1)) != 0 || p[before + at] != point_) return false;
        const std::uint64_t high = join(head, before, before);
        digits = high * 1'000'000'000'000'000 + join(tail, 16, at);
        after = 15 - at;
        return high < 18446;
    }

    const PowersOfFive& powers_;
    char point_;
    __m128i zeros_, shift_, limit_, pairs_, fours_, eights_;
};

#endif

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
