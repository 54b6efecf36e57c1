// EXPECT: is not a transformer, so there is no transform
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

auto test(const blockfit::Matrix<double>& X) {
#ifdef FIXED
    const auto pipe = blockfit::make_pipeline(blockfit::StandardScaler{});
#else
    const auto pipe = blockfit::make_pipeline(blockfit::StandardScaler{}, blockfit::SGDClassifier{});
#endif
    return pipe.transform(X);
}
