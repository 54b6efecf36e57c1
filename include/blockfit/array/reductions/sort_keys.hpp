#ifndef BLOCKFIT_ARRAY_REDUCTIONS_SORT_KEYS_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_SORT_KEYS_HPP

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// A number of any type as an unsigned one: in the same order, the two zeros as one and any NaN as the last. So that
/// what sorts is compiled once for all types.
using SortKey = std::uint64_t;
inline constexpr SortKey nan_key = ~SortKey(0);

/// The least value of a signed T, all its 64 bits.
template <class T>
inline constexpr SortKey least_of = static_cast<SortKey>(std::numeric_limits<T>::min());

template <class T>
[[nodiscard]] inline SortKey sort_key(T x) noexcept {
    if constexpr (std::floating_point<T>) {
        using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
        constexpr Bits sign = Bits(1) << (8 * sizeof(T) - 1);
        const Bits bits = std::bit_cast<Bits>(x + T(0));
        const Bits key = bits ^ ((bits & sign) ? ~Bits(0) : sign);
        return x == x ? SortKey(key) : nan_key;
    } else if constexpr (std::is_signed_v<T>) {
        return static_cast<SortKey>(x) - least_of<T>;
    } else {
        return static_cast<SortKey>(x);
    }
}
template <class T>
[[nodiscard]] inline T from_sort_key(SortKey key) noexcept {
    if constexpr (std::floating_point<T>) {
        using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
        constexpr Bits sign = Bits(1) << (8 * sizeof(T) - 1);
        if (key == nan_key) return std::numeric_limits<T>::quiet_NaN();
        const Bits bits = static_cast<Bits>(key);
        return std::bit_cast<T>(static_cast<Bits>((bits & sign) ? bits ^ sign : ~bits));
    } else if constexpr (std::is_signed_v<T>) {
        return static_cast<T>(key + least_of<T>);
    } else {
        return static_cast<T>(key);
    }
}

/// Sorts keys by their bytes, the lowest first; a byte that all have in common costs nothing. `work`: a buffer.
inline void sort_keys(std::vector<SortKey>& keys, std::vector<SortKey>& work) {
    const std::size_t n = keys.size();
    if (n < 64) {  // not worth counting
        for (std::size_t i = 1; i < n; ++i) {
            const SortKey key = keys[i];
            std::size_t k = i;
            for (; k > 0 && keys[k - 1] > key; --k) keys[k] = keys[k - 1];
            keys[k] = key;
        }
        return;
    }
    SortKey differs = 0;
    for (const SortKey key : keys) differs |= key ^ keys[0];
    work.resize(n);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (((differs >> shift) & 255) == 0) continue;
        std::array<std::size_t, 256> places{};
        for (const SortKey key : keys) ++places[(key >> shift) & 255];
        std::size_t place = 0;
        for (std::size_t& p : places) p = std::exchange(place, place + p);
        for (const SortKey key : keys) work[places[(key >> shift) & 255]++] = key;
        keys.swap(work);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
