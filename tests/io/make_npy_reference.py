#!/usr/bin/env python3
"""Writes NPY, raw and LIBSVM files for the tests of their readers, and reads those of to_npy.

make_npy_reference.py write FOLDER      element (i, j) of most arrays is (7 i + 3 j) mod 120, which every type can hold
make_npy_reference.py libsvm FOLDER     texts, with the matrix and the labels they mean beside them
make_npy_reference.py check FILE DTYPE  does FILE hold that pattern as numpy's DTYPE, in C order, mapped too?
"""
import gzip
import sys
from pathlib import Path

import numpy as np

ROWS, COLS = 1003, 5


def values(dtype, rows=ROWS, cols=COLS):
    i, j = np.arange(rows)[:, None], np.arange(cols)[None, :]
    x = (7 * i + 3 * j) % 120
    return x % 2 == 1 if np.dtype(dtype) == bool else x.astype(dtype)


def save(path, array, version=(1, 0)):
    with open(path, "wb") as f:
        np.lib.format.write_array(f, array, version=version)


def raw(path, header, data=b"", version=(1, 0)):
    """A file with any header text."""
    header = header.encode("utf8")
    size = len(header).to_bytes(2 if version == (1, 0) else 4, "little")
    path.write_bytes(b"\x93NUMPY" + bytes(version) + size + header + data)


def write(folder):
    numbers = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
    types = ["b1"] + [order + number for number in numbers for order in "<>"]
    for dtype in types:
        for order, version in (("C", (1, 0)), ("F", (1, 0)), ("C", (2, 0)), ("C", (3, 0))):
            name = dtype.replace("<", "little_").replace(">", "big_")
            save(folder / f"{name}_{order}{version[0]}.npy", np.asarray(values(dtype), order=order), version)
    # Fortran order: more rows than are read at a time, one column, one row, and rows wider than a tile.
    save(folder / "tall_F.npy", np.asarray(values("f8", 50021, 3), order="F"))
    save(folder / "tall_small_F.npy", np.asarray(values("u1", 200003, 11), order="F"))
    save(folder / "wide_F.npy", np.asarray(values("i2", 37, 9001), order="F"))
    save(folder / "row.npy", values("f8", 1, 9))
    save(folder / "column_F.npy", np.asarray(values("f8", 9, 1), order="F"))
    save(folder / "vector.npy", values("i4")[:, 0])
    save(folder / "vector_column.npy", values("i4")[:, :1])
    save(folder / "empty.npy", np.zeros((0, 5)))
    save(folder / "empty_vector.npy", np.zeros(0))
    save(folder / "no_columns.npy", np.zeros((7, 0)))
    save(folder / "scalar.npy", np.array(1.0))
    save(folder / "cube.npy", np.zeros((2, 3, 4)))
    np.save(folder / "complex.npy", np.zeros((3, 2), "c16"))
    np.save(folder / "longdouble.npy", np.zeros((3, 2), np.longdouble))
    np.save(folder / "bytes.npy", np.array([[b"a", b"b"]]))
    np.save(folder / "text.npy", np.array([["a", "b"]]))
    np.save(folder / "objects.npy", np.array([[None, 1]], dtype=object), allow_pickle=True)
    np.save(folder / "dates.npy", np.array([["2020-01-01"]], dtype="M8[D]"))
    np.save(folder / "spans.npy", np.array([[1]], dtype="m8[s]"))
    np.save(folder / "void.npy", np.zeros((2, 2), "V3"))
    np.save(folder / "records.npy", np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]))
    save(folder / "records_utf8.npy", np.zeros(3, dtype=[("\u03b1", "f8")]), (3, 0))
    np.savez(folder / "archive.npz", X=np.zeros((2, 2)))
    # Values that some types cannot hold.
    save(folder / "large.npy", np.array([[1, 2], [3, 2**53 + 1]], dtype="i8"))
    save(folder / "large_F.npy", np.asarray(np.array([[1, 2], [3, 2**53 + 1]], dtype="i8"), order="F"))
    save(folder / "fraction.npy", np.array([[1.0, 2.0], [2.5, 3.0]]))
    # Every half, as it is and as numpy widens it.
    halves = np.arange(65536, dtype="u2").view("f2")
    halves = halves[~np.isnan(halves)]
    save(folder / "halves.npy", halves)
    save(folder / "halves_as_f4.npy", halves.astype("f4"))
    save(folder / "halves_as_f8.npy", halves.astype("f8"))
    # Headers as other programs write them.
    x = values("f8", 3, 2).tobytes()
    for name, header, version in [
            ("order_of_keys", "{'shape': (3, 2), 'fortran_order': False, 'descr': '<f8'}", (1, 0)),
            ("double_quotes", '{"descr": "<f8", "fortran_order": False, "shape": (3, 2)}\n', (1, 0)),
            ("python2", "{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 2L), }      \n", (1, 0)),
            ("spaces", "  {\n'descr'\t: '<f8' ,'fortran_order':False,'shape':( 3 ,2 , ) , }\r\n  ", (2, 0)),
            ("native", "{'descr': '=f8', 'fortran_order': False, 'shape': (3, 2), }", (3, 0)),
            ("no_order", "{'descr': 'f8', 'fortran_order': False, 'shape': (3, 2), }", (1, 0)),
            ("padded", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }" + " " * 9000, (1, 0))]:
        raw(folder / f"header_{name}.npy", header, x, version)
        assert (np.load(folder / f"header_{name}.npy") == values("f8", 3, 2)).all()
    raw(folder / "longer.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", x + b"more")
    assert (np.load(folder / "longer.npy") == values("f8", 3, 2)).all()
    # Raw binary.
    values("<f8").tofile(folder / "f8.bin")
    values(">f4").tofile(folder / "big_f4.bin")
    (folder / "offset.bin").write_bytes(b"12345" + values("<i2").tobytes())


def libsvm(folder):
    rng = np.random.default_rng(1)
    sizes = [("small", 500, 12, 0.4, 1), ("zero_based", 500, 12, 0.4, 0), ("large", 60000, 30, 0.3, 1)]
    for name, n, d, density, base in sizes:
        X = rng.standard_normal((n, d)) * 10.0 ** rng.integers(-8, 8, (n, d))
        X[rng.random((n, d)) > density] = 0
        X[n // 2, d - 1] = 1.5  # the last feature is there
        y = np.where(rng.random(n) < 0.5, rng.integers(-3, 4, n), np.round(rng.standard_normal(n), 3))
        lines = []
        for i in range(n):
            words = [repr(float(y[i])) if y[i] % 1 else "%+d" % y[i]]
            words += [f"{j + base}:{float(X[i, j])!r}" for j in np.flatnonzero(X[i])]
            line = " ".join(words)
            if i % 7 == 3:
                line = "  " + line.replace(" ", "\t  ") + "  # a comment, 1:2"
            if i % 11 == 5:
                line = "# only a comment\n\n   \t\n" + line
            lines.append(line + ("\r\n" if i % 5 == 0 else "\n"))
        text = "".join(lines)
        if name == "small":
            text = text.rstrip()
        (folder / f"{name}.txt").write_bytes(text.encode())
        (folder / f"{name}.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        np.save(folder / f"{name}_X.npy", X)
        np.save(folder / f"{name}_y.npy", y)
        try:
            from sklearn.datasets import load_svmlight_file
        except ImportError:
            continue
        got_X, got_y = load_svmlight_file(str(folder / f"{name}.txt"), zero_based=base == 0)
        assert (got_X.toarray() == X).all() and (got_y == y).all()


def check(path, dtype):
    mapped = path.stat().st_size > 128
    for x in [np.load(path)] + ([np.load(path, mmap_mode="r")] if mapped else []):
        assert x.dtype == np.dtype(dtype), x.dtype
        want = values(dtype, x.shape[0], x.shape[1] if x.ndim == 2 else 1)
        assert x.ndim in (1, 2) and (x == (want if x.ndim == 2 else want[:, 0])).all()
        assert x.flags.c_contiguous and (not mapped or x.ctypes.data % 64 == 0 or not isinstance(x, np.memmap))
    # The very bytes of numpy.
    other = path.with_suffix(".numpy")
    save(other, np.load(path))
    assert other.read_bytes() == path.read_bytes()


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    elif sys.argv[1] == "libsvm":
        libsvm(Path(sys.argv[2]))
    else:
        check(Path(sys.argv[2]), sys.argv[3])
