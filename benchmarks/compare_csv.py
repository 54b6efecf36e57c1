#!/usr/bin/env python3
"""Reading numeric CSV files: blockfit against pandas' C parser.

compare_csv.py [--megabytes 1000] [--repeat 3] [--folder /tmp] [--compiler g++] [--flags=-O2]

Makes three files of 20 columns: (a) numbers as %.6g prints them, (b) doubles of 17 digits, (c) integers. Each round runs
pandas.read_csv and a small program of ours, on 1 and 2 threads, one after the other: a file is opened and read, and the
sum of each column is taken. Our time includes the pass that finds the rows. The sums must agree: of integers exactly, of
reals to the rounding of the sums. pandas' float_precision="round_trip" rounds correctly, as ours does; pandas' default is
quicker, and may be off in the last bit.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLS = 20
PROGRAM = r"""
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <chrono>
#include <string>
#include <vector>
#include <blockfit/io/csv.hpp>
namespace bf = blockfit;
template <class T>
void run(const char* path, int threads) {
    const auto begin = std::chrono::steady_clock::now();
    const bf::Settings settings({.threads = threads});
    const auto X = bf::CsvFile(path).matrix<T>();
    struct Slot {
        bf::Scratch scratch;
        std::vector<double> sums;
    };
    std::vector<double> sums(static_cast<std::size_t>(X.cols()));
    bf::detail::stream_blocks<Slot>(
        {.name = "sum", .plan = X.plan()},
        [&](Slot& slot, bf::Index, bf::RowRange block) {
            slot.sums.assign(sums.size(), 0.0);
            bf::detail::for_each_tile(block, bf::detail::tile_rows(X.cols()), [&](bf::RowRange tile) {
                const auto rows = X.source()->view(tile, slot.scratch);
                for (bf::Index i = 0; i < rows.rows(); ++i)
                    for (std::size_t j = 0; j < sums.size(); ++j)
                        slot.sums[j] += static_cast<double>(rows(i, static_cast<bf::Index>(j)));
            });
        },
        [&](Slot& slot, bf::Index, bf::RowRange) {
            for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += slot.sums[j];
        });
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%.6f %.6f\n", wall, static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
    for (const double sum : sums) std::printf("%.17g\n", sum);
}
int main(int, char** argv) {
    if (std::string(argv[1]) == "integers") run<std::int64_t>(argv[2], std::atoi(argv[3]));
    else run<double>(argv[2], std::atoi(argv[3]));
}
"""
PANDAS = r"""
import sys, time
import pandas as pd
begin, cpu = time.perf_counter(), time.process_time()
data = pd.read_csv(sys.argv[1], float_precision=None if sys.argv[2] == "default" else sys.argv[2])
wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
print(wall, cpu)
for name in data:
    print(repr(float(data[name].sum())))
"""


def make_file(path, kind, megabytes):
    rng = np.random.default_rng(1)
    with open(path, "w") as file:
        file.write(",".join("x%d" % j for j in range(COLS)) + "\n")
        while file.tell() < megabytes * 1e6:
            x = rng.standard_normal((20000, COLS))
            if kind == "integers":
                x = rng.integers(-10**6, 10**6, (20000, COLS))
            form = {"6 digits": "%.6g", "17 digits": "%.17g", "integers": "%d"}[kind]
            line = ",".join([form] * COLS) + "\n"
            file.write("".join(line % tuple(row) for row in x.tolist()))


def run(command):
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1]), np.array([float(x) for x in out[2:]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--flags", default="-O2")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = pathlib.Path(folder)
        (folder / "program.cpp").write_text(PROGRAM)
        (folder / "pandas_program.py").write_text(PANDAS)
        program = folder / "program"
        subprocess.run([options.compiler, "-std=c++20", *options.flags.split(), "-I%s" % (ROOT / "include"),
                        folder / "program.cpp", "-o", program, "-ltbb", "-lz"], check=True)
        print("pandas %s; medians of %d rounds; MB/s of wall time (of CPU time)" % (pd.__version__, options.repeat))
        print("| file | pandas | pandas, round_trip | blockfit, 1 thread | 2 threads | 1 thread to pandas | "
              "to round_trip | 2 threads to 1 |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for kind in ("6 digits", "17 digits", "integers"):
            path = folder / "data.csv"
            make_file(path, kind, options.megabytes)
            megabytes = os.path.getsize(path) / 1e6
            python = [sys.executable, folder / "pandas_program.py", path]
            commands = {"pandas": [*python, "default"], "1": [program, kind, path, "1"], "2": [program, kind, path, "2"],
                        "round_trip": [*python, "round_trip"]}
            times = {name: [] for name in commands}
            sums = {}
            for _ in range(options.repeat):
                for name, command in commands.items():
                    wall, cpu, sums[name] = run(command)
                    times[name].append((wall, cpu))
            if not np.array_equal(sums["1"], sums["2"]):
                sys.exit("%s: the sums differ between 1 and 2 threads" % kind)
            if kind == "integers" and not np.array_equal(sums["1"], sums["pandas"]):
                sys.exit("integers: the sums differ from pandas'")
            if not np.allclose(sums["1"], sums["round_trip"], rtol=1e-9, atol=1e-6):
                sys.exit("%s: the sums differ from pandas'" % kind)
            wall, cpu = ({name: statistics.median(t[i] for t in list_) for name, list_ in times.items()} for i in (0, 1))

            def rate(name):
                return "%.0f (%.0f)" % (megabytes / wall[name], megabytes / cpu[name])

            def ratio(name, to):
                return "%.1fx (%.1fx)" % (wall[to] / wall[name], cpu[to] / cpu[name])

            print("| %s, %.0f MB | %s |" % (kind, megabytes, " | ".join(
                [rate("pandas"), rate("round_trip"), rate("1"), rate("2"), ratio("1", "pandas"),
                 ratio("1", "round_trip"), ratio("2", "1")])), flush=True)


if __name__ == "__main__":
    main()
