#!/usr/bin/env python3
"""The classic job as a plain loop of scikit-learn and h5py: sklearn_loop.py FILE BLOCK_ROWS OUT [--no-shuffle]

Prints one line of JSON a phase, as examples/out_of_core does.
"""
import json
import resource
import sys
import time

import h5py
import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler


def phase(name, rows, nbytes, run):
    begin = time.perf_counter()
    more = run() or {}
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024e-6
    print(json.dumps(dict(phase=name, rows=rows, seconds=round(seconds, 3), rows_per_second=round(rows / seconds),
                          gb_per_second=round(nbytes / seconds / 1e9, 3), peak_rss_mb=round(peak, 1), **more)), flush=True)


def main(path, block_rows, out, shuffle):
    with h5py.File(path, "r") as file:
        x, y = file["X"], file["y"]
        rows, nbytes = x.shape[0], x.shape[0] * x.shape[1] * x.dtype.itemsize
        blocks = [slice(i, min(i + block_rows, rows)) for i in range(0, rows, block_rows)]
        scaler = StandardScaler(copy=False)
        classifier = SGDClassifier(loss="log_loss", shuffle=shuffle, random_state=0)

        def scale():
            for block in blocks:
                scaler.partial_fit(x[block])

        def fit():
            for block in blocks:
                classifier.partial_fit(scaler.transform(x[block]), y[block], classes=[0, 1])

        def predict():
            with h5py.File(out, "w") as target:
                label = target.create_dataset("label", (rows,), "i8")
                for block in blocks:
                    label[block] = classifier.predict(scaler.transform(x[block]))

        phase("scale", rows, nbytes, scale)
        phase("fit", rows, nbytes, fit)
        phase("predict", rows, nbytes, predict)
        np.savetxt(out + ".coef", np.append(classifier.coef_[0], classifier.intercept_), fmt="%.17g")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], "--no-shuffle" not in sys.argv)
