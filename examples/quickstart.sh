#!/usr/bin/env bash
# Sets up the machine, builds the quickstart and runs it on the bundled flights.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/install-dependencies.sh
cmake -S . -B build/quickstart -G Ninja -DCMAKE_BUILD_TYPE=Release -DBLOCKFIT_BUILD_TESTS=OFF -DBLOCKFIT_BUILD_BENCHMARKS=OFF
cmake --build build/quickstart --target example_quickstart
build/quickstart/examples/quickstart examples/data/flights.h5 build/quickstart/flights-late.h5
