#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/naive_bayes/bernoulli_nb.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/naive_bayes/multinomial_nb.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;

namespace {

constexpr Index n_classes = 4;

struct Data {
    bf::Matrix<double> X;
    std::vector<Label> y;
};
Data make_data(const benchmark::State& state) {
    Data data{bf::random_uniform(state.range(0), state.range(1), {.seed = 1}).compute(), {}};
    for (Index i = 0; i < data.X.rows(); ++i) data.y.push_back(static_cast<Label>(data.X(i, 0) * n_classes));
    return data;
}

void state_size(benchmark::State& state) {
    const auto bytes = state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(double));
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * bytes);
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
}

/// What MultinomialNB counts, without checks.
void plain_class_sums(benchmark::State& state) {
    const auto [X, y] = make_data(state);
    for (auto _ : state) {
        bf::Matrix<double> sums(n_classes, X.cols());
        for (Index i = 0; i < X.rows(); ++i) {
            double* const sum = sums.row(y[static_cast<std::size_t>(i)]).data();
            for (Index j = 0; j < X.cols(); ++j) sum[j] += X(i, j);
        }
        benchmark::DoNotOptimize(sums.data());
    }
    state_size(state);
}

/// What MultinomialNB predicts with, without checks.
void plain_class_products(benchmark::State& state) {
    const auto [X, y] = make_data(state);
    const bf::Matrix<double> w = bf::random_uniform(n_classes, X.cols(), {.seed = 2}).compute();
    std::vector<Label> out(y.size());
    for (auto _ : state) {
        for (Index i = 0; i < X.rows(); ++i) {
            double most = -INFINITY;
            for (Index k = 0; k < n_classes; ++k) {
                double sum = 0.0;
                for (Index j = 0; j < X.cols(); ++j) sum += X(i, j) * w(k, j);
                if (sum > most) most = sum, out[static_cast<std::size_t>(i)] = k;
            }
        }
        benchmark::DoNotOptimize(out.data());
    }
    state_size(state);
}

template <class E>
void partial_fit(benchmark::State& state) {
    const auto [X, y] = make_data(state);
    for (auto _ : state) {
        E nb;
        benchmark::DoNotOptimize(nb.partial_fit(X, y, {.classes = {0, 1, 2, 3}}).n_features_in());
    }
    state_size(state);
}

template <class E>
void predict(benchmark::State& state) {
    const auto [X, y] = make_data(state);
    E nb;
    nb.fit(X, y);
    std::vector<Label> out(y.size());
    for (auto _ : state) {
        nb.predict(X.view(), std::span(out));
        benchmark::DoNotOptimize(out.data());
    }
    state_size(state);
}

}  // namespace

BENCHMARK(plain_class_sums)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(partial_fit<bf::MultinomialNB>)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(partial_fit<bf::BernoulliNB>)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(partial_fit<bf::GaussianNB>)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(plain_class_products)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(predict<bf::MultinomialNB>)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(predict<bf::BernoulliNB>)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
BENCHMARK(predict<bf::GaussianNB>)->Args({2048, 20})->Args({500'000, 20})->Args({100'000, 128});
