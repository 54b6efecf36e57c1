#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets npy, libsvm and hdf5_chunk: make_corpus.py FOLDER

Files named found_* in the folders are inputs that once failed; they are not made here.
"""
import gzip
import io
import sys
import zlib
from pathlib import Path

import numpy as np


def npy():
    def save(array, version=(1, 0)):
        out = io.BytesIO()
        np.lib.format.write_array(out, array, version=version)
        return out.getvalue()

    def raw(header, data=b"\0" * 48):
        return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + data

    x = np.arange(12.0).reshape(4, 3)
    yield "doubles", save(x)
    yield "fortran", save(np.asfortranarray(x))
    yield "big_endian", save(x.astype(">i4"))
    yield "version_2", save(x.astype("<f4"), (2, 0))
    yield "version_3", save(x.astype("u1"), (3, 0))
    yield "half_fortran", save(np.asfortranarray(x.astype("f2")))
    yield "bool", save(x > 5)
    yield "bool_fortran", save(np.asfortranarray(x > 5))
    yield "vector", save(x[:, 0].astype("i8"))
    yield "no_rows", save(x[:0])
    yield "no_columns", save(x[:, :0])
    yield "complex", save(x.astype("c16"))
    yield "records", save(np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]))
    yield "python2", raw("{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 2L), }")
    yield "quotes", raw('{"shape":(3,2),"descr":"=f8","fortran_order":True}\n')
    yield "unaligned", raw("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), } ")
    yield "huge", raw("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }")
    yield "many_empty_rows", raw("{'descr': '|u1', 'fortran_order': False, 'shape': (4611686018427387904, 0), }")
    yield "truncated", save(x)[:150]
    yield "zip", b"PK\3\4"


def libsvm():
    yield "plain", b"1 1:0.5 3:-2\n-1 2:1e3 3:4\n"
    yield "zero_based", b"0 0:1 1:2\n1 1:3\n"
    yield "comments", b"# a comment\n1 1:1 # more\n\n   \n2 2:2\n"
    yield "no_newline", b"1.5 1:1\n2.5 4:0.25"
    yield "line_ends", b"1 1:1\r\n2 2:2\r\n"
    yield "tabs", b"+1\t1:1.5  2:2\t\n"
    yield "labels_only", b"1\n2\n3\n"
    yield "query", b"1 qid:7 1:2\n"
    yield "several_labels", b"1,2 1:2\n"
    yield "descending", b"1 2:1 1:1\n"
    yield "twice", b"1 2:1 2:1\n"
    yield "large_index", b"1 99999999999999999999:1\n"
    yield "no_value", b"1 2:\n"
    yield "no_colon", b"1 2\n"
    yield "nan", b"nan 1:inf 2:-nan\n"
    yield "long_number", b"1 1:" + b"1234567890" * 8 + b".5\n"
    yield "empty", b""
    yield "zip", gzip.compress(b"1 1:0.5 3:-2\n-1 2:1e3 3:4\n" * 20, mtime=0)
    yield "zip_truncated", gzip.compress(b"1 1:0.5 3:-2\n-1 2:1e3 3:4\n" * 20, mtime=0)[:-9]


def hdf5_chunk():
    data = bytes((7 * i) % 256 for i in range(200))
    planes = np.frombuffer(data, "u1").reshape(25, 8).T.tobytes()

    def fletcher(stored):
        a = b = 0
        for i in range(0, len(stored), 2):
            a = (a + int.from_bytes(stored[i:i + 2].ljust(2, b"\0"), "big")) % 65535
            b = (b + a) % 65535
        nonzero = any(stored)
        return ((b or 65535 * nonzero) << 16 | (a or 65535 * nonzero)).to_bytes(4, "little")

    def chunk(filters, stored, skipped=0, element=8, size=200):
        return bytes([filters, skipped, element - 1]) + (size - 1).to_bytes(2, "little") + stored

    packed, packed_planes = zlib.compress(data), zlib.compress(planes)
    yield "plain", chunk(0, data)
    yield "shuffle", chunk(1, planes)
    yield "deflate", chunk(2, packed)
    yield "shuffle_deflate", chunk(3, packed_planes)
    yield "checksum", chunk(4, data + fletcher(data))
    yield "shuffle_checksum", chunk(5, planes + fletcher(planes))
    yield "deflate_checksum", chunk(6, packed + fletcher(packed))
    yield "all", chunk(7, packed_planes + fletcher(packed_planes))
    yield "deflate_skipped", chunk(7, planes + fletcher(planes), skipped=2)
    yield "all_skipped", chunk(7, data, skipped=7)
    zeros = b"\0\0\xe0\xbe\0"  # one as it is, then 199 that repeat it
    yield "lzf", chunk(8, zeros)
    yield "lzf_checksum", chunk(12, zeros + fletcher(zeros))
    yield "lzf_shuffle", chunk(9, b"\x1f" + bytes(range(32)) + b"\xe0\x9f\x1f")
    yield "lzf_far_back", chunk(8, b"\0\0\xe1\xbe\0")
    yield "wrong_checksum", chunk(4, data + b"\1\2\3\4")
    yield "too_short", chunk(4, b"\1\2\3")
    yield "too_small", chunk(2, packed, size=201)
    yield "too_large", chunk(2, packed, size=199)
    yield "odd_element", chunk(1, data, element=7)
    yield "odd_bytes", chunk(4, data[:199] + fletcher(data[:199]), element=1, size=199)


if __name__ == "__main__":
    for target in (npy, libsvm, hdf5_chunk):
        folder = Path(sys.argv[1]) / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in target():
            (folder / name).write_bytes(content)
