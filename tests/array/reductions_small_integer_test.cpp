#include <array/reductions_reference.hpp>

TEST_CASE("reductions: of int16 as numpy", "[array]") { reductions_reference::check_cases<std::int16_t>(); }
TEST_CASE("reductions: of int8 as numpy", "[array]") { reductions_reference::check_cases<std::int8_t>(); }
TEST_CASE("reductions: of uint8 as numpy", "[array]") { reductions_reference::check_cases<std::uint8_t>(); }
TEST_CASE("reductions: of bool as numpy", "[array]") { reductions_reference::check_cases<bool>(); }
