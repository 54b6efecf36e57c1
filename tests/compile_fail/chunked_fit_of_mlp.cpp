// EXPECT: MLPClassifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data
#include <blockfit/neural_network/mlp_classifier.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test(const blockfit::ChunkedMatrix<float>& X, const blockfit::ChunkedMatrix<int>& y) {
#ifdef FIXED
    blockfit::Incremental classifier{blockfit::MLPClassifier<float>{}};
#else
    blockfit::MLPClassifier<float> classifier;
#endif
    classifier.partial_fit(X, y);
}
