// EXPECT: blockfit: arithmetic on bool arrays; convert them with astype<int>() first
#include <blockfit/array/elementwise.hpp>

auto test(const blockfit::ChunkedMatrix<double>& X) {
    const auto positive = X > 0;
#ifdef FIXED
    return positive.astype<int>() + (X < 1).astype<int>();
#else
    return positive + (X < 1);
#endif
}
