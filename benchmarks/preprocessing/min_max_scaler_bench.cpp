#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>

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
        std::vector<double> low(static_cast<std::size_t>(X.cols()), std::numeric_limits<double>::infinity());
        std::vector<double> high(low.size(), -std::numeric_limits<double>::infinity());
        for (Index i = 0; i < X.rows(); ++i)
            for (std::size_t j = 0; j < low.size(); ++j) {
                low[j] = std::min(low[j], X.row(i)[j]);
                high[j] = std::max(high[j], X.row(i)[j]);
            }
        benchmark::DoNotOptimize(low.data());
        benchmark::DoNotOptimize(high.data());
    }
    state_size(state);
}

void min_max_scaler_partial_fit(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    for (auto _ : state) {
        bf::MinMaxScaler scaler;
        benchmark::DoNotOptimize(scaler.partial_fit(X).n_features_in());
    }
    state_size(state);
}

void min_max_scaler_transform(benchmark::State& state) {
    const bf::Matrix<double> X = bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute();
    const bf::MinMaxScaler scaler = bf::MinMaxScaler().fit(X);
    bf::Matrix<double> Z = X;
    for (auto _ : state) {
        scaler.transform(X, Z);
        benchmark::DoNotOptimize(Z.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_extrema)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
BENCHMARK(min_max_scaler_partial_fit)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
BENCHMARK(min_max_scaler_transform)->Args({2048, 20})->Args({1'000'000, 20})->Args({200'000, 128});
