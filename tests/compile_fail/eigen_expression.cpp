// EXPECT: this Eigen expression has no values in memory; evaluate it into a matrix first
#include <Eigen/Core>

#include <blockfit/interop/eigen.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void test(const Rows& X) {
    blockfit::StandardScaler scaler;
#ifdef FIXED
    const Rows twice = 2.0 * X;
    scaler.fit(twice);
#else
    scaler.fit(2.0 * X);
#endif
}
