// EXPECT: from_eigen: the matrix is a temporary and the array would dangle; keep it in a variable
#include <Eigen/Core>

#include <blockfit/interop/eigen.hpp>

Eigen::MatrixXd load();

void test() {
#ifdef FIXED
    const Eigen::MatrixXd M = load();
    (void)blockfit::from_eigen(M);
#else
    (void)blockfit::from_eigen(load());
#endif
}
