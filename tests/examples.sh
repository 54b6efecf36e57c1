#!/usr/bin/env bash
# Runs the examples as a newcomer would, right and wrong: examples.sh SOURCE_DIR BINARY_DIR PYTHON
set -euo pipefail
source=$1 bin=$2 python=$3
folder=$(mktemp -d "${TMPDIR:-/tmp}/blockfit-examples-XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() { echo "FAILED: $*" >&2; exit 1; }
# A command that must fail, with a message that holds the given text.
refused() {
    local text=$1; shift
    if "$@" > output 2>&1; then fail "accepted: $*"; fi
    grep -qF -- "$text" output || { cat output >&2; fail "no '$text' from: $*"; }
}

"$bin/quickstart" "$source/examples/data/flights.h5" late.h5 | tee quickstart.log
# scikit-learn's numbers for the same blocks.
grep -qE 'log loss +0\.4969 +0\.5072' quickstart.log || fail "log loss of the quickstart"
grep -qE 'ROC AUC +0\.6346 +0\.5000' quickstart.log || fail "ROC AUC of the quickstart"
"$python" -c 'import h5py; p = h5py.File("late.h5")["probability"]; assert p.shape == (200000,) and 0 < p[:].min() < p[:].max() < 1'

"$bin/pitfalls"
for each in arrays reductions scalers naive_bayes clustering decomposition linear_models neural_networks splitting hdf5_files npy_files libsvm_files csv_files; do
    "$bin/$each" | grep -qx ok || fail "$each"
done

"$bin/out_of_core" generate data.h5 --rows 1500000 --cols 12 --chunk-rows 5000 --seed 3
"$bin/out_of_core" fit data.h5 --model one.h5 --threads 1 --block-rows 20000 --passes 2 --memory-limit 16MB > one.json
"$bin/out_of_core" fit data.h5 --model two.h5 --threads 2 --block-rows 20000 --passes 2 > two.json
"$bin/out_of_core" predict data.h5 --model one.h5 --out one_out.h5 --what both --block-rows 7000 --threads 2 > predict.json
"$bin/out_of_core" predict data.h5 --model two.h5 --out two_out.h5 --what both --threads 1 >> predict.json
cat one.json two.json predict.json
"$python" - <<'PYTHON'
import h5py, json, numpy as np
with h5py.File("one_out.h5") as a, h5py.File("two_out.h5") as b:
    for name in ("label", "proba"):  # the same bits for any threads and, in prediction, any blocks
        assert a[name].shape[0] == 1_500_000 and (a[name][:] == b[name][:]).all(), name
    assert ((a["proba"][:, 1] > 0.5) == a["label"][:]).all()
phases = [json.loads(line) for name in ("one.json", "two.json", "predict.json") for line in open(name)]
assert [p["phase"] for p in phases] == ["scale", "fit"] * 2 + ["predict", "score"] * 2, phases
# Of 144 MB of data no more than the limit is in memory, besides the program itself.
assert all(p["peak_rss_mb"] <= 16 + 64 for p in phases[:2]), phases
assert all(p["accuracy"] > 0.85 for p in phases if p["phase"] == "score"), phases
PYTHON
"$bin/out_of_core" generate small.h5 --rows 1000 --cols 3 --dtype float32
"$bin/out_of_core" fit small.h5 --model small_model.h5 --no-shuffle
"$bin/out_of_core" predict small.h5 --model small_model.h5 --out labels.h5 --what labels

refused 'No such file' "$bin/out_of_core" fit nowhere.h5 --model m.h5
refused 'the file has label, proba' "$bin/out_of_core" fit one_out.h5 --model m.h5
refused 'memory_limit is 1.0 MB' "$bin/out_of_core" fit data.h5 --model m.h5 --memory-limit 1MB
refused 'number of features is 12, expected 3' "$bin/out_of_core" predict data.h5 --model small_model.h5 --out wrong.h5
refused 'the output is also an input' "$bin/out_of_core" predict small.h5 --model small_model.h5 --out small.h5
refused 'not a blockfit model' "$bin/out_of_core" predict small.h5 --model data.h5 --out wrong.h5
refused '--dtype' "$bin/out_of_core" generate wrong.h5 --dtype int32
[[ ! -e m.h5 && ! -e wrong.h5 ]] || fail "a file was left by a refused command"

# Digits of 8 x 8 pixels, as HDF5 and as IDX.
"$python" - <<'PYTHON'
import h5py, numpy as np, os, struct
random = np.random.RandomState(0)
shapes = random.randint(0, 2, (10, 64)) * 200
os.mkdir("idx")
with h5py.File("digits.h5", "w") as file:
    for part, prefix, n in ("train", "train", 3000), ("test", "t10k", 500):
        y = random.randint(0, 10, n).astype(np.uint8)
        X = (shapes[y] + random.randint(0, 56, (n, 64))).astype(np.uint8)
        file[part + "/X"], file[part + "/y"] = X, y
        with open(f"idx/{prefix}-images-idx3-ubyte", "wb") as idx:
            idx.write(struct.pack(">IIII", 0x803, n, 8, 8) + X.tobytes())
        with open(f"idx/{prefix}-labels-idx1-ubyte", "wb") as idx:
            idx.write(struct.pack(">II", 0x801, n) + y.tobytes())
PYTHON
"$bin/mnist" digits.h5 --block-rows 500 --passes 2 --model digits_model.h5 | sed 's/ *[0-9.]* s$//' > from_hdf5.log
"$bin/mnist" idx --block-rows 500 --passes 2 --threads 1 | sed 's/ *[0-9.]* s$//' > from_idx.log
"$bin/mnist" idx --block-rows 500 --float > float.log
diff from_hdf5.log from_idx.log || fail "digits from HDF5 and IDX differ"
for log in from_hdf5.log float.log; do
    grep -qE '^pass 2 .*accuracy (0.99|1.00)' $log || { cat $log >&2; fail "digits are not learned"; }
done
[[ -s digits_model.h5 ]] || fail "no model of the digits"
refused 'cannot be opened' "$bin/mnist" idx2
head -c 1000 idx/train-images-idx3-ubyte > short && mv short idx/train-images-idx3-ubyte
refused 'not as long as its header says' "$bin/mnist" idx
head -c 4000 digits.h5 > idx/train-images-idx3-ubyte
refused 'not an IDX file' "$bin/mnist" idx

"$bin/flights_kmeans" "$source/examples/data/flights.h5" clusters.h5 | tee kmeans.log
grep -q 'inertia a flight 1.1147' kmeans.log || fail "inertia of the flights"  # scikit-learn's for the same blocks
"$python" -c 'import h5py; c = h5py.File("clusters.h5")["cluster"]; assert c.shape == (1000000,) and set(c[:]) == set(range(6))'
refused 'expected 2000000 or more' "$bin/flights_kmeans" "$source/examples/data/flights.h5" none.h5 2000000
[[ ! -e none.h5 ]] || fail "a file was left by a refused command"

# The program in the README reads data.h5 here.
"$bin/readme" | grep -qE 'accuracy 0\.[89]' || fail "the README's program"
ls ./*.tmp-* 2> /dev/null && fail "temporary files were left"
echo "examples ok"
