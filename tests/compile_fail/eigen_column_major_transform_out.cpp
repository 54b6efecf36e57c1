// EXPECT: a block is row-major, this Eigen matrix is not; store it by rows, or use blockfit::from_eigen(M)
#include <Eigen/Core>

#include <blockfit/interop/eigen.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
#ifdef FIXED
using Out = Rows;
#else
using Out = Eigen::MatrixXd;
#endif

void test(const blockfit::StandardScaler& scaler, const Rows& X, Out& out) { scaler.transform(X, out); }
