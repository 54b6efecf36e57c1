#!/usr/bin/env python3
"""Writes HDF5 files with h5py, another program's view of the format, for the tests: make_layouts.py FOLDER [PART ...].

The parts are layouts (for hdf5_test.cpp), unless others are named: formats, virtual, tables, metadata, default.

layouts.h5 holds the same numbers in every layout: element (i, j) is (7 i + 3 j) mod 120, which every type can hold.
Of other datasets FILE.h5:NAME the values that h5py reads are in FILE.NAME.values, as rows of float64.
"""
import os
import shutil
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
            "lzf_all": dict(chunks=(77, 3), shuffle=True, compression="lzf", fletcher32=True),
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
        for name, number in ("zstandard", 32015), ("bzip2", 307), ("private", 40000):
            creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            creation.set_chunk((100, COLS))
            creation.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1,))
            h5py.h5d.create(f.id, name.encode(), h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((ROWS, COLS)), creation)
        # What cannot be read.
        f.create_dataset("scalar", data=1.0)
        f.create_dataset("cube", data=np.zeros((2, 2, 2)))
        f.create_dataset("text", data=np.array([b"a", b"b"]))
        f.create_dataset("compound", data=np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]))
        f.create_dataset("complex", data=np.zeros((3, 2), dtype="c16"))
        # Values that some types cannot hold.
        f.create_dataset("large", data=np.array([[1, 2], [3, 2**53 + 1]], dtype="i8"))
        f.create_dataset("fraction", data=np.array([[1.0, 2.0], [2.5, 3.0]]))
        f.create_dataset("huge", data=np.array([[1.0], [1e300]]))
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[:] = h5py.VirtualSource("nowhere.h5", "X", (ROWS, COLS))
        f.create_virtual_dataset("virtual", layout)


def dump(path):
    """Writes what h5py reads of each dataset of numbers whose type numpy has."""
    with h5py.File(path) as f:
        def one(name, item):
            if isinstance(item, h5py.Dataset) and name not in ("uint24", "bfloat16", "damaged") and item.dtype.kind in "fiub":
                np.asarray(item[...], dtype="<f8").tofile(path.with_suffix("." + name.replace("/", ".") + ".values"))
        f.visititems(one)


def low_level(f, name, tid, data, chunks=None, filters=()):
    """A dataset of any HDF5 type and filters, written from numpy data that the library converts."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunks:
        creation.set_chunk(chunks)
    for number in filters:
        creation.set_filter(number, h5py.h5z.FLAG_MANDATORY, (4,) if number == h5py.h5z.FILTER_DEFLATE else ())
    created = h5py.h5d.create(f.id, name.encode(), tid, h5py.h5s.create_simple(data.shape), creation)
    created.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))


def formats(folder):
    x = values("f8")
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    # The stored order and every layout: a user block leads to routes of its own.
    for file, block in (("formats.h5", 0), ("formats_user_block.h5", 1024)):
        with h5py.File(folder / file, "w", userblock_size=block) as f:
            for order, dtype in (("little", "<f8"), ("big", ">f8"), ("big_i4", ">i4"), ("big_half", ">f2"), ("half", "<f2")):
                data = values(dtype)
                for name, options in {
                    "contiguous": {},
                    "chunked": dict(chunks=(100, COLS)),
                    "gzip": dict(chunks=(100, COLS), compression="gzip", shuffle=True),
                    "columns": dict(chunks=(100, 1), compression="gzip"),
                    "tiles": dict(chunks=(64, 2), fletcher32=True),
                    "unlimited": dict(chunks=(2000, 8), maxshape=(None, None)),
                    "large_chunk": dict(chunks=(1_000_000, COLS), maxshape=(None, COLS)),
                    "szip": dict(chunks=(100, COLS), compression="szip"),
                    "fletcher_first": dict(chunks=(100, COLS)),
                }.items():
                    if name == "large_chunk" and order != "big":
                        continue
                    if name == "fletcher_first":  # an order of filters that only the library undoes
                        low_level(f, f"{name}_{order}", h5py.h5t.py_create(data.dtype), data, (100, COLS), (3, 2))
                        continue
                    f.create_dataset(f"{name}_{order}", data=data, **options)
                h5py.h5d.create(f.id, f"compact_{order}".encode(), h5py.h5t.py_create(data.dtype),
                                h5py.h5s.create_simple((20, COLS)), compact)
                f[f"compact_{order}"][...] = data[:20]
                for name, options in {"holes": dict(chunks=(100, COLS)), "holes_lzf": dict(chunks=(70, 2), compression="lzf"),
                                      "holes_gzip": dict(chunks=(100, 3), compression="gzip", shuffle=True)}.items():
                    holes = f.create_dataset(f"{name}_{order}", (ROWS, COLS), dtype=dtype, fillvalue=5, **options)
                    holes[200:300] = data[200:300]
                f.create_dataset(f"never_{order}", (10, 3), dtype=dtype, fillvalue=7)
            f.create_dataset("scaleoffset_big_i4", data=values(">i4"), chunks=(100, COLS), scaleoffset=0)
            f.create_dataset("scaleoffset_little", data=x, chunks=(100, COLS), scaleoffset=3)
            # Types that only the library converts.
            twelve = h5py.h5t.STD_I16LE.copy()
            twelve.set_precision(12)
            signed = (x - 60).astype("i2")
            low_level(f, "int12", twelve, signed)
            low_level(f, "int12_nbit", twelve, signed, (100, COLS), (5,))
            low_level(f, "int32_nbit", h5py.h5t.STD_I32BE, signed.astype(">i4"), (100, COLS), (5,))
            three = h5py.h5t.STD_U32BE.copy()
            three.set_precision(24)
            three.set_size(3)
            bfloat = h5py.h5t.IEEE_F32LE.copy()
            bfloat.set_fields(15, 7, 8, 0, 7)
            bfloat.set_size(2)
            data = np.array([[1.0, -2.5, 3e38], [0.0, np.inf, 1e-38]], dtype="f4")
            for name, tid, source in ("uint24", three, x.astype("u4")), ("bfloat16", bfloat, data):
                created = h5py.h5d.create(f.id, name.encode(), tid, h5py.h5s.create_simple(source.shape))
                created.write(h5py.h5s.ALL, h5py.h5s.ALL, source, mtype=h5py.h5t.py_create(source.dtype))
            f.create_dataset("long_double", data=np.zeros((3, 2), dtype="longdouble"))
            low_level(f, "enum", h5py.h5t.py_create(h5py.enum_dtype({"a": 0, "b": 3}, basetype=">i2"), logical=True),
                      (values(">i2") % 2 * 3).astype(">i2"))
            f["bool"] = x % 2 == 1
    # Texts for LZF: long and short repeats near and far, overlapping, and none.
    random = np.random.RandomState(0)
    bytes_ = np.concatenate([np.zeros(5000), random.randint(0, 256, 5000), np.tile(random.randint(0, 256, 700), 20),
                             np.repeat(random.randint(0, 9, 3000), random.randint(1, 12, 3000)), np.tile([1, 2, 3], 2000)])
    with h5py.File(folder / "lzf.h5", "w") as f:
        for n in 20000, 1000, 333, 40, 7, 1:
            f.create_dataset(f"u1_{n}", data=bytes_.astype("u1")[:, None], chunks=(n, 1), compression="lzf")
        f.create_dataset("f8", data=np.resize(bytes_, (4000, 3)) / 8, chunks=(256, 2), compression="lzf", shuffle=True)
        damaged = f.create_dataset("damaged", data=np.zeros((100, 1)), chunks=(100, 1), compression="lzf")
        damaged.id.write_direct_chunk((0, 0), b"\xe0\xff\x00")
    halves = np.arange(65536, dtype="u2").view("f2").reshape(-1, 4)
    with h5py.File(folder / "halves.h5", "w") as f:
        for order in "<>":
            title = "little" if order == "<" else "big"
            f[f"contiguous_{title}"] = halves.astype(order + "f2")
            f.create_dataset(f"gzip_{title}", data=halves.astype(order + "f2"), chunks=(1000, 3), compression="gzip",
                             shuffle=True)
            f.create_dataset(f"szip_{title}", data=halves.astype(order + "f2"), chunks=(1000, 4), compression="szip")
    # As MATLAB's version 7.3: 512 bytes of its own in front, columns first, chunks compressed.
    with h5py.File(folder / "matlab.h5", "w", userblock_size=512) as f:
        f.create_dataset("X", data=x, chunks=(60, 5), compression="gzip", compression_opts=3)
        f["X"].attrs["MATLAB_class"] = np.bytes_("double")
        f.create_dataset("y", data=values("i4")[:, :1].astype("f4"), chunks=(100, 1), compression="gzip")
    with open(folder / "matlab.h5", "r+b") as f:
        f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))
    with h5py.File(folder / "external.h5", "w") as f:
        a, b = str(folder / "a.bin"), str(folder / "b.bin")
        half = ROWS // 2 * COLS * 8
        f.create_dataset("X", data=x, external=[(a, 16, half), (b, 0, h5py.h5f.UNLIMITED)])
        f.create_dataset("big", data=values(">f4"), external=[(str(folder / "c.bin"), 0, h5py.h5f.UNLIMITED)])
        f.create_dataset("gone", data=x, external=[(str(folder / "d.bin"), 0, h5py.h5f.UNLIMITED)])
        f.create_dataset("cut", data=x, external=[(str(folder / "e.bin"), 0, h5py.h5f.UNLIMITED)])
    # 2^33 rows, of which the last ones were written.
    with h5py.File(folder / "tall.h5", "w") as f:
        tall = f.create_dataset("X", (2**33, 3), dtype=">i2", chunks=(2**16, 3), fillvalue=9)
        tall[-5:] = np.arange(15).reshape(5, 3)
    with h5py.File(folder / "huge.h5", "w", libver="latest") as f:
        for name, shape, dtype in (("rows", (2**62 + 1,), "u1"), ("bytes", (2**60,), "f8"), ("product", (2**40, 2**30), "f4"),
                                   ("columns", (1, 2**63 - 1), "i1"), ("blocks", (2**58,), "f8")):
            f.create_virtual_dataset(name, h5py.VirtualLayout(shape, dtype))
    # The tests write other numbers over this number of rows.
    with h5py.File(folder / "damaged.h5", "w") as f:
        f.create_dataset("chunked", (0x0123456789AB, 3), dtype="f8", chunks=(1000, 3))
    with h5py.File(folder / "damaged_contiguous.h5", "w") as f:
        f.create_dataset("X", data=np.zeros((0x01234, 3)))
    for name in "formats", "formats_user_block", "lzf", "halves", "matlab", "external":
        dump(folder / (name + ".h5"))
    os.remove(folder / "d.bin")
    os.truncate(folder / "e.bin", ROWS * COLS * 8 - 1)


def virtual(folder):
    x = values("f8")
    (folder / "parts").mkdir()
    for k, (begin, end) in enumerate(((0, 300), (300, 303), (303, ROWS))):
        with h5py.File(folder / f"parts/{k}.h5", "w") as f:
            f.create_dataset("X", data=x[begin:end], chunks=(min(50, end - begin), COLS), compression="gzip")
            f["group/X"] = x[begin:end].astype(">f4")
            f["short"] = x[begin:end - 1]
            f["flat"] = x[begin:end, 0]
            f["i4"] = x[begin:end].astype("i4")
            f["text"] = np.array([b"a"] * (end - begin))
            f.create_dataset("lzf", data=x[begin:end], compression="lzf")
        shutil.copy(folder / f"parts/{k}.h5", folder)
    names = [f"parts/{k}.h5" for k in range(3)]
    parts = [(0, 300), (300, 303), (303, ROWS)]

    def join(f, name, dataset="X", files=names, dtype="f8", shapes=None, **options):
        layout = h5py.VirtualLayout((ROWS, COLS), dtype)
        for k, (begin, end) in enumerate(parts):
            layout[begin:end] = h5py.VirtualSource(files[k], dataset, shapes[k] if shapes else (end - begin, COLS))
        f.create_virtual_dataset(name, layout, **options)

    with h5py.File(folder / "virtual.h5", "w", libver="latest") as f:
        join(f, "rows")
        join(f, "wider", "group/X")
        join(f, "big", "i4", dtype=">i8")
        join(f, "absolute", files=[str(folder / name) for name in names])
        join(f, "moved", files=["/nowhere/" + name for name in ("0.h5", "1.h5", "2.h5")])
        f["here"] = x
        f["here_i2"] = x.astype("i2")
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[:, :] = h5py.VirtualSource(".", "here", (ROWS, COLS))
        f.create_virtual_dataset("same_file", layout)
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[:] = h5py.VirtualSource(f["here_i2"])
        f.create_virtual_dataset("whole", layout)
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        for j in range(COLS):  # column by column, every other row
            layout[0::2, j] = h5py.VirtualSource(".", "here", (ROWS, COLS))[0::2, j]
            layout[1::2, j] = h5py.VirtualSource(".", "here", (ROWS, COLS))[1::2, j]
        f.create_virtual_dataset("interleaved", layout)
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[100:300] = h5py.VirtualSource("parts/0.h5", "X", (300, COLS))[100:300]
        f.create_virtual_dataset("unmapped", layout, fillvalue=3.0)
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[:] = h5py.VirtualSource("virtual.h5", "rows", (ROWS, COLS))
        f.create_virtual_dataset("nested", layout)
        layout = h5py.VirtualLayout((ROWS,), "f8")
        for begin, end in parts:
            layout[begin:end] = h5py.VirtualSource(names[parts.index((begin, end))], "flat", (end - begin,))
        f.create_virtual_dataset("vector", layout)
        percent = x[:10]
        with h5py.File(folder / "100%.h5", "w") as g:
            g["X"] = percent
        layout = h5py.VirtualLayout((10, COLS), "f8")
        layout[:] = h5py.VirtualSource("100%%.h5", "X", (10, COLS))
        f.create_virtual_dataset("percent", layout)
    with h5py.File(folder / "linked.h5", "w", libver="latest") as f:
        join(f, "rows")
    with h5py.File(folder / "virtual.h5") as f:
        for name in f:
            want = x[100:len(f[name])] if f[name].ndim == 2 else x[100:, 0]
            assert name == "unmapped" or (f[name][100:] == want).all(), name
    dump(folder / "virtual.h5")
    # What must not be read.
    with h5py.File(folder / "incomplete.h5", "w", libver="latest") as f:
        join(f, "no_file", files=["parts/0.h5", "parts/none.h5", "parts/2.h5"])
        join(f, "no_dataset", "Y")
        join(f, "truncated", "short")
        join(f, "other_rank", "flat")
        join(f, "rounded", "X", dtype="f4")
        join(f, "clipped", "i4", dtype="u4")
        join(f, "text", "text")
        join(f, "lzf", "lzf")
        layout = h5py.VirtualLayout((ROWS, COLS), "f8")
        layout[:] = h5py.VirtualSource("incomplete.h5", "no_file", (ROWS, COLS))
        f.create_virtual_dataset("nested", layout)
        for a, b in ("itself", "itself"), ("a", "b"), ("b", "a"):
            layout = h5py.VirtualLayout((ROWS, COLS), "f8")
            layout[:] = h5py.VirtualSource(".", b, (ROWS, COLS))
            f.create_virtual_dataset(a, layout)
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        endless = h5py.h5s.create_simple((10, COLS), (h5py.h5s.UNLIMITED, COLS))
        endless.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), (10, COLS), (10, COLS))
        block = h5py.h5s.create_simple((10, COLS))
        creation.set_virtual(endless, b"parts/%b.h5", b"X", block)
        h5py.h5d.create(f.id, b"numbered", h5py.h5t.IEEE_F64LE, endless, creation)
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        endless.select_hyperslab((0, 0), (1, 1), (1, 1), (h5py.h5s.UNLIMITED, COLS))
        creation.set_virtual(endless, b"parts/0.h5", b"X", endless)
        h5py.h5d.create(f.id, b"endless", h5py.h5t.IEEE_F64LE, endless, creation)


def tables(folder):
    x = values("f8")
    rows = np.arange(ROWS)
    with h5py.File(folder / "tables.h5", "w", userblock_size=512) as f:
        plain_tables(f, x, rows)
    with h5py.File(folder / "tables.h5") as source, h5py.File(folder / "tables_plain.h5", "w") as f:
        for name in source:
            source.copy(name, f)
    with h5py.File(folder / "columns.h5", "w") as f:
        f["a"] = x[:, 0]
        f["b"] = x[:, 1].astype(">i2")
        f["c"] = x[:, 2:3].astype("f2")
        f.create_dataset("d", data=x[:, 3].astype("f4"), chunks=(100,), compression="gzip", shuffle=True)
        f.create_dataset("holes", (ROWS,), dtype=">f4", chunks=(100,), fillvalue=4.0)
        f["bool"] = x[:, 0] % 2 == 1
        f["short"] = x[:-1, 0]
        f["X"] = x
        f["text"] = np.array([b"a"] * ROWS)
    for k, (begin, end) in enumerate(((0, 400), (400, 400), (400, ROWS))):
        with h5py.File(folder / f"part_{k}.h5", "w") as f:
            f.create_dataset("X", data=x[begin:end], chunks=(70, COLS), maxshape=(None, COLS))
            f["y"] = x[begin:end, 0].astype("i4")
            f["other"] = x[begin:end, :COLS - (k == 2)]


def plain_tables(f, x, rows):
    dtype = np.dtype([("index", "<i8"), ("a", "<f8"), ("b", ">f4"), ("half", "<f2"), ("flag", "?"), ("count", ">u2"),
                      ("name", "S7"), ("values", "<f8", (3,)), ("inner", [("p", "<f8"), ("q", "<i4")])])
    table = np.zeros(ROWS, dtype)
    table["index"], table["a"], table["b"], table["half"] = rows, x[:, 0], x[:, 1], x[:, 2]
    table["flag"], table["count"], table["name"] = x[:, 3] % 2 == 1, x[:, 4], b"text"
    table["values"] = -1
    f["contiguous"] = table
    f.create_dataset("chunked", data=table, chunks=(100,))
    f.create_dataset("gzip", data=table, chunks=(100,), compression="gzip", shuffle=True, fletcher32=True)
    low_level(f, "fletcher_first", h5py.h5t.py_create(dtype, logical=True), table, (100,), (3, 2))
    f.create_dataset("column", data=table[:, None], chunks=(100, 1))
    f.create_dataset("pair", data=np.stack([table, table], axis=1))
    holes = f.create_dataset("holes", (ROWS,), dtype=dtype, chunks=(100,))
    holes[200:300] = table[200:300]
    # With text outside the dataset, as pandas' objects have, and in the padded layout of a C struct.
    for name, options in {"variable": {}, "variable_gzip": dict(chunks=(100,), compression="gzip")}.items():
        other = np.zeros(ROWS, np.dtype({"names": ["s", "a", "b"], "formats": [h5py.string_dtype(), "<f8", ">i4"],
                                         "offsets": [0, 8, 16], "itemsize": 32}))
        other["s"], other["a"], other["b"] = "text", x[:, 0], x[:, 1]
        f.create_dataset(name, data=other, **options)
    f["aligned"] = np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    f["text_only"] = np.zeros(3, [("s", "S3")])
    f["large"] = np.array([(1, 2), (3, 2**53 + 1)], dtype=[("a", "i8"), ("b", "i8")])
    f["complex"] = x[:, 0] + 1j * x[:, 1]
    f["numbers"] = x


def metadata(folder):
    with h5py.File(folder / "metadata.h5", "w") as f:
        x = f.create_dataset("group/X", data=values(">i2"), chunks=(100, COLS), compression="gzip", shuffle=True,
                             fletcher32=True)
        f["flags"] = values("f8")[:, 0] % 2 == 1
        f["scalar"] = 1.5
        f["table"] = np.zeros(3, dtype=[("a", "f8"), ("b", "S4")])
        words = ["height", "", "größe", "a b ", "x" * 300]
        f.create_dataset("variable", data=words, dtype=h5py.string_dtype())
        f.create_dataset("ascii", data=["a", "bc"], dtype=h5py.string_dtype("ascii"))
        f.create_dataset("fixed", data=np.array([w.encode() for w in words[:3]], dtype=h5py.string_dtype("utf-8", 8)))
        f.create_dataset("chunked", data=np.array([b"row%d" % i for i in range(1000)]), chunks=(10,), compression="gzip")
        f.create_dataset("column", data=np.array([[b"a"], [b"b"]]))
        f.create_dataset("one", data="alone")
        f.create_dataset("none", (0,), dtype="S3")
        f.create_dataset("square", data=np.array([[b"a", b"b"]]))
        f.create_dataset("claims", (2**40,), dtype="S100", chunks=(1000,))
        padded = h5py.h5t.C_S1.copy()
        padded.set_size(6)
        padded.set_strpad(h5py.h5t.STR_SPACEPAD)
        created = h5py.h5d.create(f.id, b"padded", padded, h5py.h5s.create_simple((2,)))
        created.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"ab    ", b"      "], dtype="S6"), mtype=padded)
        x.attrs["columns"] = words
        x.attrs["fixed"] = np.array([b"a", b"bc"])
        x.attrs["title"] = "größe"
        x.attrs["bytes"] = np.bytes_("abc")
        x.attrs["scale"] = np.float32(0.5)
        x.attrs["half"] = np.array([0.5, 2.0], dtype=">f2")
        x.attrs["shape"] = np.array([3, 2**40], dtype=">i8")
        x.attrs["flag"] = True
        x.attrs["flags"] = np.array([True, False])
        x.attrs["matrix"] = np.zeros((2, 2))
        x.attrs["empty"] = h5py.Empty("f8")
        x.attrs["no_values"] = np.zeros(0)
        x.attrs["compound"] = np.zeros((), dtype=[("a", "f8")])
        f.attrs["version"] = 3
        f["group"].attrs["names"] = ["p", "q"]


def default_format(folder):
    """As h5py writes by default: chunks with checksums, metadata without."""
    with h5py.File(folder / "default.h5", "w") as f:
        f.create_dataset("X", data=values("f8", 300, 4), chunks=(50, 4), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("y", data=values("i4", 300, 1)[:, 0], chunks=(64,), fletcher32=True)
        f["contiguous"] = values("f4", 20, 3)
        f["table"] = np.zeros(20, dtype=[("a", "<f8"), ("b", ">i2"), ("s", "S3")])
        f["names"] = ["one", "two", "three"]
        f["X"].attrs["columns"] = ["a", "b", "c", "d"]
        f["X"].attrs["scale"] = np.arange(4.0)


def write_layouts(folder):
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
    known = {"layouts": write_layouts, "formats": formats, "virtual": virtual, "tables": tables, "metadata": metadata,
             "default": default_format}
    for part in sys.argv[2:] or ["layouts"]:
        known[part](Path(sys.argv[1]))
