#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/preprocessing/max_abs_scaler.hpp>

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

/// The loop that one would write: no NaN, no infinity.
void plain_extrema(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    for (auto _ : state) {
        std::vector<double> most(static_cast<std::size_t>(X.cols()), 0.0);
        for (Index i = 0; i < X.rows(); ++i)
            for (std::size_t j = 0; j < most.size(); ++j) most[j] = std::max(most[j], std::abs(X.row(i)[j]));
        benchmark::DoNotOptimize(most.data());
    }
    state_size(state);
}

void max_abs_scaler_partial_fit(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    for (auto _ : state) {
        bf::MaxAbsScaler scaler;
        benchmark::DoNotOptimize(scaler.partial_fit(X).n_features_in());
    }
    state_size(state);
}

void max_abs_scaler_transform(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    const bf::MaxAbsScaler scaler = bf::MaxAbsScaler().fit(X);
    bf::Matrix<double> Z = X;
    for (auto _ : state) {
        scaler.transform(X, Z);
        benchmark::DoNotOptimize(Z.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_extrema)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
BENCHMARK(max_abs_scaler_partial_fit)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
BENCHMARK(max_abs_scaler_transform)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
