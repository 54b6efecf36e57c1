#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/io/npy.hpp>

namespace bf = blockfit;
using bf::Index;

/// Sums of all elements of a file of 1 GB in the page cache: 6.25 million rows of 20 doubles.
namespace {

constexpr Index rows = 6'250'000, cols = 20;

double value(Index i, Index j) { return static_cast<double>((7 * i + 3 * j) % 120); }

/// A file that is there until the program ends.
struct File {
    std::string path;
    explicit File(const char* name) : path("/tmp/blockfit-bench-" + std::to_string(::getpid()) + name) {}
    ~File() { std::remove(path.c_str()); }
};

const std::string& c_order() {
    struct Made : File {
        Made() : File("-c.npy") {
            bf::to_npy(path, bf::from_function<double>(rows, cols, [](Index first, bf::MatrixView<double> out) {
                           for (Index i = 0; i < out.rows(); ++i)
                               for (Index j = 0; j < cols; ++j) out(i, j) = value(first + i, j);
                       }));
        }
    };
    static const Made file;
    return file.path;
}

const std::string& fortran_order() {
    struct Made : File {
        Made() : File("-f.npy") {
            std::string header("\x93NUMPY\x01\x00\x76\x00", 10);
            header += "{'descr': '<f8', 'fortran_order': True, 'shape': (6250000, 20), }";
            header.resize(127, ' ');
            header += '\n';
            std::FILE* const file = std::fopen(path.c_str(), "wb");
            std::fwrite(header.data(), 1, header.size(), file);
            std::vector<double> column(rows);
            for (Index j = 0; j < cols; ++j) {
                for (Index i = 0; i < rows; ++i) column[static_cast<std::size_t>(i)] = value(i, j);
                std::fwrite(column.data(), sizeof(double), column.size(), file);
            }
            std::fclose(file);
        }
    };
    static const Made file;
    return file.path;
}

using Doubles = double __attribute__((vector_size(16)));
using Floats = float __attribute__((vector_size(16)));

/// In vectors with names, as with -O2 neither a plain loop nor an array of vectors is kept in registers.
template <class Vector, class T>
double sum(const T* values, Index n) {
    constexpr Index width = sizeof(Vector) / sizeof(T);
    Vector a{}, b{}, c{}, d{};
    const auto load = [&](Index i) {
        Vector x;
        std::memcpy(&x, values + i, sizeof x);
        return x;
    };
    Index i = 0;
    for (; i + 4 * width <= n; i += 4 * width) {
        a += load(i);
        b += load(i + width);
        c += load(i + 2 * width);
        d += load(i + 3 * width);
    }
    const Vector lanes = (a + b) + (c + d);
    double total = 0;
    for (Index k = 0; k < width; ++k) total += static_cast<double>(lanes[k]);
    for (; i < n; ++i) total += static_cast<double>(values[i]);
    return total;
}
double sum(const double* values, Index n) { return sum<Doubles>(values, n); }
double sum(const float* values, Index n) { return sum<Floats>(values, n); }

void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * rows);
    state.SetBytesProcessed(state.iterations() * rows * cols * static_cast<Index>(sizeof(double)));
}

/// The same bytes by pread into a small buffer: what the page cache allows.
void plain_pread(benchmark::State& state) {
    const int file = ::open(c_order().c_str(), O_RDONLY);
    const Index threads = state.range(0), bytes = rows * cols * 8, share = bytes / threads;
    for (auto _ : state) {
        std::vector<std::thread> list;
        for (Index t = 0; t < threads; ++t)
            list.emplace_back([=] {
                std::vector<char> buffer(65'536);
                for (Index at = t * share; at < (t + 1) * share; at += std::ssize(buffer))
                    benchmark::DoNotOptimize(::pread(file, buffer.data(), buffer.size(), 128 + at));
            });
        for (std::thread& thread : list) thread.join();
    }
    ::close(file);
    state_size(state);
}

template <class T>
void sum_file(benchmark::State& state, const std::string& path, bool memory_map) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const auto X = bf::from_npy<T>(path, {.memory_map = memory_map});
    struct Slot {
        bf::Scratch scratch;
        double sum = 0;
    };
    for (auto _ : state) {
        double total = 0;
        bf::detail::stream_blocks<Slot>(
            {.name = "sum", .plan = X.plan()},
            [&](Slot& slot, Index, bf::RowRange block) {
                slot.sum = 0;
                bf::detail::for_each_tile(block, bf::detail::tile_rows(cols), [&](bf::RowRange tile) {
                    slot.sum += sum(X.source()->view(tile, slot.scratch).data(), tile.size() * cols);
                });
            },
            [&](Slot& slot, Index, bf::RowRange) { total += slot.sum; });
        benchmark::DoNotOptimize(total);
    }
    state_size(state);
}

void npy_sum(benchmark::State& state) { sum_file<double>(state, c_order(), false); }
void npy_sum_mapped(benchmark::State& state) { sum_file<double>(state, c_order(), true); }
void npy_sum_as_float(benchmark::State& state) { sum_file<float>(state, c_order(), false); }
void npy_sum_fortran_order(benchmark::State& state) { sum_file<double>(state, fortran_order(), false); }
void npy_sum_fortran_order_mapped(benchmark::State& state) { sum_file<double>(state, fortran_order(), true); }

void one_and_two_threads(benchmark::internal::Benchmark* bench) {
    bench->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
}

}  // namespace

BENCHMARK(plain_pread)->Apply(one_and_two_threads);
BENCHMARK(npy_sum)->Apply(one_and_two_threads);
BENCHMARK(npy_sum_mapped)->Apply(one_and_two_threads);
BENCHMARK(npy_sum_as_float)->Apply(one_and_two_threads);
BENCHMARK(npy_sum_fortran_order)->Apply(one_and_two_threads);
BENCHMARK(npy_sum_fortran_order_mapped)->Apply(one_and_two_threads);
