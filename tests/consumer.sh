#!/usr/bin/env bash
# Builds and runs tests/consumer against blockfit: consumer.sh source|build_tree|install SOURCE BUILD WORK VERSION
set -euo pipefail
way=$1 source=$2 build=$3 work=$4 version=$5

rm -rf "$work"
mkdir -p "$work"
case $way in
    source) where=(-DBLOCKFIT_SOURCE_DIR="$source") ;;
    build_tree) where=(-Dblockfit_DIR="$build") ;;
    install)
        cmake --install "$build" --prefix "$work/first" >"$work/install.log"
        mv "$work/first" "$work/prefix"  # an installed tree may be moved
        where=(-DCMAKE_PREFIX_PATH="$work/prefix")
        ;;
    *) echo "consumer.sh: unknown way: $way" >&2; exit 2 ;;
esac

cmake -S "$source/tests/consumer" -B "$work/build" -G Ninja -DCMAKE_CXX_FLAGS=-O0 "${where[@]}"
cmake --build "$work/build"
output=$("$work/build/consumer")
echo "$output"
[[ $output == *"blockfit $version"* ]] || { echo "consumer.sh: expected 'blockfit $version'" >&2; exit 1; }
