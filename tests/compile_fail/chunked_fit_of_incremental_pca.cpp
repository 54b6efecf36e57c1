// EXPECT: IncrementalPCA learns block by block: wrap it, Incremental{...}, to fit chunked data
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test(const blockfit::ChunkedMatrix<double>& X) {
#ifdef FIXED
    blockfit::Incremental model{blockfit::IncrementalPCA{}};
#else
    blockfit::IncrementalPCA model;
#endif
    model.fit(X);
}
