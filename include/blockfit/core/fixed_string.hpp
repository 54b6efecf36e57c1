#ifndef BLOCKFIT_CORE_FIXED_STRING_HPP
#define BLOCKFIT_CORE_FIXED_STRING_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace blockfit {
inline namespace v1 {

/// A string literal as a template argument: step<"scale">(...), pipe.get<"scale">().
template <std::size_t N>
struct FixedString {
    char text[N] = {};
    consteval FixedString(const char (&literal)[N]) { std::copy_n(literal, N, text); }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

}  // namespace v1
}  // namespace blockfit

#endif
