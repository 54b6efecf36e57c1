#ifndef BLOCKFIT_VERSION_HPP
#define BLOCKFIT_VERSION_HPP

#include <string_view>

/// Semantic version of the headers, for the preprocessor.
#define BLOCKFIT_VERSION_MAJOR 0
#define BLOCKFIT_VERSION_MINOR 1
#define BLOCKFIT_VERSION_PATCH 0

namespace blockfit {
inline namespace v1 {

/// The same as "major.minor.patch".
inline constexpr std::string_view version = "0.1.0";

}  // namespace v1
}  // namespace blockfit

#endif
