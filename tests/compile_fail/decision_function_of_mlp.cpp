// EXPECT: this classifier has no decision_function; use predict_proba
#include <blockfit/neural_network/mlp_classifier.hpp>

auto test(const blockfit::MLPClassifier<>& classifier, const blockfit::Matrix<double>& X) {
#ifdef FIXED
    return classifier.predict_proba(X);
#else
    return classifier.decision_function(X);
#endif
}
