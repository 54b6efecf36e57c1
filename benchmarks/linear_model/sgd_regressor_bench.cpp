#include <benchmark/benchmark.h>

#include <span>
#include <utility>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

struct Data {
    bf::Matrix<double> X;
    std::vector<double> y;
};
Data data(const benchmark::State& state) {
    Data out{bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute(), {}};
    for (Index i = 0; i < out.X.rows(); ++i) out.y.push_back(out.X(i, 0) - out.X(i, 1) + 0.1 * out.X(i, 2));
    return out;
}
void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double)));
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
}

/// The loop a programmer would write by hand: least squares, constant step.
void plain_least_squares(benchmark::State& state) {
    const Data block = data(state);
    std::vector<double> w(static_cast<std::size_t>(state.range(1)));
    double b = 0;
    for (auto _ : state) {
        for (Index i = 0; i < block.X.rows(); ++i) {
            const std::span<const double> x = block.X.row(i);
            double p = b;
            for (std::size_t j = 0; j < x.size(); ++j) p += w[j] * x[j];
            const double u = 1e-3 * (block.y[static_cast<std::size_t>(i)] - p);
            for (std::size_t j = 0; j < x.size(); ++j) w[j] = w[j] * (1 - 1e-3 * 1e-4) + u * x[j];
            b += u;
        }
        benchmark::DoNotOptimize(w.data());
    }
    state_size(state);
}

void sgd_regressor_partial_fit(benchmark::State& state, bf::SGDRegressorParams params) {
    const Data block = data(state);
    bf::SGDRegressor regressor(params);
    for (auto _ : state) benchmark::DoNotOptimize(regressor.partial_fit(block.X, block.y).t());
    state_size(state);
}

void sgd_regressor_predict(benchmark::State& state) {
    const Data block = data(state);
    const bf::SGDRegressor regressor = bf::SGDRegressor().partial_fit(block.X, block.y);
    std::vector<double> out(block.y.size());
    for (auto _ : state) {
        regressor.predict(block.X.view(), std::span(out));
        benchmark::DoNotOptimize(out.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_least_squares)->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(sgd_regressor_partial_fit, constant_step_in_order,
                  {.shuffle = false, .learning_rate = bf::LearningRate::constant, .eta0 = 1e-3})
    ->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(sgd_regressor_partial_fit, in_order, {.shuffle = false})->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(sgd_regressor_partial_fit, shuffled, {})->Args({100'000, 20})->Args({500'000, 20});
BENCHMARK_CAPTURE(sgd_regressor_partial_fit, huber_in_order, {.loss = bf::Loss::huber, .shuffle = false})->Args({100'000, 20});
BENCHMARK_CAPTURE(sgd_regressor_partial_fit, averaged_in_order, {.shuffle = false, .average = 1})->Args({100'000, 20});
BENCHMARK(sgd_regressor_predict)->Args({100'000, 20})->Args({20'000, 128});
