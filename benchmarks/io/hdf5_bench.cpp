#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/io/hdf5.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

constexpr Index rows = 2'000'000, cols = 20;

/// A file of checksummed chunks, made once and removed at the end.
const std::string& chunked_file() {
    struct File {
        std::string path = "/tmp/blockfit-bench-" + std::to_string(::getpid()) + ".h5";
        File() { bf::to_hdf5(path, bf::dataset("X", bf::random_normal(rows, cols, {.seed = 1}))); }
        ~File() { std::remove(path.c_str()); }
    };
    static const File file;
    return file.path;
}

void state_size(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * rows);
    state.SetBytesProcessed(state.iterations() * rows * cols * static_cast<Index>(sizeof(double)));
}

/// The same bytes by pread into a small buffer: what the page cache allows.
void plain_pread(benchmark::State& state) {
    const int file = ::open(chunked_file().c_str(), O_RDONLY);
    std::vector<char> buffer(1'000'000);
    for (auto _ : state)
        for (Index at = 0; ::pread(file, buffer.data(), buffer.size(), at) > 0; at += std::ssize(buffer)) {}
    ::close(file);
    state_size(state);
}

void from_hdf5_checksummed_chunks(benchmark::State& state) {
    const bf::Settings settings({.threads = static_cast<int>(state.range(0))});
    const auto X = bf::from_hdf5<double>(chunked_file(), "X", {.block_rows = 100'000});
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
    state_size(state);
}

}  // namespace

BENCHMARK(plain_pread)->UseRealTime();
BENCHMARK(from_hdf5_checksummed_chunks)->Arg(1)->Arg(2)->UseRealTime();
