/// Clustering. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;

namespace {

bool chunked() {
    const auto X = bf::random_normal(100'000, 4, {.seed = 1});
    //! [mini_batch_kmeans]
    bf::Incremental km{bf::MiniBatchKMeans({.n_clusters = 5})};
    km.fit(X);                     // chunked: one step a block
    auto cluster = km.predict(X);  // lazy, one label a row
    double inertia = -km.score(X);
    const bf::Matrix<double>& centers = km.estimator().cluster_centers();
    //! [mini_batch_kmeans]
    return centers.rows() == 5 && cluster.size() == 100'000 && inertia > 0;
}

bool in_memory() {
    //! [inits]
    bf::Matrix<double> X{{0.1, 0}, {0.3, 0.2}, {5, 5.2}, {4.8, 5}};
    bf::MiniBatchKMeans given({.n_clusters = 2, .init = bf::Matrix<double>{{0, 0}, {5, 5}}});
    given.partial_fit(X);
    bf::MiniBatchKMeans own({.n_clusters = 2, .init = [](auto rows, bf::Index k, bf::RandomState& generator) {
                                 bf::Matrix<double> centers(k, rows.cols());
                                 for (double& c : centers.values()) c = generator.uniform(0, 5);
                                 return centers;
                             }});
    own.partial_fit(X);
    //! [inits]
    return given.labels() == std::vector<bf::Label>{0, 0, 1, 1} && own.fitted();
}

}  // namespace

int main() {
    const bool ok = chunked() && in_memory();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
