#include <string>

#include <catch2/catch.hpp>

#include <blockfit/version.hpp>

namespace bf = blockfit;

TEST_CASE("version: the string and the macros agree", "[core]") {
    const std::string from_macros = std::to_string(BLOCKFIT_VERSION_MAJOR) + "." +
                                    std::to_string(BLOCKFIT_VERSION_MINOR) + "." +
                                    std::to_string(BLOCKFIT_VERSION_PATCH);
    REQUIRE(bf::version == from_macros);
}
