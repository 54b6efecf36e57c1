// EXPECT: MiniBatchKMeans has no inverse_transform: distances do not give back the rows
#include <blockfit/cluster/mini_batch_kmeans.hpp>

void test(const blockfit::MiniBatchKMeans<>& model, const blockfit::Matrix<double>& X) {
#ifdef FIXED
    (void)model.transform(X);
#else
    model.inverse_transform(X);
#endif
}
