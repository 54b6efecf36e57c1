// EXPECT: this xtensor expression has no values in memory; evaluate it with xt::eval first
#include <blockfit/interop/xtensor.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

void test(const xt::xtensor<double, 2>& X) {
    blockfit::StandardScaler scaler;
#ifdef FIXED
    scaler.fit(xt::eval(2.0 * X));
#else
    scaler.fit(2.0 * X);
#endif
}
