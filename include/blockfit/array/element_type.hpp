#ifndef BLOCKFIT_ARRAY_ELEMENT_TYPE_HPP
#define BLOCKFIT_ARRAY_ELEMENT_TYPE_HPP

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include <blockfit/array/convert.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// The types of elements that files hold. `boolean` is for writing: what is read may hold more than 0 and 1, and counts
/// as uint8. float16 is IEEE 754's binary16, for reading.
enum class ElementType { int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64, boolean };

namespace detail {

template <class T>
[[nodiscard]] constexpr ElementType element_type() noexcept {
    if constexpr (std::same_as<T, bool>) {
        return ElementType::boolean;
    } else if constexpr (std::floating_point<T>) {
        return sizeof(T) == 4 ? ElementType::float32 : ElementType::float64;
    } else {
        constexpr int width = std::countr_zero(sizeof(T));
        return static_cast<ElementType>(width + (std::signed_integral<T> ? 0 : 4));
    }
}

[[nodiscard]] constexpr Index element_bytes(ElementType type) noexcept {
    switch (type) {
        case ElementType::int8:
        case ElementType::uint8:
        case ElementType::boolean: return 1;
        case ElementType::int16:
        case ElementType::uint16:
        case ElementType::float16: return 2;
        case ElementType::int32:
        case ElementType::uint32:
        case ElementType::float32: return 4;
        default: return 8;
    }
}

/// The value of IEEE 754 binary16, exact in float.
[[nodiscard]] inline float half_to_float(std::uint16_t half) noexcept {
    const std::uint32_t sign = (half & 0x8000u) << 16;
    const std::uint32_t magnitude = half & 0x7FFFu;
    if (magnitude >= 0x7C00u) return std::bit_cast<float>(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
    // Read as a float of the same bits, a half is 2^-112 times its value; that holds for subnormal ones too.
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112f));
}

/// Turns round the bytes of n packed elements.
inline void swap_bytes(std::byte* values, Index n, Index element_bytes) noexcept {
    const auto turn = [&]<class Word>(Word, auto reverse) {
        for (Index i = 0; i < n; ++i, values += sizeof(Word)) {
            Word word;
            std::memcpy(&word, values, sizeof word);
            word = reverse(word);
            std::memcpy(values, &word, sizeof word);
        }
    };
    if (element_bytes == 2) turn(std::uint16_t{}, [](std::uint16_t w) { return __builtin_bswap16(w); });
    if (element_bytes == 4) turn(std::uint32_t{}, [](std::uint32_t w) { return __builtin_bswap32(w); });
    if (element_bytes == 8) turn(std::uint64_t{}, [](std::uint64_t w) { return __builtin_bswap64(w); });
}

/// Converts packed rows of elements in this machine's byte order to `out`. Throws DataError naming the row, counted from
/// the first of them, and the column of the first value that T cannot hold.
template <class T>
void convert_elements(std::string_view where, ElementType type, const std::byte* packed, MatrixView<T> out) {
    const auto convert = [&]<class From>(std::type_identity<From>) {
        convert_block(where, MatrixView<const From>(reinterpret_cast<const From*>(packed), out.rows(), out.cols()), out);
    };
    switch (type) {
        case ElementType::int8: return convert(std::type_identity<std::int8_t>{});
        case ElementType::int16: return convert(std::type_identity<std::int16_t>{});
        case ElementType::int32: return convert(std::type_identity<std::int32_t>{});
        case ElementType::int64: return convert(std::type_identity<std::int64_t>{});
        case ElementType::boolean:
        case ElementType::uint8: return convert(std::type_identity<std::uint8_t>{});
        case ElementType::uint16: return convert(std::type_identity<std::uint16_t>{});
        case ElementType::uint32: return convert(std::type_identity<std::uint32_t>{});
        case ElementType::uint64: return convert(std::type_identity<std::uint64_t>{});
        case ElementType::float32: return convert(std::type_identity<float>{});
        case ElementType::float64: return convert(std::type_identity<double>{});
        case ElementType::float16: {
            const auto* halves = reinterpret_cast<const std::uint16_t*>(packed);
            Matrix<float> wide(1, out.cols());
            for (Index i = 0; i < out.rows(); ++i, halves += out.cols()) {
                std::transform(halves, halves + out.cols(), wide.data(), half_to_float);
                try {
                    convert_block(where, std::as_const(wide).view(), out.rows(i, i + 1));
                } catch (Error& error) {
                    error.add_rows(i);
                    throw;
                }
            }
            return;
        }
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
