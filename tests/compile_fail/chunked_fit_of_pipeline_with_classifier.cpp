// EXPECT: this classifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test(const blockfit::ChunkedMatrix<double>& X, const blockfit::ChunkedVector<int>& y) {
#ifdef FIXED
    const blockfit::Incremental classifier{blockfit::SGDClassifier{}};
#else
    const blockfit::SGDClassifier classifier;
#endif
    blockfit::make_pipeline(blockfit::StandardScaler{}, classifier).fit(X, y);
}
