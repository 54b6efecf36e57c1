#!/usr/bin/env bash
# Installs what building and testing blockfit needs on Debian 12 or a recent Ubuntu. Does nothing, and needs no network,
# when everything is there.
set -euo pipefail

packages=(
    g++ cmake ninja-build pkg-config
    clang-14 libclang-rt-14-dev                                  # preset clang
    libeigen3-dev libtbb-dev libhdf5-dev zlib1g-dev libdeflate-dev
    libxtensor-dev                                               # interop header only
    catch2 nlohmann-json3-dev libcli11-dev libbenchmark-dev
    hdf5-tools python3 python3-h5py python3-numpy                # tests read our files with another library
)

if ! command -v dpkg-query >/dev/null; then
    echo "install-dependencies: not a Debian system; install the equivalents of: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
[[ $(id -u) -eq 0 ]] || as_root=(sudo)
echo "install-dependencies: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
