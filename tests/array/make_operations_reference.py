#!/usr/bin/env python3
"""Writes tests/reference/arrays/operations.json: make_operations_reference.py

Evaluates with NumPy the left-hand sides of the OPERATION, REDUCTION and WITHIN lines of operations_*_test.cpp, which are in the words of
dask.array; the tests compare them with blockfit's right-hand sides.
"""
import json
import re
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROWS, COLS = 23, 3


class Array(np.ndarray):
    """The methods of dask's arrays that NumPy's have not."""

    def rechunk(self, *_, **__):
        return self

    def compute(self):
        return self

    def persist(self):
        return self

    def map_blocks(self, f, **_):
        return f(self)


def array(values, dtype="f8"):
    return np.asarray(values, dtype).view(Array)


def inputs():
    random = np.random.RandomState(0)
    X = np.round(random.normal(size=(ROWS, COLS)) * 4, 3)
    X[0, 1], X[4, 2], X[9, 0], X[10, 1] = 0.0, -0.0, 1e10, -2.5
    N = X.copy()
    N[2, 0] = N[7, 2] = N[8, 2] = np.nan
    S = X.copy()
    S[1, 0], S[5, 1], S[6, 2] = np.inf, -np.inf, np.nan
    return {
        "X": array(X),
        "Z": array(np.round(random.normal(size=(ROWS, COLS)) * 2, 3)),
        "N": array(N),  # holds NaN
        "S": array(S),  # holds NaN and infinities
        "F": array(random.normal(size=(ROWS, COLS)), "f4"),
        "I": array(random.randint(-9, 10, (ROWS, COLS)), "i4"),
        "U": array(random.randint(0, 200, (ROWS, COLS)), "u1"),
        "B": array(random.randint(0, 2, (ROWS, COLS)), "?"),
        "y": array(random.randint(0, 5, ROWS), "i8"),
        "v": array(np.round(random.normal(size=ROWS), 3)),
        "m": array(random.randint(0, 2, ROWS), "?"),
        "r": array([1.5, -2.0, 0.25]),
    }


def entry(value):
    value = np.asarray(value)
    return {"dtype": str(value.dtype), "shape": list(value.shape), "values": [float(x).hex() for x in value.ravel()]}


def operations():
    for test in sorted(HERE.glob("operations_*_test.cpp")):
        for text in re.findall(r'^ *(?:OPERATION\(|REDUCTION\(|WITHIN\(\d+, )R"\((.*?)\)",', test.read_text(), re.M):
            yield text


def main():
    warnings.simplefilter("ignore")
    names = inputs()
    result = {"inputs": {name: entry(value) for name, value in names.items()}, "operations": {}}
    for text in operations():
        value = eval(text, {"da": np, "np": np, **names})  # pylint: disable=eval-used
        values = value if isinstance(value, tuple) else (value,)
        result["operations"][text] = [entry(each) for each in values]
    out = HERE.parent / "reference" / "arrays" / "operations.json"
    out.write_text(json.dumps(result, indent=0) + "\n")


if __name__ == "__main__":
    main()
