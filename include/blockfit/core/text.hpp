#ifndef BLOCKFIT_CORE_TEXT_HPP
#define BLOCKFIT_CORE_TEXT_HPP

#include <cstdio>
#include <string>
#include <string_view>

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

/// At most 40 bytes of a file, for messages; what terminals would act upon is '?'.
[[nodiscard]] inline std::string printable(std::string_view text) {
    std::string out(text.substr(0, 40));
    for (char& c : out)
        if ((c >= 0 && c < ' ') || c == 127) c = '?';
    if (text.size() > 40) out += "...";
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
