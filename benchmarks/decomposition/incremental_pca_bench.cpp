#include <benchmark/benchmark.h>

#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

/// Arguments: rows, columns, components.
void state_size(benchmark::State& state) {
    const auto bytes = state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double));
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * bytes);
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
    state.counters["components"] = static_cast<double>(state.range(2));
}
bf::Matrix<double> data(const benchmark::State& state) {
    return bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
}
bf::IncrementalPCA<> fitted(const benchmark::State& state, const bf::Matrix<double>& X) {
    return bf::IncrementalPCA({.n_components = state.range(2)}).partial_fit(X);
}

/// As many operations as a decomposition needs at the least: the products of all pairs of columns.
void plain_gram(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    const Index d = X.cols();
    std::vector<double> gram(static_cast<std::size_t>(d * d));
    for (auto _ : state) {
        for (Index i = 0; i < X.rows(); ++i) {
            const double* const x = X.data() + i * d;
            for (Index p = 0; p < d; ++p)
                for (Index q = 0; q < d; ++q) gram[static_cast<std::size_t>(p * d + q)] += x[p] * x[q];
        }
        benchmark::DoNotOptimize(gram.data());
    }
    state_size(state);
}

void incremental_pca_partial_fit(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    bf::IncrementalPCA<> model = fitted(state, X);
    for (auto _ : state) benchmark::DoNotOptimize(model.partial_fit(X).n_samples_seen());
    state_size(state);
}

/// One component after the other, as a sum over the columns.
void plain_project(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    const bf::IncrementalPCA<> model = fitted(state, X);
    const Index d = X.cols(), k = model.n_components();
    const double* const mean = model.mean().data();
    bf::Matrix<double> Z(X.rows(), k);
    for (auto _ : state) {
        for (Index i = 0; i < X.rows(); ++i)
            for (Index c = 0; c < k; ++c) {
                double sum = 0;
                const double* const component = model.components().data() + c * d;
                for (Index j = 0; j < d; ++j) sum += (X.data()[i * d + j] - mean[j]) * component[j];
                Z.data()[i * k + c] = sum;
            }
        benchmark::DoNotOptimize(Z.data());
    }
    state_size(state);
}

void incremental_pca_transform(benchmark::State& state) {
    const bf::Matrix<double> X = data(state);
    const bf::IncrementalPCA<> model = fitted(state, X);
    bf::Matrix<double> Z(X.rows(), model.n_components());
    for (auto _ : state) {
        model.transform(X, Z);
        benchmark::DoNotOptimize(Z.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_gram)->Args({100'000, 20, 5})->Args({20'000, 128, 10});
BENCHMARK(incremental_pca_partial_fit)->Args({100'000, 20, 5})->Args({20'000, 128, 10})->Args({100, 1000, 10});
BENCHMARK(plain_project)->Args({100'000, 20, 5})->Args({20'000, 128, 10});
BENCHMARK(incremental_pca_transform)->Args({100'000, 20, 5})->Args({20'000, 128, 10});
