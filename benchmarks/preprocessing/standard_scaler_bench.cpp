#include <benchmark/benchmark.h>

#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

void state_size(benchmark::State& state) {
    const auto bytes = state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double));
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * bytes);
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
}

/// What the memory allows: all values added up.
void plain_sum(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    for (auto _ : state) {
        double sums[8] = {};
        const std::span<const double> values = X.values();
        for (std::size_t i = 0; i + 8 <= values.size(); i += 8)
            for (std::size_t k = 0; k < 8; ++k) sums[k] += values[i + k];
        benchmark::DoNotOptimize(sums);
    }
    state_size(state);
}

void standard_scaler_partial_fit(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    for (auto _ : state) {
        bf::StandardScaler scaler;
        benchmark::DoNotOptimize(scaler.partial_fit(X).n_features_in());
    }
    state_size(state);
}

void standard_scaler_transform(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    const bf::StandardScaler scaler = bf::StandardScaler().fit(X);
    bf::Matrix<double> Z = X;
    for (auto _ : state) {
        scaler.transform(X, Z);
        benchmark::DoNotOptimize(Z.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_sum)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
BENCHMARK(standard_scaler_partial_fit)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
BENCHMARK(standard_scaler_transform)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
