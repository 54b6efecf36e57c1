/// Kinds of flights: k-means on scaled departure time, weekday and distance, trained block by block:
/// flights_kmeans [FLIGHTS.h5 [OUT.h5 [K]]]. Writes the cluster of each flight, and prints what the clusters are like.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <blockfit/blockfit.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

void run(const std::string& flights, const std::string& out, Index k) {
    //! [flights_kmeans]
    const auto X = bf::from_hdf5<double>(flights, "X", {.block_rows = 50'000}).cols({1, 2, 3});
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::MiniBatchKMeans({.n_clusters = k})});
    pipe.fit(X);
    bf::to_hdf5(out, bf::dataset("cluster", pipe.predict(X)));
    const auto centers = pipe.get<0>().inverse_transform(pipe.get<1>().estimator().cluster_centers());
    //! [flights_kmeans]

    const auto cluster = bf::from_hdf5_vector<int>(out, "cluster", {.block_rows = 50'000});
    const auto delay = bf::from_hdf5_vector<int>(flights, "delay");
    std::vector<double> size(static_cast<std::size_t>(k)), late(static_cast<std::size_t>(k));
    for (Index block = 0; block < cluster.n_blocks(); ++block) {
        const bf::RowRange rows = cluster.plan()[block];
        const std::vector<int> c = cluster.block(block).compute(), d = delay.rows(rows.begin, rows.end).compute();
        for (std::size_t i = 0; i < c.size(); ++i) {
            size[static_cast<std::size_t>(c[i])] += 1;
            late[static_cast<std::size_t>(c[i])] += d[i] > 15;
        }
    }
    std::printf("%ld flights, inertia a flight %.4f\n", X.rows(), -pipe.score(X) / static_cast<double>(X.rows()));
    std::printf("%8s %10s %8s %8s %8s %8s\n", "cluster", "flights", "weekday", "hour", "miles", "late");
    for (Index c = 0; c < k; ++c) {
        const auto at = static_cast<std::size_t>(c);
        std::printf("%8ld %10.0f %8.1f %8.1f %8.0f %7.1f%%\n", c, size[at], centers(c, 0), centers(c, 1) / 60,
                    centers(c, 2), size[at] > 0 ? 100 * late[at] / size[at] : 0.0);
    }
    std::printf("clusters written to %s\n", out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? argv[1] : "examples/data/flights.h5", argc > 2 ? argv[2] : "flights-clusters.h5",
            argc > 3 ? std::atol(argv[3]) : 6);
    } catch (const bf::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
