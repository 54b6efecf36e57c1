// EXPECT: a block is row-major, this Eigen matrix is not; store it by rows, or use blockfit::from_eigen(M)
#include <Eigen/Core>

#include <blockfit/interop/eigen.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

void test(const Eigen::MatrixXd& M) {
    blockfit::StandardScaler scaler;
#ifdef FIXED
    scaler.fit(blockfit::from_eigen(M));
#else
    scaler.fit(M);
#endif
}
