#include <benchmark/benchmark.h>

#include <span>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

/// Arguments: rows, columns, clusters.
void state_size(benchmark::State& state) {
    const auto bytes = state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double));
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * bytes);
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
    state.counters["clusters"] = static_cast<double>(state.range(2));
}
bf::Matrix<double> data(const benchmark::State& state) {
    return bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
}
bf::MiniBatchKMeans<> fitted(const benchmark::State& state, const bf::Matrix<double>& X) {
    return bf::MiniBatchKMeans({.n_clusters = state.range(2)}).partial_fit(X);
}

/// The nearest centre of each row, one squared distance after the other.
void plain_labels(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    const bf::Matrix<double> centers = fitted(state, X).cluster_centers();
    std::vector<bf::Label> labels(static_cast<std::size_t>(X.rows()));
    const Index d = X.cols();
    for (auto _ : state) {
        for (Index i = 0; i < X.rows(); ++i) {
            double least = 0;
            for (Index k = 0; k < centers.rows(); ++k) {
                double sum = 0;
                for (Index j = 0; j < d; ++j) {
                    const double r = X.data()[i * d + j] - centers.data()[k * d + j];
                    sum += r * r;
                }
                if (k > 0 && sum >= least) continue;
                least = sum;
                labels[static_cast<std::size_t>(i)] = k;
            }
        }
        benchmark::DoNotOptimize(labels.data());
    }
    state_size(state);
}

void mini_batch_kmeans_predict(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    const bf::MiniBatchKMeans<> model = fitted(state, X);
    std::vector<bf::Label> labels(static_cast<std::size_t>(X.rows()));
    for (auto _ : state) {
        model.predict(X.view(), std::span(labels));
        benchmark::DoNotOptimize(labels.data());
    }
    state_size(state);
}

/// A step: labels, sums, and labels with inertia under the new centres.
void mini_batch_kmeans_partial_fit(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    bf::MiniBatchKMeans<> model = fitted(state, X);
    for (auto _ : state) benchmark::DoNotOptimize(model.partial_fit(X).n_steps());
    state_size(state);
}

void mini_batch_kmeans_transform(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    const bf::MiniBatchKMeans<> model = fitted(state, X);
    bf::Matrix<double> distances(X.rows(), model.n_features_out());
    for (auto _ : state) {
        model.transform(X, distances);
        benchmark::DoNotOptimize(distances.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_labels)->Args({100'000, 20, 8})->Args({20'000, 128, 100});
BENCHMARK(mini_batch_kmeans_predict)->Args({100'000, 20, 8})->Args({20'000, 128, 100});
BENCHMARK(mini_batch_kmeans_partial_fit)->Args({100'000, 20, 8})->Args({20'000, 128, 100});
BENCHMARK(mini_batch_kmeans_transform)->Args({100'000, 20, 8})->Args({20'000, 128, 100});
