#!/usr/bin/env bash
# The classic job in scikit-learn + h5py and in blockfit on the same file, in turn: benchmarks/compare.sh [ROWS [RUNS]]
# Prints the median seconds of each phase, the ratio, and the largest difference between the weights.
# Needs a release build (tests/run.sh --quick) and python3-sklearn; the file is warm in the page cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=${1:-10000000}
runs=${2:-5}
block_rows=100000
program=build/release/examples/out_of_core
python=/usr/bin/python3
[[ -x $program ]] || { echo "build first: tests/run.sh --quick" >&2; exit 1; }
"$python" -c 'import sklearn, h5py' || { echo "install python3-sklearn and python3-h5py first" >&2; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/blockfit-compare-XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$program" generate "$folder/data.h5" --rows "$rows" > /dev/null

for ((run = 0; run < runs; ++run)); do
    "$python" benchmarks/sklearn_loop.py "$folder/data.h5" $block_rows "$folder/python.h5" >> "$folder/python.json"
    for threads in 1 2; do
        "$program" fit "$folder/data.h5" --model "$folder/model.h5" --block-rows $block_rows --threads $threads \
            >> "$folder/blockfit$threads.json"
        "$program" predict "$folder/data.h5" --model "$folder/model.h5" --out "$folder/out.h5" --block-rows $block_rows \
            --threads $threads >> "$folder/blockfit$threads.json"
    done
done

"$python" - "$folder" "$rows" <<'PYTHON'
import json, statistics, sys
import h5py, numpy as np
folder, rows = sys.argv[1], int(sys.argv[2])
def medians(name):
    seconds = {}
    for line in open(f"{folder}/{name}.json"):
        entry = json.loads(line)
        seconds.setdefault(entry["phase"], []).append(entry["seconds"])
    return {phase: statistics.median(values) for phase, values in seconds.items()}
peer, one, two = medians("python"), medians("blockfit1"), medians("blockfit2")
print(f"{rows} x 20 float64 ({rows * 160 / 1e9:.2f} GB), blocks of 100000, median seconds")
print(f"{'phase':10}{'sklearn':>10}{'1 thread':>10}{'2 threads':>11}{'sklearn / 2':>13}{'1 / 2':>8}{'GB/s':>8}")
for phase in peer:
    print(f"{phase:10}{peer[phase]:10.3f}{one[phase]:10.3f}{two[phase]:11.3f}{peer[phase] / two[phase]:13.1f}"
          f"{one[phase] / two[phase]:8.2f}{rows * 160e-9 / two[phase]:8.2f}")
want = np.loadtxt(f"{folder}/python.h5.coef")
with h5py.File(f"{folder}/model.h5") as file:
    state = file["model/steps/incremental/steps/estimator/state"]
    got = np.append(state["coef"][0], state["intercept"])
with h5py.File(f"{folder}/python.h5") as a, h5py.File(f"{folder}/out.h5") as b:
    different = int((a["label"][:] != b["label"][:]).sum())
print(f"largest relative difference of the weights {np.max(np.abs(got - want) / np.abs(want)):.1e}, "
      f"{different} labels differ")
PYTHON
