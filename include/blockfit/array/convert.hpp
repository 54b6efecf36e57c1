#ifndef BLOCKFIT_ARRAY_CONVERT_HPP
#define BLOCKFIT_ARRAY_CONVERT_HPP

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// numpy's name of an element type: "float64", "int32", ...
template <class T>
    requires std::is_arithmetic_v<T>
[[nodiscard]] constexpr std::string_view dtype_name() noexcept {
    if constexpr (std::same_as<T, bool>) return "bool";
    else if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? "float32" : sizeof(T) == 8 ? "float64" : "float128";
    else if constexpr (std::signed_integral<T>)
        return sizeof(T) == 1 ? "int8" : sizeof(T) == 2 ? "int16" : sizeof(T) == 4 ? "int32" : "int64";
    else return sizeof(T) == 1 ? "uint8" : sizeof(T) == 2 ? "uint16" : sizeof(T) == 4 ? "uint32" : "uint64";
}

namespace detail {

__extension__ typedef __int128 Int128;

/// The type in which functions of real numbers work.
template <class T>
using RealOf = std::conditional_t<std::floating_point<T>, T, double>;

/// Converts one value. False if To cannot hold it: an integer that is not exact in To, a fraction or NaN for an integer
/// type, a finite real that would become infinite. A real is rounded to a shorter real.
template <class To, class From>
[[nodiscard]] bool convert_value(From from, To& to) noexcept {
    if constexpr (std::same_as<To, From>) {
        to = from;
        return true;
    } else if constexpr (std::same_as<From, bool> || std::same_as<To, bool>) {
        to = static_cast<To>(from);
        return from == From(0) || from == From(1);
    } else if constexpr (std::floating_point<From> && std::floating_point<To>) {
        to = static_cast<To>(from);
        return sizeof(To) >= sizeof(From) || !std::isinf(to) || std::isinf(from);
    } else if constexpr (std::floating_point<To>) {
        to = static_cast<To>(from);
        if constexpr (std::numeric_limits<From>::digits <= std::numeric_limits<To>::digits) return true;
        // 2^digits, exact in To, is the first value that From cannot hold; casting it back would overflow.
        const To limit = std::ldexp(To(1), std::numeric_limits<From>::digits);
        return to < limit && static_cast<From>(to) == from;
    } else if constexpr (std::floating_point<From>) {
        const From limit = std::ldexp(From(1), std::numeric_limits<To>::digits);
        const From least = std::is_signed_v<To> ? -limit : From(0);
        if (!(from >= least && from < limit)) return false;
        to = static_cast<To>(from);
        return static_cast<From>(to) == from;
    } else {
        to = static_cast<To>(from);  // std::in_range takes no character types
        return static_cast<From>(to) == from && (to < To(0)) == (from < From(0));
    }
}

/// Converts a block. Throws DataError naming the row and column of the first value that To cannot hold.
template <class From, class To>
void convert_block(std::string_view where, MatrixView<const From> from, MatrixView<To> to) {
    for (Index i = 0; i < from.rows(); ++i) {
        const From* const in = from.row(i).data();
        To* const out = to.row(i).data();
        bool ok = true;
        for (Index j = 0; j < from.cols(); ++j) ok &= convert_value(in[j], out[j]);
        if (ok) continue;
        for (Index j = 0; j < from.cols(); ++j)
            if (!convert_value(in[j], out[j]))
                throw DataError(std::string(where) + ": value " + std::to_string(in[j]) + " of type " +
                                    std::string(dtype_name<From>()) + " cannot be held as " +
                                    std::string(dtype_name<To>()),
                                {.row = i, .column = j});
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
