#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/io/csv.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr Index rows = 500'000, cols = 20;

/// 20 columns of one kind, made once and removed at the end: 6 digits, 17 digits, integers.
const std::string& file_of(char kind) {
    struct Files {
        std::string paths[3];
        Files() {
            const auto normal = bf::random_normal(rows, cols, {.seed = 1});
            for (int k = 0; k < 3; ++k) {
                paths[k] = "/tmp/blockfit-bench-" + std::to_string(::getpid()) + "-" + std::to_string(k) + ".csv";
                const auto X = normal.map_rows([k](auto in, auto out) {
                    char text[32];
                    for (Index i = 0; i < in.rows(); ++i)
                        for (Index j = 0; j < cols; ++j) {
                            std::snprintf(text, sizeof text, "%.6g", in(i, j));
                            out(i, j) = k == 0 ? std::atof(text) : k == 1 ? in(i, j) : std::floor(1e6 * in(i, j));
                        }
                });
                bf::to_csv(paths[k], bf::dataset("x", X));
            }
        }
        ~Files() {
            for (const std::string& path : paths) std::remove(path.c_str());
        }
    };
    static const Files files;
    return files.paths[kind - 'a'];
}
Index bytes_of(const std::string& path) { return bf::detail::InputFile("bench", path).size(); }

void state_size(benchmark::State& state, const std::string& path) {
    state.SetItemsProcessed(state.iterations() * rows);
    state.SetBytesProcessed(state.iterations() * bytes_of(path));
}
char kind_of(const benchmark::State& state) { return static_cast<char>('a' + state.range(0)); }

/// The plain loop: the whole text in memory, a number at a time by the C library.
void strtod_loop(benchmark::State& state) {
    const std::string& path = file_of(kind_of(state));
    std::vector<char> text(static_cast<std::size_t>(bytes_of(path)) + 1);
    for (auto _ : state) {
        const int file = ::open(path.c_str(), O_RDONLY);
        if (::read(file, text.data(), text.size() - 1) < 0) std::abort();
        ::close(file);
        double sum = 0.0;
        for (char* p = std::strchr(text.data(), '\n'); *p != 0 && p[1] != 0; sum += std::strtod(p + 1, &p)) {
        }
        benchmark::DoNotOptimize(sum);
    }
    state_size(state, path);
}

void csv_open(benchmark::State& state) {
    const std::string& path = file_of(kind_of(state));
    const bf::Settings settings({.threads = static_cast<int>(state.range(1))});
    for (auto _ : state) benchmark::DoNotOptimize(bf::CsvFile(path).rows());
    state_size(state, path);
}

void csv_read(benchmark::State& state) {
    const std::string& path = file_of(kind_of(state));
    const bf::Settings settings({.threads = static_cast<int>(state.range(1))});
    const auto X = bf::from_csv<double>(path, {.block_rows = 50'000});
    struct Slot {
        bf::Scratch scratch;
    };
    for (auto _ : state)
        bf::detail::stream_blocks<Slot>(
            {.name = "read", .plan = X.plan()},
            [&](Slot& slot, Index, bf::RowRange block) {
                bf::detail::for_each_tile(block, bf::detail::tile_rows(cols), [&](bf::RowRange tile) {
                    benchmark::DoNotOptimize(X.source()->view(tile, slot.scratch).data());
                });
            },
            [](Slot&, Index, bf::RowRange) {});
    state_size(state, path);
}

void csv_write(benchmark::State& state) {
    const std::string path = "/tmp/blockfit-bench-" + std::to_string(::getpid()) + "-out.csv";
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const bf::Matrix<double> values = bf::random_normal(100'000, cols, {.seed = 1}).compute();
    const auto X = bf::from_array(values, {.block_rows = 10'000});
    for (auto _ : state) bf::to_csv(path, bf::dataset("x", X));
    state.SetBytesProcessed(state.iterations() * bytes_of(path));
    std::remove(path.c_str());
}

void kinds(benchmark::internal::Benchmark* b) {
    for (const int kind : {0, 1, 2})
        for (const int threads : {1, 2}) b->Args({kind, threads});
    b->UseRealTime();
}

}  // namespace

BENCHMARK(strtod_loop)->Arg(0)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(csv_open)->Apply(kinds);
BENCHMARK(csv_read)->Apply(kinds);
BENCHMARK(csv_write)->Arg(1)->Arg(2)->UseRealTime();
