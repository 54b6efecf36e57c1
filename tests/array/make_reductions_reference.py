#!/usr/bin/env python3
"""Writes tests/reference/arrays/reductions.json: reductions of small arrays by numpy.

make_reductions_reference.py [OUTPUT]. Numbers that are not finite are the strings "nan", "inf", "-inf"; what numpy refuses
is "error". An array is given by its elements or, if it is larger, by a formula of the number of the element. Sums, means
and variances are those of the exact values: of real numbers by exact or extended arithmetic, of float32 as float64, of
integers as Python's, refused if they do not fit into 64 bits.
"""

import json
import math
import pathlib
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
Q = [0.0, 0.001, 0.25, 0.5, 0.77, 0.99, 1.0]


def plain(value):
    """As JSON holds it."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def exact_sum(x):
    if x.dtype.kind != "f":
        total = sum(int(v) for v in x)
        low, high = (0, 2**64 - 1) if x.dtype.kind == "u" else (-(2**63), 2**63 - 1)
        if not low <= total <= high:
            raise ValueError("does not fit")
        return total
    if not np.isfinite(x).all():
        return float(np.sum(x.astype(float)))
    return math.fsum(float(v) for v in x)


def exact_mean(x):
    if x.size == 0:
        return math.nan
    if x.dtype.kind != "f":
        return sum(int(v) for v in x) / x.size
    return exact_sum(x) / x.size


def exact_var(x, ddof=0):
    return float(np.var(x.astype(np.longdouble), ddof=ddof))


def without_nan(x):
    return x[~np.isnan(x)] if x.dtype.kind == "f" else x


def nan_var(x, ddof=0):
    x = without_nan(x)
    return math.nan if x.size - ddof <= 0 else exact_var(x, ddof)


OPERATIONS = {
    "sum": exact_sum,
    "mean": exact_mean,
    "var": exact_var,
    "var1": lambda x: exact_var(x, 1),
    "stddev": lambda x: math.sqrt(exact_var(x)),
    "min": np.min,
    "max": np.max,
    "argmin": np.argmin,
    "argmax": np.argmax,
    "any": np.any,
    "all": np.all,
    "count_nonzero": np.count_nonzero,
    "nansum": lambda x: exact_sum(without_nan(x)),
    "nanmean": lambda x: exact_mean(without_nan(x)),
    "nanvar": nan_var,
    "nanvar1": lambda x: nan_var(x, 1),
    "nanstddev": lambda x: math.sqrt(nan_var(x)),
    "nanmin": np.nanmin,
    "nanmax": np.nanmax,
    "nanargmin": np.nanargmin,
    "nanargmax": np.nanargmax,
}


def attempt(function, lists):
    """One value a list; "error" if numpy refuses one of them."""
    try:
        return [plain(function(x)) for x in lists]
    except ValueError:
        return "error"


def magnitudes(lists):
    return [plain(float(np.nansum(np.abs(x.astype(float))))) for x in lists]


def quantiles(lists, skip_nan):
    """As numpy.quantile, but a quantile that is a value is that value: numpy multiplies infinite differences by 0."""
    results = []
    for x in lists:
        x = np.sort((without_nan(x) if skip_nan else x).astype(float))
        if x.size == 0 or np.isnan(x[-1]):
            results.append(["nan"] * len(Q))
            continue
        values = np.quantile(x, Q)
        for k, q in enumerate(Q):
            rank = q * (x.size - 1)
            below, above = x[math.floor(rank)], x[math.ceil(rank)]
            if below == above:
                values[k] = below
        results.append(plain(values))
    return results


def histogram(x, bins, **options):
    try:
        counts, edges = np.histogram(x.astype(np.uint8) if x.dtype == bool else x, bins, **options)
        return {"counts": plain(counts), "edges": plain(edges.astype(float))}
    except (ValueError, IndexError):  # IndexError: a range that is wider than the largest number
        return "error"


def case(name, X, formula=None):
    views = {"all": [X.ravel()], "axis0": list(X.T), "axis1": list(X)}
    if formula:  # many rows: only some of their results
        views["axis1"] = list(X[:50])
    flat = X.ravel()
    values, counts = np.unique(flat, return_counts=True)
    result = {
        "name": name,
        "dtype": str(X.dtype),
        "shape": list(X.shape),
        "expected": {op: {v: attempt(f, lists) for v, lists in views.items()} for op, f in OPERATIONS.items()},
        "magnitude": {v: magnitudes(lists) for v, lists in views.items()},
        "quantile": {v: quantiles(views[v], False) for v in ("all", "axis0")},
        "nanquantile": {v: quantiles(views[v], True) for v in ("all", "axis0")},
        "histogram": {
            "auto": histogram(flat, 7),
            "range": histogram(flat, 10, range=(-2.5, 4.0)),
            "point": histogram(flat, 4, range=(1, 1)),
            "edges": histogram(flat, np.array([-3.0, -0.5, -0.5, 0.0, 1.0, 1.5, 100.0])),
        },
        "unique": {"values": plain(values), "counts": plain(counts)},
    }
    if formula:
        result["formula"] = formula
    else:
        result["data"] = plain(flat)
    return result


def by_formula(dtype, shape, modulus, offset, divisor):
    """Element i is (i * 7919 % modulus - offset) / divisor."""
    i = np.arange(shape[0] * shape[1], dtype=np.int64)
    values = i * 7919 % modulus - offset
    return (values / divisor if np.dtype(dtype).kind == "f" else values).astype(dtype).reshape(shape)


def cases():
    rng = np.random.default_rng(0)
    for dtype in ("float64", "float32"):
        X = rng.normal(size=(37, 5)).astype(dtype)
        yield case(f"{dtype} normal", X)
        yield case(f"{dtype} one column", X[:, :1])
        yield case(f"{dtype} one value", X[:1, :1])
        yield case(f"{dtype} wide", rng.normal(size=(3, 150)).astype(dtype))
        yield case(f"{dtype} far from zero", (1e6 + rng.normal(size=(40, 3))).astype(dtype))
        Y = X.copy()
        Y[rng.random(Y.shape) < 0.2] = np.nan
        yield case(f"{dtype} some NaN", Y)
        Y[:, 2] = np.nan
        yield case(f"{dtype} a column of NaN", Y)
        yield case(f"{dtype} only NaN", np.full((9, 2), np.nan, dtype))
        Z = X.copy()
        Z[5, 1] = np.inf
        Z[7, 2] = -np.inf
        Z[8:10, 3] = np.inf, -np.inf
        yield case(f"{dtype} infinities", Z)
        Z[11, 1] = np.nan
        yield case(f"{dtype} infinities and NaN", Z)
        yield case(f"{dtype} only infinity", np.full((4, 2), np.inf, dtype))
        yield case(f"{dtype} zeros", np.array([[0.0, -0.0], [-0.0, 0.0], [0.0, 0.0]], dtype))
        yield case(f"{dtype} ties", np.array([[2, 1, 1], [1, 2, 2], [1, 2, 1], [2, 1, 2]], dtype))
        yield case(f"{dtype} on the edges", np.arange(-3, 4.5, 0.25, dtype=dtype).reshape(-1, 2))
        yield case(f"{dtype} no rows", np.empty((0, 3), dtype))
        formula = {"modulus": 1009, "offset": 500, "divisor": 8}
        yield case(f"{dtype} tall", by_formula(dtype, (9001, 3), **formula), formula)
    yield case("float64 cancelling", np.array([[1e16, 1.0], [1.0, 1e-8], [-1e16, -1.0]]))
    yield case("float64 huge", np.array([[1e308, 1.0], [-1e308, 2.0], [1e307, 3.0]]))
    for dtype in ("int8", "uint8", "int16", "int32", "int64", "uint64", "bool"):
        info = None if dtype == "bool" else np.iinfo(dtype)
        high = 2 if dtype == "bool" else min(info.max, 100)
        low = 0 if dtype == "bool" else max(info.min, -100)
        X = rng.integers(low, high, size=(41, 6)).astype(dtype)
        yield case(f"{dtype} uniform", X)
        yield case(f"{dtype} zeros", np.zeros((7, 2), dtype))
        yield case(f"{dtype} no rows", np.empty((0, 2), dtype))
        formula = {"modulus": high - low, "offset": -low, "divisor": 1}
        yield case(f"{dtype} tall", by_formula(dtype, (9001, 3), **formula), formula)
        if info:
            yield case(f"{dtype} extreme", np.array([[info.max, info.min], [info.max, info.min], [info.min, 1]], dtype))
    for dtype in ("int64", "uint64"):
        top = np.iinfo(dtype).max
        yield case(f"{dtype} largest sum", np.array([[top - 1, 0], [1, 0]], dtype))
        yield case(f"{dtype} sum too large", np.array([[top, 3], [1, 4]], dtype))
    yield case("int64 smallest sum", np.array([[-(2**63) + 1, -1]]))
    yield case("int64 sum too small", np.array([[-(2**63), -1]]))
    yield case("int64 partial sums too large", np.array([[2**63 - 1, 5], [2**63 - 1, 6], [-(2**63) + 1, 7], [-5, 8]]))


def main():
    default = pathlib.Path(__file__).parent.parent / "reference" / "arrays" / "reductions.json"
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases())
    head = json.dumps({"numpy": np.__version__, "q": Q})[:-1]
    output.write_text(f'{head}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


main()
