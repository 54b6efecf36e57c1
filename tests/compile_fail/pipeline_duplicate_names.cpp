// EXPECT: Pipeline: step names must be unique, not empty, and without '__'
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

void test() {
    using blockfit::StandardScaler, blockfit::step;
#ifdef FIXED
    (void)blockfit::make_pipeline(step<"centre">(StandardScaler{}), step<"scale">(StandardScaler{}));
#else
    (void)blockfit::make_pipeline(step<"scale">(StandardScaler{}), step<"scale">(StandardScaler{}));
#endif
}
