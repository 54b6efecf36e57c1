// EXPECT: Pipeline::get<name>: there is no step of that name
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

bool test() {
    const auto pipe = blockfit::make_pipeline(blockfit::StandardScaler{});
#ifdef FIXED
    return pipe.get<"standardscaler">().fitted();
#else
    return pipe.get<"nosuch">().fitted();
#endif
}
