#!/usr/bin/env python3
"""The examples mnist and flights_kmeans with scikit-learn and h5py: sklearn_examples.py mnist|flights FILE.h5

Prints the seconds and the result, for docs/performance.md.
"""

import sys
import time
import warnings

import h5py
import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")


def mnist(file):
    X, y = file["train/X"], file["train/y"][:]
    model = MLPClassifier(random_state=0)
    begin = time.perf_counter()
    for i in range(0, len(y), 10_000):
        model.partial_fit(X[i:i + 10_000] / 255.0, y[i:i + 10_000], classes=np.arange(10))
    seconds = time.perf_counter() - begin
    accuracy = model.score(file["test/X"][:] / 255.0, file["test/y"][:])
    print(f"one pass {seconds:.2f} s, loss {model.loss_:.8f}, accuracy {accuracy:.4f}")


def flights(file):
    begin = time.perf_counter()
    rows = len(file["X"])

    def blocks():
        return (file["X"][i:i + 50_000, 1:4].astype(np.float64) for i in range(0, rows, 50_000))

    scaler, model = StandardScaler(), MiniBatchKMeans(6, random_state=0)
    for X in blocks():
        scaler.partial_fit(X)
    for X in blocks():
        model.partial_fit(scaler.transform(X))
    inertia, sizes = 0.0, np.zeros(6, dtype=int)
    for X in blocks():
        Z = scaler.transform(X)
        inertia -= model.score(Z)
        sizes += np.bincount(model.predict(Z), minlength=6)
    print(f"{time.perf_counter() - begin:.2f} s, inertia a flight {inertia / rows:.6f}, clusters of {sizes.tolist()}")


if __name__ == "__main__":
    with h5py.File(sys.argv[2]) as data:
        {"mnist": mnist, "flights": flights}[sys.argv[1]](data)
