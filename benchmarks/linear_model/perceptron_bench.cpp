#include <benchmark/benchmark.h>

#include <span>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/linear_model/perceptron.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

struct Data {
    bf::Matrix<double> X;
    std::vector<bf::Label> y;
};
/// Every 16th label is wrong, so that the steps do not end.
Data data(const benchmark::State& state) {
    Data out{bf::random_normal(state.range(0), state.range(1), {.seed = 1}).compute(), {}};
    for (Index i = 0; i < out.X.rows(); ++i) out.y.push_back((out.X(i, 0) - out.X(i, 1) + out.X(i, 2) > 0) != (i % 16 == 0));
    return out;
}
void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double)));
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
}

/// Rosenblatt's rule as one would write it: a step only for rows on the wrong side.
void plain_perceptron(benchmark::State& state) {
    const Data block = data(state);
    std::vector<double> w(static_cast<std::size_t>(state.range(1)));
    double b = 0;
    for (auto _ : state) {
        for (Index i = 0; i < block.X.rows(); ++i) {
            const std::span<const double> x = block.X.row(i);
            double p = b;
            for (std::size_t j = 0; j < x.size(); ++j) p += w[j] * x[j];
            const double y = block.y[static_cast<std::size_t>(i)] == 1 ? 1 : -1;
            if (p * y > 0) continue;
            for (std::size_t j = 0; j < x.size(); ++j) w[j] += y * x[j];
            b += y;
        }
        benchmark::DoNotOptimize(w.data());
    }
    state_size(state);
}

void perceptron_partial_fit(benchmark::State& state, bf::PerceptronParams params) {
    const Data block = data(state);
    bf::Perceptron classifier(params);
    for (auto _ : state)
        benchmark::DoNotOptimize(classifier.partial_fit(block.X, block.y, {.classes = {0, 1}}).t());
    state_size(state);
}

void perceptron_predict(benchmark::State& state) {
    const Data block = data(state);
    const bf::Perceptron classifier = bf::Perceptron().partial_fit(block.X, block.y, {.classes = {0, 1}});
    std::vector<bf::Label> out(block.y.size());
    for (auto _ : state) {
        classifier.predict(block.X.view(), std::span(out));
        benchmark::DoNotOptimize(out.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_perceptron)->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(perceptron_partial_fit, in_order, {.shuffle = false})->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(perceptron_partial_fit, shuffled, {})->Args({100'000, 20})->Args({500'000, 20});
BENCHMARK_CAPTURE(perceptron_partial_fit, l2_in_order, {.penalty = bf::Penalty::l2, .shuffle = false})->Args({100'000, 20});
BENCHMARK(perceptron_predict)->Args({100'000, 20})->Args({20'000, 128});
