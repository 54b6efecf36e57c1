// EXPECT: where: the condition must be an array of bool, such as X > 0
#include <blockfit/array/elementwise.hpp>

auto test(const blockfit::ChunkedMatrix<double>& X) {
#ifdef FIXED
    return where(X > 0, X, 0);
#else
    return where(X, X, 0);
#endif
}
