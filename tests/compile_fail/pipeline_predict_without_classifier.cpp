// EXPECT: is neither classifier, regressor nor clusterer, so there is nothing to predict or score
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

auto test(const blockfit::Matrix<double>& X) {
#ifdef FIXED
    const auto pipe = blockfit::make_pipeline(blockfit::StandardScaler{}, blockfit::SGDClassifier{});
#else
    const auto pipe = blockfit::make_pipeline(blockfit::StandardScaler{});
#endif
    return pipe.predict(X);
}
