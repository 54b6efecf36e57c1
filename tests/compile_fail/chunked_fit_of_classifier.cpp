// EXPECT: this classifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test(const blockfit::ChunkedMatrix<double>& X, const blockfit::ChunkedVector<int>& y) {
#ifdef FIXED
    blockfit::Incremental classifier{blockfit::SGDClassifier{}};
#else
    blockfit::SGDClassifier classifier;
#endif
    classifier.fit(X, y);
}
