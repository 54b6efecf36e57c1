#include <array/reductions_reference.hpp>

TEST_CASE("reductions: of float64 as numpy", "[array]") { reductions_reference::check_cases<double>(); }
TEST_CASE("reductions: of float32 as numpy", "[array]") { reductions_reference::check_cases<float>(); }
