#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/neural_network/mlp_classifier.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr Index batch = 200;
template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Arguments: rows, columns, hidden units, classes. flop: of the matrix products, a multiplication with its addition is 2.
template <class T>
void state_size(benchmark::State& state, Index flop_a_row) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1) * static_cast<std::int64_t>(sizeof(T)));
    state.counters["rows"] = static_cast<double>(state.range(0));
    state.counters["cols"] = static_cast<double>(state.range(1));
    state.counters["flop/s"] = benchmark::Counter(static_cast<double>(state.iterations() * state.range(0) * flop_a_row),
                                                  benchmark::Counter::kIsRate);
}
Index forward_flop(const benchmark::State& state) { return 2 * (state.range(1) + state.range(3)) * state.range(2); }
/// Forwards, the gradients of both layers, and the errors of the hidden layer.
Index training_flop(const benchmark::State& state) { return 2 * forward_flop(state) + 2 * state.range(2) * state.range(3); }

template <class T>
bf::Matrix<T> data(const benchmark::State& state) {
    return bf::random_normal<T>(state.range(0), state.range(1), {.seed = 1}).compute();
}
std::vector<bf::Label> labels(const benchmark::State& state) {
    std::vector<bf::Label> list(static_cast<std::size_t>(state.range(0)));
    for (std::size_t i = 0; i < list.size(); ++i) list[i] = static_cast<bf::Label>(i) % state.range(3);
    return list;
}
std::vector<bf::Label> classes(const benchmark::State& state) {
    std::vector<bf::Label> list(static_cast<std::size_t>(state.range(3)));
    std::iota(list.begin(), list.end(), 0);
    return list;
}

/// The matrix products of a pass over the rows by Eigen, and nothing else.
template <class T>
void products_of_training(benchmark::State& state) {
    const bf::Matrix<T> X = data<T>(state);
    const Index d = state.range(1), hidden = state.range(2), outputs = state.range(3);
    const RowMajor<T> W = RowMajor<T>::Constant(d, hidden, T(0.01)), V = RowMajor<T>::Constant(hidden, outputs, T(0.01));
    RowMajor<T> H(batch, hidden), P(batch, outputs), dH(batch, hidden), dW(d, hidden), dV(hidden, outputs);
    for (auto _ : state) {
        for (Index begin = 0; begin < X.rows(); begin += batch) {
            const Eigen::Map<const RowMajor<T>> rows(X.row(begin).data(), batch, d);
            H.noalias() = rows * W;
            P.noalias() = H * V;
            dV.noalias() = H.transpose() * P;
            dH.noalias() = P * V.transpose();
            dW.noalias() = rows.transpose() * dH;
            benchmark::DoNotOptimize(dW.data());
            benchmark::DoNotOptimize(dV.data());
        }
    }
    state_size<T>(state, training_flop(state));
}

template <class T>
void mlp_partial_fit(benchmark::State& state) {
    const bf::Matrix<T> X = data<T>(state);
    const std::vector<bf::Label> y = labels(state);
    bf::MLPClassifier<T> classifier({.hidden_layer_sizes = {state.range(2)}, .batch_size = batch});
    for (auto _ : state)
        benchmark::DoNotOptimize(classifier.partial_fit(X, y, {.classes = classes(state)}).loss());
    state_size<T>(state, training_flop(state));
}

template <class T>
void products_of_prediction(benchmark::State& state) {
    const bf::Matrix<T> X = data<T>(state);
    const Index d = state.range(1), hidden = state.range(2), outputs = state.range(3);
    const RowMajor<T> W = RowMajor<T>::Constant(d, hidden, T(0.01)), V = RowMajor<T>::Constant(hidden, outputs, T(0.01));
    RowMajor<T> H(batch, hidden), P(batch, outputs);
    for (auto _ : state) {
        for (Index begin = 0; begin < X.rows(); begin += batch) {
            H.noalias() = Eigen::Map<const RowMajor<T>>(X.row(begin).data(), batch, d) * W;
            P.noalias() = H * V;
            benchmark::DoNotOptimize(P.data());
        }
    }
    state_size<T>(state, forward_flop(state));
}

template <class T>
void mlp_predict(benchmark::State& state) {
    const bf::Matrix<T> X = data<T>(state);
    bf::MLPClassifier<T> classifier({.hidden_layer_sizes = {state.range(2)}, .batch_size = batch});
    classifier.partial_fit(X, labels(state), {.classes = classes(state)});
    std::vector<bf::Label> out(static_cast<std::size_t>(X.rows()));
    for (auto _ : state) {
        classifier.predict(X.view(), std::span(out));
        benchmark::DoNotOptimize(out.data());
    }
    state_size<T>(state, forward_flop(state));
}

}  // namespace

BENCHMARK_TEMPLATE(products_of_training, float)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(mlp_partial_fit, float)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(products_of_training, double)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(mlp_partial_fit, double)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(products_of_prediction, float)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(mlp_predict, float)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(products_of_prediction, double)->Args({10'000, 784, 100, 10});
BENCHMARK_TEMPLATE(mlp_predict, double)->Args({10'000, 784, 100, 10});
