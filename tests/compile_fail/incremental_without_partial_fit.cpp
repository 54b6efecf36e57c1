// EXPECT: Incremental: the estimator must have partial_fit(X, y) or partial_fit(X)
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/wrappers/incremental.hpp>

struct NoEstimator {
    static constexpr const char* class_name = "NoEstimator";
};

void test() {
#ifdef FIXED
    const blockfit::Incremental incremental{blockfit::SGDClassifier{}};
#else
    const blockfit::Incremental incremental{NoEstimator{}};
#endif
}
