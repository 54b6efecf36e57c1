// EXPECT: MiniBatchKMeans learns block by block: wrap it, Incremental{...}, to fit chunked data
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test(const blockfit::ChunkedMatrix<double>& X) {
#ifdef FIXED
    blockfit::Incremental model{blockfit::MiniBatchKMeans{}};
#else
    blockfit::MiniBatchKMeans model;
#endif
    model.fit(X);
}
