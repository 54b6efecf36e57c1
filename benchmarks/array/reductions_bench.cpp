#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/reductions.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/io/hdf5.hpp>

namespace bf = blockfit;
using bf::Index;

/// Reductions of 1 GB, 6.25 million rows of 20 doubles, in memory and in a contiguous HDF5 dataset in the page cache.
/// The argument is the number of threads.
namespace {

constexpr Index rows = 6'250'000, cols = 20;

const bf::Matrix<double>& values() {
    static const bf::Matrix<double> made = [] {
        bf::Matrix<double> X(rows, cols);
        for (Index i = 0; i < rows * cols; ++i)
            X.data()[i] = bf::detail::uniform_at(1, static_cast<std::uint64_t>(i)) - 0.5;
        return X;
    }();
    return made;
}

const std::string& contiguous_file() {
    struct File {
        std::string path = "/tmp/blockfit-bench-" + std::to_string(::getpid()) + "-reductions.h5";
        File() {
            const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
            const hsize_t shape[] = {rows, cols};
            const hid_t space = H5Screate_simple(2, shape, nullptr);
            const hid_t set = H5Dcreate2(file, "X", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
            H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values().data());
            H5Dclose(set);
            H5Sclose(space);
            H5Fclose(file);
        }
        ~File() { std::remove(path.c_str()); }
    };
    static const File file;
    return file.path;
}

void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * rows);
    state.SetBytesProcessed(state.iterations() * rows * cols * static_cast<Index>(sizeof(double)));
}

/// f(thread) on some threads at once.
template <class F>
void on_threads(benchmark::State& state, F f) {
    std::vector<std::thread> threads;
    for (Index t = 1; t < state.range(0); ++t) threads.emplace_back([&f, t] { f(t); });
    f(Index{0});
    for (std::thread& thread : threads) thread.join();
}

/// The plain loop: as many sums as the processor has use for.
void plain_loop(benchmark::State& state) {
    const double* const x = values().data();
    const Index share = rows * cols / state.range(0);
    for (auto _ : state)
        on_threads(state, [&](Index t) {
            double sum[8] = {};
            for (Index i = t * share; i < (t + 1) * share; i += 8)
                for (Index k = 0; k < 8; ++k) sum[k] += x[i + k];
            benchmark::DoNotOptimize(sum);
        });
    state_size(state);
}

/// The file's bytes by pread into a small buffer: what the page cache allows.
void plain_pread(benchmark::State& state) {
    const int file = ::open(contiguous_file().c_str(), O_RDONLY);
    const Index share = rows * cols * static_cast<Index>(sizeof(double)) / state.range(0);
    for (auto _ : state)
        on_threads(state, [&](Index t) {
            std::vector<char> buffer(1 << 18);
            for (Index at = t * share; at < (t + 1) * share; at += std::ssize(buffer))
                benchmark::DoNotOptimize(::pread(file, buffer.data(), buffer.size(), at));
        });
    ::close(file);
    state_size(state);
}

template <class F>
void reduce_memory(benchmark::State& state, F f) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const auto X = bf::from_array(values());
    for (auto _ : state) benchmark::DoNotOptimize(f(X));
    state_size(state);
}
template <class F>
void reduce_hdf5(benchmark::State& state, F f) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const auto X = bf::from_hdf5<double>(contiguous_file(), "X");
    for (auto _ : state) benchmark::DoNotOptimize(f(X));
    state_size(state);
}

constexpr auto sum = [](const auto& X) { return bf::sum(X).compute(); };
constexpr auto sum_axis0 = [](const auto& X) { return bf::sum(X, bf::axis<0>).compute(); };
constexpr auto sum_axis1 = [](const auto& X) { return bf::max(bf::sum(X, bf::axis<1>)).compute(); };
constexpr auto nanmean_axis0 = [](const auto& X) { return bf::nanmean(X, bf::axis<0>).compute(); };
constexpr auto var = [](const auto& X) { return bf::var(X).compute(); };
constexpr auto var_axis0 = [](const auto& X) { return bf::var(X, bf::axis<0>).compute(); };
constexpr auto min = [](const auto& X) { return bf::min(X).compute(); };
constexpr auto min_axis0 = [](const auto& X) { return bf::min(X, bf::axis<0>).compute(); };
constexpr auto argmax_axis0 = [](const auto& X) { return bf::argmax(X, bf::axis<0>).compute(); };
constexpr auto count_nonzero = [](const auto& X) { return bf::count_nonzero(X).compute(); };
constexpr auto five_at_once = [](const auto& X) {
    return bf::compute(bf::mean(X, bf::axis<0>), bf::var(X, bf::axis<0>), bf::min(X, bf::axis<0>),
                       bf::max(X, bf::axis<0>), bf::count_nonzero(X, bf::axis<0>));
};
constexpr auto histogram = [](const auto& X) { return bf::histogram(X, 100, {-0.5, 0.5}).compute(); };
constexpr auto median = [](const auto& X) { return bf::median(X).compute(); };
constexpr auto median_axis0 = [](const auto& X) { return bf::median(X, bf::axis<0>).compute(); };

/// Ten labels.
void unique_labels(benchmark::State& state) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const auto y = bf::vector_from_function<std::int64_t>(rows, [](Index first, bf::MatrixView<std::int64_t> out) {
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = (first + i) * 7919 % 10;
    });
    for (auto _ : state) benchmark::DoNotOptimize(bf::unique(y).compute());
    state.SetItemsProcessed(state.iterations() * rows);
    state.SetBytesProcessed(state.iterations() * rows * 8);
}

}  // namespace

#define REDUCTION(where, what) \
    BENCHMARK_CAPTURE(where, what, what)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond)
BENCHMARK(plain_loop)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
REDUCTION(reduce_memory, sum);
REDUCTION(reduce_memory, sum_axis0);
REDUCTION(reduce_memory, sum_axis1);
REDUCTION(reduce_memory, nanmean_axis0);
REDUCTION(reduce_memory, var);
REDUCTION(reduce_memory, var_axis0);
REDUCTION(reduce_memory, min);
REDUCTION(reduce_memory, min_axis0);
REDUCTION(reduce_memory, argmax_axis0);
REDUCTION(reduce_memory, count_nonzero);
REDUCTION(reduce_memory, five_at_once);
REDUCTION(reduce_memory, histogram);
REDUCTION(reduce_memory, median);
REDUCTION(reduce_memory, median_axis0);
BENCHMARK(unique_labels)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(plain_pread)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
REDUCTION(reduce_hdf5, sum);
REDUCTION(reduce_hdf5, sum_axis0);
REDUCTION(reduce_hdf5, five_at_once);
