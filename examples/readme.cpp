//! [program]
#include <cstdio>

#include <blockfit/blockfit.hpp>
namespace bf = blockfit;
using namespace bf::literals;

int main() {
    auto X = bf::from_hdf5<double>("data.h5", "X", {.block_rows = 500'000});  // lazy: nothing is read yet
    auto y = bf::from_hdf5_vector<int>("data.h5", "y");

    bf::Settings settings({.memory_limit = 512_MiB});  // for this scope; all cores unless .threads says otherwise
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::SGDClassifier{{.loss = bf::Loss::log_loss}}});
    pipe.fit(X, y);                                                   // one pass over the file for each step
    bf::to_hdf5("out.h5", bf::dataset("label", pipe.predict(X)),      // disk to disk, in parallel,
                          bf::dataset("proba", pipe.predict_proba(X)));  // both in one pass
    bf::save("model.h5", pipe);
    std::printf("accuracy %.4f\n", pipe.score(X, y));
}
//! [program]
