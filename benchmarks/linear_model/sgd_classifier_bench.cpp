#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

struct Data {
    bf::Matrix<double> X;
    std::vector<bf::Label> y;
};
Data data(Index n, Index d, Index n_classes) {
    Data out{bf::random_normal(n, d, {.seed = 1}).compute(), {}};
    for (Index i = 0; i < n; ++i) {
        const double sum = out.X(i, 0) - out.X(i, 1) + out.X(i, 2);
        out.y.push_back(static_cast<bf::Label>(std::min(std::max(std::floor(sum + static_cast<double>(n_classes) / 2), 0.0),
                                                        static_cast<double>(n_classes - 1))));
    }
    return out;
}
std::vector<bf::Label> classes(Index n) {
    std::vector<bf::Label> list;
    for (Index k = 0; k < n; ++k) list.push_back(k);
    return list;
}
void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double)));
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
}

/// The loop a programmer would write by hand: logistic regression, constant step, libm's exp.
void plain_loop(benchmark::State& state) {
    const Data block = data(state.range(0), state.range(1), 2);
    std::vector<double> w(static_cast<std::size_t>(state.range(1)));
    double b = 0;
    for (auto _ : state) {
        for (Index i = 0; i < block.X.rows(); ++i) {
            const std::span<const double> x = block.X.row(i);
            double p = b;
            for (std::size_t j = 0; j < x.size(); ++j) p += w[j] * x[j];
            const double y = block.y[static_cast<std::size_t>(i)] == 1 ? 1 : -1;
            const double u = 0.01 * y / (1 + std::exp(p * y));
            for (std::size_t j = 0; j < x.size(); ++j) w[j] = w[j] * (1 - 0.01 * 1e-4) + u * x[j];
            b += u;
        }
        benchmark::DoNotOptimize(w.data());
    }
    state_size(state);
}

void sgd_classifier_partial_fit(benchmark::State& state, bf::SGDClassifierParams params, Index n_classes) {
    const Data block = data(state.range(0), state.range(1), n_classes);
    bf::SGDClassifier classifier(params);
    for (auto _ : state) {
        classifier.partial_fit(block.X, block.y, {.classes = classes(n_classes)});
        benchmark::DoNotOptimize(classifier.t());
    }
    state_size(state);
}

/// One model a class, which are trained in parallel. Arguments: rows, columns, threads.
void sgd_classifier_ten_classes(benchmark::State& state) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(2))});
    sgd_classifier_partial_fit(state, {.loss = bf::Loss::log_loss, .shuffle = false}, 10);
}

void sgd_classifier_predict(benchmark::State& state) {
    const Data block = data(state.range(0), state.range(1), 2);
    bf::SGDClassifier classifier;
    classifier.partial_fit(block.X, block.y, {.classes = {0, 1}});
    std::vector<bf::Label> out(block.y.size());
    for (auto _ : state) {
        classifier.predict(std::as_const(block.X).view(), std::span(out));
        benchmark::DoNotOptimize(out.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_loop)->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(sgd_classifier_partial_fit, log_loss_in_order, {.loss = bf::Loss::log_loss, .shuffle = false}, 2)
    ->Args({100'000, 20})->Args({20'000, 128});
BENCHMARK_CAPTURE(sgd_classifier_partial_fit, log_loss_shuffled, {.loss = bf::Loss::log_loss}, 2)->Args({100'000, 20})->Args({500'000, 20});
BENCHMARK_CAPTURE(sgd_classifier_partial_fit, hinge_in_order, {.shuffle = false}, 2)->Args({100'000, 20});
BENCHMARK_CAPTURE(sgd_classifier_partial_fit, log_loss_5_classes, {.loss = bf::Loss::log_loss, .shuffle = false}, 5)->Args({100'000, 20});
BENCHMARK(sgd_classifier_ten_classes)->Args({100'000, 20, 1})->Args({100'000, 20, 2})->ArgNames({"", "", "threads"})->UseRealTime();
BENCHMARK(sgd_classifier_predict)->Args({100'000, 20})->Args({20'000, 128});
