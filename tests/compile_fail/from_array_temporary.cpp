// EXPECT: from_array: the matrix is a temporary and the array would dangle; keep it in a variable
#include <Eigen/Core>

#include <blockfit/array/creation.hpp>
#include <blockfit/interop/eigen.hpp>

Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> load();

void test() {
#ifdef FIXED
    const auto M = load();
    (void)blockfit::from_array(M);
#else
    (void)blockfit::from_array(load());
#endif
}
