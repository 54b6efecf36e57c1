// EXPECT: Pipeline: every step but the last must be a transformer, with partial_fit(X) and transform(X)
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

void test() {
#ifdef FIXED
    (void)blockfit::make_pipeline(blockfit::StandardScaler{}, blockfit::SGDClassifier{});
#else
    (void)blockfit::make_pipeline(blockfit::SGDClassifier{}, blockfit::StandardScaler{});
#endif
}
