#!/usr/bin/env bash
# Sets up the machine, builds and tests everything: tests/run.sh [--quick]
# --quick: the release build only. Ends with the summary of CTest for the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=no
case ${1-} in
    --quick) quick=yes ;;
    "") ;;
    *) echo "usage: tests/run.sh [--quick]" >&2; exit 2 ;;
esac

# A heavy translation unit takes gigabytes: one job for every 4 GB, at most one a core.
memory_gb=$(awk '/^MemTotal:/ {printf "%d", $2 / 1024 / 1024}' /proc/meminfo)
limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
if [[ $limit != max && $((limit >> 30)) -lt $memory_gb ]]; then memory_gb=$((limit >> 30)); fi
jobs=$((memory_gb / 4 < $(nproc) ? memory_gb / 4 : $(nproc)))
export CMAKE_BUILD_PARALLEL_LEVEL=$((jobs > 1 ? jobs : 1))
export CTEST_PARALLEL_LEVEL=$CMAKE_BUILD_PARALLEL_LEVEL

build() {  # preset, options
    printf '\n== build %s\n' "$1"
    cmake --preset "$@"
    cmake --build --preset "$1"
}
check() {
    printf '\n== test %s\n' "$1"
    ctest --preset "$1"
}

cmake/install-dependencies.sh
build release -DBLOCKFIT_BUILD_BENCHMARKS=$([[ $quick == yes ]] && echo ON || echo OFF)  # clang builds them faster
if [[ $quick == no ]]; then
    build asan
    check asan
    build tsan
    check tsan
    build clang
    build fuzz
    check fuzz
fi
check release
