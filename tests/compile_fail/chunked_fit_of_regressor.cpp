// EXPECT: this regressor learns block by block: wrap it, Incremental{regressor}, to fit chunked data
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test(const blockfit::ChunkedMatrix<double>& X, const blockfit::ChunkedVector<float>& y) {
#ifdef FIXED
    blockfit::Incremental regressor{blockfit::SGDRegressor{}};
#else
    blockfit::SGDRegressor regressor;
#endif
    regressor.fit(X, y);
}
