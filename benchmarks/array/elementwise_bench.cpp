#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/reductions.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/exec/settings.hpp>

namespace bf = blockfit;

namespace {

constexpr bf::Index rows = 5'000'000, cols = 20;

const bf::Matrix<double>& data() {
    static const bf::Matrix<double> X = [] {
        bf::Matrix<double> m(rows, cols);
        for (std::size_t i = 0; i < m.values().size(); ++i) m.values()[i] = static_cast<double>(i % 1000) / 100 - 5;
        return m;
    }();
    return X;
}

void count(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * rows * cols * static_cast<std::int64_t>(sizeof(double)));
    state.SetItemsProcessed(state.iterations() * rows);
}

/// The sum of f(X), f(X) lazy, on range(0) threads.
template <class F>
void sum_of(benchmark::State& state, F f) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const auto array = f(bf::from_array(data()));
    for (auto _ : state) benchmark::DoNotOptimize(array.sum().compute());
    count(state);
}

}  // namespace

static void plain_loop_of_five(benchmark::State& state) {
    const auto x = data().values();
    for (auto _ : state) {
        double sum[8] = {};
        for (std::size_t i = 0; i < x.size(); i += 8)
            for (std::size_t k = 0; k < 8; ++k) sum[k] += std::abs(std::clamp((x[i + k] + 1.0) * 2.0 - 3.0, -5.0, 5.0));
        for (const double s : sum) benchmark::DoNotOptimize(s);
    }
    count(state);
}
BENCHMARK(plain_loop_of_five)->Unit(benchmark::kMillisecond);

static void sum_of_none(benchmark::State& state) {
    sum_of(state, [](const auto& X) { return X; });
}
BENCHMARK(sum_of_none)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

static void sum_of_one_operation(benchmark::State& state) {
    sum_of(state, [](const auto& X) { return X + 1.0; });
}
BENCHMARK(sum_of_one_operation)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

static void sum_of_five_operations(benchmark::State& state) {
    sum_of(state, [](const auto& X) { return abs(clip((X + 1.0) * 2.0 - 3.0, -5, 5)); });
}
BENCHMARK(sum_of_five_operations)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
