#!/usr/bin/env python3
"""CSV files and what Python's csv module reads in them, for csv_read_test.cpp; and the other way round.

make_csv_reference.py make FOLDER     random tables: case_K.csv, case_K.csv.gz, case_K.json, case_K.bin
make_csv_reference.py check FOLDER    compares each written_K.csv[.gz] in it with written_K.bin, bit for bit
"""

import csv
import gzip
import json
import math
import pathlib
import random
import struct
import sys

CASES = 60
MISSING = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
           "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
WORDS = {"True": 1.0, "TRUE": 1.0, "true": 1.0, "False": 0.0, "FALSE": 0.0, "false": 0.0}


def number_text(rng, decimal):
    """The text of a number, or of a missing value."""
    if rng.random() < 0.15:
        return rng.choice(sorted(m for m in MISSING if "#" not in m) + sorted(WORDS))
    return written_number(rng).replace(".", decimal)


def written_number(rng):
    kind = rng.randrange(10)
    x = rng.gauss(0, 1) * 10.0 ** rng.randrange(-3, 4)
    if kind == 0:
        return str(rng.randrange(-10**6, 10**6))
    if kind == 1:
        return repr(x)
    if kind == 2:
        return "%.6g" % x
    if kind == 3:
        return "%.25e" % (x * 10.0 ** rng.randrange(-300, 300))
    if kind == 4:
        return "%.17g" % struct.unpack("<d", struct.pack("<q", rng.randrange(1, 0x7FE0000000000000)))[0]
    if kind == 5:
        return rng.choice(["inf", "-inf", "Infinity", "+INF", "-0", "-0.0", "1.", ".5", "+7", "007", "1e5", "1E+5",
                           "2e-3"])
    if kind == 6:
        return str(rng.randrange(-2**63, 2**63))
    if kind == 7:
        return "%.*f" % (rng.randrange(0, 20), x)
    if kind == 8:
        return "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 40)))
    return "%.17g" % x


def word_text(rng, delimiter, quotes):
    alphabet = ["a", "b", "Z", "é", "中", "5", " "] + ([delimiter, '"', "\n", "\r\n", "'"] if quotes else [])
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 5)))


def encode(text, delimiter, quotes, rng):
    if quotes and (any(c in text for c in (delimiter, '"', "\n", "\r")) or rng.random() < 0.15):
        return '"' + text.replace('"', '""') + '"'
    return text


def is_blank(line):
    return not line.strip(" \t\r\n")


def make_case(rng):
    delimiter = rng.choice([",", ",", ";", "\t", "|"])
    quotes = rng.random() < 0.6
    comment = "#" if rng.random() < 0.2 else ""
    decimal = "," if delimiter != "," and rng.random() < 0.3 else "."
    header = rng.random() < 0.8
    line_end = rng.choice(["\n", "\n", "\r\n"])
    cols = rng.choice([1, 2, 3, 7])
    rows = rng.choice([0, 1, 5, 60, 300])
    if rows == 0:
        header = True
    words = [j for j in range(cols) if rng.random() < 0.3]
    names = ["x%d" % j for j in range(cols)]
    if quotes:
        names[-1] = 'the "last", ' + delimiter + "\none"
    skip = rng.randrange(3)
    plain = []  # the lines without comments, which the csv module reads
    full = []  # the lines of the file

    def add(line):
        end = line_end if rng.random() < 0.95 else ("\n" if line_end == "\r\n" else "\r\n")
        plain.append(line + end)
        note = comment + ' 1" note' + delimiter if comment and rng.random() < 0.3 else ""
        full.append(line + note + end)

    if header:
        add(delimiter.join(encode(name, delimiter, quotes, rng) for name in names))
    for i in range(rows):
        cells = []
        for j in range(cols):
            if j in words:
                text = word_text(rng, delimiter, quotes) if rng.random() < 0.8 else rng.choice(["", "NA"])
                text = text.strip() if cols == 1 else text
            else:
                text = number_text(rng, decimal)
                text = rng.choice(["", "", "", " ", "  "]) + text + rng.choice(["", "", " "])
                if delimiter == "\t" or quotes and rng.random() < 0.1:
                    text = text.strip()
            text = text.replace(comment, "") if comment else text
            if j in words:
                text = encode(text, delimiter, quotes, rng)
            elif quotes and text == text.strip() and (delimiter in text or rng.random() < 0.1):
                text = '"' + text + '"'
            cells.append(text)
        line = delimiter.join(cells)
        if cols == 1 and is_blank(line):
            line = '""' if quotes else "0"
        add(line)
        if rng.random() < 0.05:
            add(rng.choice(["", "  ", " \t " if delimiter != "\t" else " "]))
        if comment and rng.random() < 0.05:
            full.append(rng.choice(["", " "]) + comment + ' a comment, with 5" in it' + line_end)
    if full and rng.random() < 0.4:  # no newline at the end
        full[-1] = full[-1].rstrip("\r\n") if not full[-1].endswith('"') else full[-1]
    start = [] if skip == 0 else [line_end, 'not a, "row" at all' + line_end][:skip]
    bom = "\ufeff" if rng.random() < 0.2 else ""
    text = bom + "".join(start + full)

    reader = csv.reader("".join(plain).splitlines(keepends=True), delimiter=delimiter,
                        **({"quotechar": '"'} if quotes else {"quoting": csv.QUOTE_NONE}))
    # splitlines() would also cut at other characters, which the words do not hold
    table = [row for row in reader if row and not (len(row) == 1 and row[0] != "" and is_blank(row[0]))]
    found = table.pop(0) if header else ["%d" % j for j in range(cols)]
    assert len(table) == rows, (len(table), rows)
    categories = {}
    for j in words:
        categories[found[j]] = sorted({row[j] for row in table} - MISSING, key=lambda s: s.encode())
    values = []
    for row in table:
        assert len(row) == cols, row
        for j, cell in enumerate(row):
            if j in words:
                values.append(math.nan if cell in MISSING else float(categories[found[j]].index(cell)))
                continue
            cell = cell.strip(" \t")
            value = math.nan if cell in MISSING else WORDS.get(cell)
            values.append(float(cell.replace(decimal, ".")) if value is None else value)
    options = {"delimiter": delimiter, "quote": '"' if quotes else "", "header": header, "comment": comment,
               "skip_rows": len(start), "decimal": decimal, "names": found, "categories": categories, "rows": rows}
    return text, options, values


def make(folder):
    rng = random.Random(20240607)
    for k in range(CASES):
        text, options, values = make_case(rng)
        data = text.encode()
        name = folder / ("case_%d" % k)
        name.with_suffix(".csv").write_bytes(data)
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(4)))
        members = [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]
        packed = [gzip.compress(member, rng.choice([1, 6, 9]), mtime=0) for member in members]
        name.with_suffix(".csv.gz").write_bytes(b"".join(packed))
        name.with_suffix(".json").write_text(json.dumps(options))
        name.with_suffix(".bin").write_bytes(struct.pack("<%dd" % len(values), *values))
    # A text that is larger than several access points and stretches, hard to compress.
    lines = ["a,b,c"]
    values = []
    for i in range(60000):
        row = [rng.gauss(0, 1), float(rng.randrange(-1000, 1000)), rng.random() * 10.0 ** rng.randrange(-5, 6)]
        values += row
        lines.append("%s,%d,%s" % (repr(row[0]), row[1], repr(row[2])))
    data = ("\n".join(lines) + "\n").encode()
    (folder / "large.csv").write_bytes(data)
    packed = [gzip.compress(data[:700000], 6, mtime=0), gzip.compress(data[700000:], 1, mtime=0), bytes(100)]
    (folder / "large.csv.gz").write_bytes(b"".join(packed))
    (folder / "large.bin").write_bytes(struct.pack("<%dd" % len(values), *values))


def check(folder):
    """Each written file: a header, then columns of floats; the same values as float64 in the .bin."""
    checked = 0
    for path in sorted(folder.glob("written_*.csv*")):
        want = path.with_name(path.name.split(".")[0] + ".bin").read_bytes()
        with (gzip.open(path, "rt", newline="") if path.suffix == ".gz" else open(path, newline="")) as file:
            rows = list(csv.reader(file))
        meta = json.loads(path.with_name(path.name.split(".")[0] + ".json").read_text())
        assert rows[0] == meta["names"], (path, rows[0], meta["names"])
        for row in rows[1:]:
            assert len(row) == len(meta["names"]), (path, row)
        kinds = meta["kinds"]
        got = b""
        for row in rows[1:]:
            for cell, kind in zip(row, kinds):
                if kind == "q":
                    assert str(int(cell)) == cell
                    got += struct.pack("<q", int(cell))
                elif kind == "?":
                    got += struct.pack("<q", {"True": 1, "False": 0}[cell])
                else:
                    value = math.nan if cell == meta["missing"] else float(cell)
                    if kind == "f":  # the shortest text of a float: what a float reads from it
                        value = struct.unpack("<f", struct.pack("<f", value))[0]
                    got += struct.pack("<d", value)
        same = len(got) == len(want)
        for i in range(0, len(want), 8):
            if not same:
                break
            a, b = got[i:i + 8], want[i:i + 8]
            same = a == b or (kinds[i // 8 % len(kinds)] in "df" and math.isnan(struct.unpack("<d", a)[0])
                              and math.isnan(struct.unpack("<d", b)[0]))
        assert same, path
        checked += 1
    assert checked > 0, "no files to check"


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
