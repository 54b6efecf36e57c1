// EXPECT: blockfit: & | ^ ~ are for arrays of bool; compare first, as in X > 0
#include <blockfit/array/elementwise.hpp>

auto test(const blockfit::ChunkedMatrix<double>& X) {
#ifdef FIXED
    return (X > 0) & (X < 1);
#else
    return (X > 0) & X;
#endif
}
