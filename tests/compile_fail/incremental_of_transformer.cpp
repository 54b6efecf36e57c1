// EXPECT: Incremental: the estimator must have partial_fit(X, y)
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

void test() {
#ifdef FIXED
    const blockfit::Incremental incremental{blockfit::SGDClassifier{}};
#else
    const blockfit::Incremental incremental{blockfit::StandardScaler{}};
#endif
}
