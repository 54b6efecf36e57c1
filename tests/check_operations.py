#!/usr/bin/env python3
"""Checks that the operations docs/arrays.md lists are tested: check_operations.py ROOT, or check_operations.py --self-test

Each row `| `numpy` | `blockfit` |` of a table whose header says "blockfit" is an OPERATION, REDUCTION or WITHIN line of
tests/array/operations_*_test.cpp, which compares the values of both.
"""

import pathlib
import re
import sys
import tempfile

TESTED = re.compile(r'^ *(?:OPERATION\(|REDUCTION\(|WITHIN\(\d+, )R"\((.*?)\)", (.*)\);$', re.M)
ROW = re.compile(r"^\| `(.+?)` \| `(.+?)` \|")


def check(root):
    """Yields what is wrong."""
    tested = set()
    for test in (root / "tests/array").glob("operations_*_test.cpp"):
        tested |= {(numpy, blockfit.replace("bf::", "").replace("std::", "")) for numpy, blockfit in TESTED.findall(test.read_text())}
    if not tested:
        yield "tests/array: no operation is tested"
    page = root / "docs/arrays.md"
    rows, listed = 0, False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| dask.array"):
            listed = True
        elif not line.startswith("|"):
            listed = False
        row = ROW.match(line) if listed else None
        if row:
            rows += 1
            if (row[1].replace(r"\|", "|"), row[2].replace(r"\|", "|")) not in tested:
                yield f"docs/arrays.md:{number}: no test compares {row[1]} with {row[2]}"
    if not rows:
        yield "docs/arrays.md: no operation is listed"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "tests/array").mkdir(parents=True)
        (root / "docs").mkdir()
        (root / "tests/array/operations_a_test.cpp").write_text(
            '    OPERATION(R"(X + 1)", X + 1);\n    WITHIN(4, R"(da.exp(X))", bf::exp(X));\n')
        header = "| dask.array | blockfit |\n| --- | --- |\n"
        page = root / "docs/arrays.md"
        page.write_text(header + "| `X + 1` | `X + 1` |\n| `da.exp(X)` | `exp(X)` |\n\n| call | or |\n| `a` | `b` |\n")
        if list(check(root)):
            return f"refused what is right: {list(check(root))}"
        page.write_text(header + "| `X + 1` | `X + 2` |\n")
        if list(check(root)) != ["docs/arrays.md:3: no test compares X + 1 with X + 2"]:
            return f"planted an untested operation, reported {list(check(root))}"
        page.write_text("nothing\n")
        if not list(check(root)):
            return "an empty list was not noticed"
    return 0


def main(argument):
    if argument == "--self-test":
        return self_test()
    wrong = list(check(pathlib.Path(argument)))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
