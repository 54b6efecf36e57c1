// EXPECT: a block is row-major, this Eigen matrix is not; store it by rows, or use blockfit::from_eigen(M)
#include <Eigen/Core>

#include <blockfit/array/creation.hpp>
#include <blockfit/interop/eigen.hpp>

auto test(const Eigen::MatrixXd& M) {
#ifdef FIXED
    return blockfit::from_eigen(M);
#else
    return blockfit::from_array(M);
#endif
}
