#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/linear_model/passive_aggressive_classifier.hpp>
#include <blockfit/linear_model/passive_aggressive_regressor.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

struct Data {
    bf::Matrix<double> X;
    std::vector<double> target;
    std::vector<bf::Label> label;
};
/// Not quite linear, so that the steps do not end.
Data data(const benchmark::State& state) {
    Data out{bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute(), {}, {}};
    for (Index i = 0; i < out.X.rows(); ++i) {
        out.target.push_back(out.X(i, 0) - out.X(i, 1) + 0.1 * out.X(i, 2) * out.X(i, 3));
        out.label.push_back(out.target.back() > 0);
    }
    return out;
}
void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double)));
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
}

/// PA-I regression as one would write it: a step only for rows that are off by more than epsilon.
void plain_passive_aggressive(benchmark::State& state) {
    const Data block = data(state);
    std::vector<double> w(static_cast<std::size_t>(state.range(1)));
    double b = 0;
    for (auto _ : state) {
        for (Index i = 0; i < block.X.rows(); ++i) {
            const std::span<const double> x = block.X.row(i);
            double p = b, squares = 0;
            for (std::size_t j = 0; j < x.size(); ++j) {
                p += w[j] * x[j];
                squares += x[j] * x[j];
            }
            const double error = block.target[static_cast<std::size_t>(i)] - p, loss = std::abs(error) - 0.01;
            if (loss <= 0) continue;
            const double u = std::copysign(std::min(0.01, loss / squares), error);
            for (std::size_t j = 0; j < x.size(); ++j) w[j] += u * x[j];
            b += u;
        }
        benchmark::DoNotOptimize(w.data());
    }
    state_size(state);
}

void passive_aggressive_regressor_partial_fit(benchmark::State& state, bf::PassiveAggressiveRegressorParams params) {
    const Data block = data(state);
    bf::PassiveAggressiveRegressor regressor(params);
    for (auto _ : state) benchmark::DoNotOptimize(regressor.partial_fit(block.X, block.target).t());
    state_size(state);
}

void passive_aggressive_classifier_partial_fit(benchmark::State& state, bf::PassiveAggressiveClassifierParams params) {
    const Data block = data(state);
    bf::PassiveAggressiveClassifier classifier(params);
    for (auto _ : state)
        benchmark::DoNotOptimize(classifier.partial_fit(block.X, block.label, {.classes = {0, 1}}).t());
    state_size(state);
}

}  // namespace

BENCHMARK(plain_passive_aggressive)->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(passive_aggressive_regressor_partial_fit, pa1_in_order, {.C = 0.01, .shuffle = false, .epsilon = 0.01})
    ->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(passive_aggressive_regressor_partial_fit, pa2_in_order,
                  {.C = 0.01, .shuffle = false, .loss = bf::Loss::squared_epsilon_insensitive, .epsilon = 0.01})
    ->Args({100'000, 20});
BENCHMARK_CAPTURE(passive_aggressive_classifier_partial_fit, pa1_in_order, {.C = 0.01, .shuffle = false})
    ->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(passive_aggressive_classifier_partial_fit, pa1_shuffled, {.C = 0.01})->Args({100'000, 20})->Args({500'000, 20});
