#ifndef BLOCKFIT_IO_TEXT_MASKS_HPP
#define BLOCKFIT_IO_TEXT_MASKS_HPP

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <blockfit/core/error.hpp>

/// Where in 64 bytes of text a character stands: bit i for byte i.

/// Loops over text exist twice: as every processor can run them, and, with all they call inlined, for those that have
/// the instructions of 2013, chosen when the program runs. Both give the same result.
#if defined(__x86_64__)
#define BLOCKFIT_DETAIL_FAST __attribute__((target("avx2,bmi,bmi2,popcnt"), flatten))
#define BLOCKFIT_DETAIL_FAST_INLINE __attribute__((target("avx2,bmi,bmi2,popcnt"))) inline
#else
#define BLOCKFIT_DETAIL_FAST
#endif

namespace blockfit {
inline namespace v1 {
namespace detail {

/// May functions with BLOCKFIT_DETAIL_FAST be called?
[[nodiscard]] inline bool has_fast_instructions() noexcept {
#if defined(__x86_64__)
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                            __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    return has;
#else
    return false;
#endif
}

/// 64 bytes of text in registers.
template <bool Fast>
class Bytes64 {
public:
#if defined(__x86_64__)
    explicit Bytes64(const char* p) noexcept {
        for (int i = 0; i < 4; ++i) part_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p) + i);
    }
    [[nodiscard]] std::uint64_t equal(char c) const noexcept {
        const __m128i want = _mm_set1_epi8(c);
        return join([&](__m128i part) { return _mm_cmpeq_epi8(part, want); });
    }
    /// Bytes of at most `c`, unsigned.
    [[nodiscard]] std::uint64_t at_most(unsigned char c) const noexcept {
        const __m128i most = _mm_set1_epi8(static_cast<char>(c));
        return join([&](__m128i part) { return _mm_cmpeq_epi8(_mm_min_epu8(part, most), part); });
    }

private:
    template <class F>
    [[nodiscard]] std::uint64_t join(F f) const noexcept {
        std::uint64_t bits = 0;
        for (int i = 0; i < 4; ++i)
            bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(f(part_[i])))) << (16 * i);
        return bits;
    }
    __m128i part_[4];
#else
    explicit Bytes64(const char* p) noexcept { std::memcpy(part_, p, 64); }
    [[nodiscard]] std::uint64_t equal(char c) const noexcept {
        return join([c](unsigned char byte) { return byte == static_cast<unsigned char>(c); });
    }
    [[nodiscard]] std::uint64_t at_most(unsigned char c) const noexcept {
        return join([c](unsigned char byte) { return byte <= c; });
    }

private:
    template <class F>
    [[nodiscard]] std::uint64_t join(F f) const noexcept {
        std::uint64_t bits = 0;
        for (int i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(f(part_[i])) << i;
        return bits;
    }
    unsigned char part_[64];
#endif
};

#if defined(__x86_64__)
template <>
class Bytes64<true> {
public:
    BLOCKFIT_DETAIL_FAST_INLINE explicit Bytes64(const char* p) noexcept
        : low_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))),
          high_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p) + 1)) {}
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE std::uint64_t equal(char c) const noexcept {
        const __m256i want = _mm256_set1_epi8(c);
        return join(_mm256_cmpeq_epi8(low_, want), _mm256_cmpeq_epi8(high_, want));
    }
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE std::uint64_t at_most(unsigned char c) const noexcept {
        const __m256i most = _mm256_set1_epi8(static_cast<char>(c));
        return join(_mm256_cmpeq_epi8(_mm256_min_epu8(low_, most), low_),
                    _mm256_cmpeq_epi8(_mm256_min_epu8(high_, most), high_));
    }

private:
    [[nodiscard]] BLOCKFIT_DETAIL_FAST_INLINE static std::uint64_t join(__m256i low, __m256i high) noexcept {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32 |
               static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
    }
    __m256i low_, high_;
};
#endif

/// Number of bits set. Fast: by the processor's instruction, which not every one has.
template <bool Fast>
[[nodiscard]] constexpr Index count_bits(std::uint64_t bits) noexcept {
    if constexpr (Fast) return __builtin_popcountll(bits);
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
    return static_cast<Index>((bits * 0x0101010101010101) >> 56);
}

/// Bit i: is the number of bits 0 ... i odd?
[[nodiscard]] constexpr std::uint64_t running_parity(std::uint64_t bits) noexcept {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

/// The bits below bit n <= 64.
[[nodiscard]] constexpr std::uint64_t low_bits(Index n) noexcept {
    return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
