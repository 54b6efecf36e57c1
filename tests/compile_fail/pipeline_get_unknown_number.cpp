// EXPECT: Pipeline::get<I>: there is no step of that number
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

bool test() {
    const auto pipe = blockfit::make_pipeline(blockfit::StandardScaler{});
#ifdef FIXED
    return pipe.get<0>().fitted();
#else
    return pipe.get<7>().fitted();
#endif
}
