#include <array/reductions_reference.hpp>

TEST_CASE("reductions: of int64 as numpy", "[array]") { reductions_reference::check_cases<std::int64_t>(); }
TEST_CASE("reductions: of uint64 as numpy", "[array]") { reductions_reference::check_cases<std::uint64_t>(); }
TEST_CASE("reductions: of int32 as numpy", "[array]") { reductions_reference::check_cases<std::int32_t>(); }
