// EXPECT: xt_map: the function must return an xtensor expression of numbers
#include <blockfit/interop/xtensor.hpp>

auto test(const blockfit::ChunkedMatrix<double>& X) {
#ifdef FIXED
    return blockfit::xt_map(X, [](const auto& x) { return x * 2; });
#else
    return blockfit::xt_map(X, [](const auto& x) { return x(0, 0); });
#endif
}
