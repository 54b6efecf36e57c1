#!/usr/bin/env python3
"""Writes HDF5 files with h5py, another program's view of the format, for hdf5_test.cpp: make_layouts.py FOLDER.

layouts.h5 holds the same numbers in every layout: element (i, j) is (7 i + 3 j) mod 120, which every type can hold.
"""
import sys
from pathlib import Path

import h5py
import numpy as np

ROWS, COLS = 1003, 5


def values(dtype, rows=ROWS, cols=COLS):
    i, j = np.arange(rows)[:, None], np.arange(cols)[None, :]
    return ((7 * i + 3 * j) % 120).astype(dtype)


def layouts(path):
    with h5py.File(path, "w") as f:
        for dtype in ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
            for order in "<>":
                f.create_dataset(f"contiguous_{dtype}_{'little' if order == '<' else 'big'}", data=values(order + dtype))
                f.create_dataset(f"gzip_{dtype}_{'little' if order == '<' else 'big'}", data=values(order + dtype),
                                 chunks=(100, COLS), compression="gzip", shuffle=True)
        x = values("f8")
        for name, options in {
            "rows_1": dict(chunks=(1, COLS)),
            "rows_100": dict(chunks=(100, COLS)),
            "whole": dict(chunks=(ROWS, COLS)),
            "column": dict(chunks=(200, 1)),
            "tile": dict(chunks=(64, 2)),
            "gzip": dict(chunks=(128, COLS), compression="gzip", compression_opts=4),
            "shuffle": dict(chunks=(128, COLS), shuffle=True),
            "shuffle_gzip": dict(chunks=(128, COLS), shuffle=True, compression="gzip"),
            "checksum": dict(chunks=(128, COLS), fletcher32=True),
            "all_filters": dict(chunks=(77, 3), shuffle=True, compression="gzip", fletcher32=True),
            "lzf": dict(chunks=(128, COLS), compression="lzf"),
            "scaleoffset": dict(chunks=(128, COLS), scaleoffset=3),
            "unlimited": dict(chunks=(2000, 8), maxshape=(None, None)),
        }.items():
            f.create_dataset(name, data=x, **options)
        # Random bytes do not compress: deflate is then left out of single chunks by some writers.
        skipped = f.create_dataset("skipped_filter", (200, COLS), dtype="f8", chunks=(100, COLS), compression="gzip")
        skipped.id.write_direct_chunk((0, 0), values("f8")[:100].tobytes(), filter_mask=1)
        skipped[100:] = values("f8")[100:200]
        holes = f.create_dataset("holes", (ROWS, COLS), dtype="f8", chunks=(100, COLS), fillvalue=5.0)
        holes[200:300] = values("f8")[200:300]
        f.create_dataset("never_written", (10, 2), dtype="f8", fillvalue=2.0)
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((20, COLS)), compact)
        f["compact"][...] = values("f8", 20)
        f.create_dataset("group/inner", data=x)
        f.create_dataset("bool", data=values("i1") % 2 == 1)
        f.create_dataset("y", data=values("i4")[:, 0])
        f.create_dataset("y_column", data=values("i4")[:, :1])
        f.create_dataset("empty", (0, COLS), dtype="f8")
        f.create_dataset("no_columns", (4, 0), dtype="f8")
        # What cannot be read.
        f.create_dataset("scalar", data=1.0)
        f.create_dataset("cube", data=np.zeros((2, 2, 2)))
        f.create_dataset("text", data=np.array([b"a", b"b"]))
        f.create_dataset("compound", data=np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]))
        f.create_dataset("half", data=values("f2"))
        f.create_dataset("complex", data=np.zeros((3, 2), dtype="c16"))
        # Values that some types cannot hold.
        f.create_dataset("large", data=np.array([[1, 2], [3, 2**53 + 1]], dtype="i8"))
        f.create_dataset("fraction", data=np.array([[1.0, 2.0], [2.5, 3.0]]))
        f.create_dataset("huge", data=np.array([[1.0], [1e300]]))
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[:] = h5py.VirtualSource("nowhere.h5", "X", (ROWS, COLS))
        f.create_virtual_dataset("virtual", layout)


def main(folder):
    folder = Path(folder)
    layouts(folder / "layouts.h5")
    with h5py.File(folder / "user_block.h5", "w", userblock_size=512) as f:
        f["X"] = values("f8")
        f.create_dataset("chunked", data=values("f8"), chunks=(100, COLS), compression="gzip")
    with h5py.File(folder / "latest.h5", "w", libver="latest") as f:
        f["X"] = values("f8")
        f.create_dataset("chunked", data=values("f8"), chunks=(100, COLS), compression="gzip", fletcher32=True)
    (folder / "text.h5").write_text("this is not HDF5\n" * 100)
    (folder / "zero.h5").write_bytes(b"")


if __name__ == "__main__":
    main(sys.argv[1])
