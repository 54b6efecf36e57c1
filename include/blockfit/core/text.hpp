#ifndef BLOCKFIT_CORE_TEXT_HPP
#define BLOCKFIT_CORE_TEXT_HPP

#include <cstdio>
#include <string>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// "80.0 MB".
[[nodiscard]] inline std::string bytes_to_text(Index bytes) {
    char text[32];
    const auto b = static_cast<double>(bytes);
    if (bytes >= 1'000'000'000) std::snprintf(text, sizeof text, "%.1f GB", b / 1e9);
    else if (bytes >= 1'000'000) std::snprintf(text, sizeof text, "%.1f MB", b / 1e6);
    else std::snprintf(text, sizeof text, "%.1f kB", b / 1e3);
    return text;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
