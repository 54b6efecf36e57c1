// EXPECT: a block is row-major, this xtensor matrix is column-major; copy it: xt::xtensor<T, 2> rows = matrix
#include <blockfit/interop/xtensor.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

void test(const xt::xtensor<double, 2, xt::layout_type::column_major>& M) {
    blockfit::StandardScaler scaler;
#ifdef FIXED
    const xt::xtensor<double, 2> rows = M;
    scaler.fit(rows);
#else
    scaler.fit(M);
#endif
}
