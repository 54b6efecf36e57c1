/// Principal components. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>

#include <blockfit/array/creation.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;

int main() {
    const auto X = bf::random_normal(50'000, 6, {.seed = 1});
    //! [incremental_pca]
    bf::Incremental pca{bf::IncrementalPCA({.n_components = 2})};
    pca.fit(X);                              // chunked: one step a block
    auto Z = pca.transform(X);               // lazy, n x 2
    auto smooth = pca.inverse_transform(Z);  // lazy, n x 6: what two components can tell
    double share = 0;
    for (double ratio : pca.estimator().explained_variance_ratio()) share += ratio;
    //! [incremental_pca]
    const bool ok = Z.cols() == 2 && smooth.cols() == 6 && share > 0.3 && share < 0.4;
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
