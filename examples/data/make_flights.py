#!/usr/bin/env python3
"""Cuts the bundled sample from the full table of flights: every third row, in time order.

    make_flights.py FULL.h5 flights.h5

FULL.h5 holds X (n x 6, float32, attribute `columns`) and delay (n, int16: minutes of arrival delay), in time order.
"""
import sys

import h5py


def main(full, sample):
    with h5py.File(full, "r") as source, h5py.File(sample, "w") as target:
        rows = slice(None, None, 3)
        x = source["X"][rows]
        delay = source["delay"][rows]
        options = dict(compression="gzip", compression_opts=9, shuffle=True, fletcher32=True, track_times=False)
        made = target.create_dataset("X", data=x, chunks=(50_000, x.shape[1]), **options)
        made.attrs["columns"] = source["X"].attrs["columns"]
        target.create_dataset("delay", data=delay, chunks=(50_000,), **options)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
