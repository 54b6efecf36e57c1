#!/usr/bin/env python3
"""Checks the order of the headers: check_layers.py ROOT, or check_layers.py --self-test

A header includes only lower floors and its own folder; each third-party library stays in its folders; include guards
follow the path. Prints every violation as file:line and exits with 1 if there is any.
"""

import pathlib
import re
import sys
import tempfile

# A folder and the header of the same name beside it (pipeline/, pipeline.hpp) are one unit.
FLOORS = {
    "core": 0,
    "exec": 1, "kernels": 1,
    "array": 2,
    "interop": 3, "io": 3, "diagnostics": 3,
    "estimator": 4,
    "preprocessing": 5, "linear_model": 5, "neural_network": 5, "cluster": 5, "metrics": 5, "decomposition": 5,
    "naive_bayes": 5, "datasets": 5, "model_selection": 5,
    "wrappers": 6,
    "pipeline": 7, "persistence": 7,
}
UMBRELLA = "blockfit/blockfit.hpp"
VERSION = "blockfit/version.hpp"

# (what it is, which includes are meant, which headers under include/ may have them)
RESTRICTED = [
    ("oneTBB", r"(oneapi/)?tbb(/|\.h$)", r"blockfit/exec/"),
    ("HDF5", r"(hdf5(_hl)?|H5\w+)\.h(pp)?$", r"blockfit/io/hdf5"),
    ("xtensor", r"(xtensor|xtl|xsimd)/", r"blockfit/interop/"),
    ("Eigen", r"(unsupported/)?Eigen/", r"blockfit/(interop|kernels)/"),
    ("<iostream>", r"iostream$", None),
    ("<regex>", r"regex$", None),
    ("<filesystem>", r"filesystem$", None),
]
STANDARD_ONLY = ("core", "array")


def unit_of(header):
    return header.split("/")[1].removesuffix(".hpp")


def without_comments(text):
    """The text with comments blanked; line numbers stay. Strings are kept, they may hold `//`."""
    pattern = r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/'
    return re.sub(pattern, lambda m: m[0] if m[0][0] == '"' else "\n" * m[0].count("\n"), text, flags=re.DOTALL)


def check_include(header, target, exists):
    """Yields what is wrong with `#include <target>` in header; both are paths below include/."""
    for name, pattern, allowed in RESTRICTED:
        if re.match(pattern, target) and not (allowed and re.match(allowed, header)):
            yield f"{name} is not allowed here"
            return
    if not target.startswith("blockfit/"):
        if unit_of(header) in STANDARD_ONLY and re.search(r"[/.]", target):
            yield f"{unit_of(header)} includes only the standard library, found <{target}>"
        return
    if not exists(target):
        yield f"no such header: {target}"
    elif target == UMBRELLA:
        yield "the umbrella header is for users"
    elif header == UMBRELLA:
        if unit_of(target) == "interop":
            yield "the umbrella header leaves interop out: its libraries are the user's"
    elif header != VERSION and target != VERSION:
        own, other = unit_of(header), unit_of(target)
        if own != other and FLOORS.get(own, -1) <= FLOORS.get(other, -1):
            yield f"{own} (floor {FLOORS[own]}) includes {target} (floor {FLOORS[other]})"


def check_guard(header, directives):
    guard = re.sub(r"[^A-Z0-9]", "_", header.upper())
    wanted = [f"ifndef {guard}", f"define {guard}"]
    if [text for _, text in directives[:2]] != wanted or directives[-1][1] != "endif":
        yield (directives[0][0] if directives else 1), f"expected the include guard {guard} around everything"


def check_header(root, path):
    """Yields (line, message)."""
    header = path.relative_to(root / "include").as_posix()
    if path.suffix != ".hpp":
        yield 1, "headers end in .hpp"
        return
    if header not in (UMBRELLA, VERSION) and unit_of(header) not in FLOORS:
        yield 1, f"{unit_of(header)} has no floor; give it one in check_layers.py"
        return
    text = without_comments(path.read_text(encoding="utf-8"))
    directives = []
    for number, line in enumerate(text.splitlines(), start=1):
        directive = re.match(r"\s*#\s*(.*\S)", line)
        if not directive:
            continue
        directives.append((number, " ".join(directive[1].split())))
        include = re.match(r'include\s*(?:<([^>]+)>|"([^"]+)")', directive[1])
        if include and include[2]:
            yield number, "write includes with <> and the path from blockfit/ on"
        elif include:
            exists = lambda target: (root / "include" / target).is_file()
            yield from ((number, message) for message in check_include(header, include[1], exists))
    yield from check_guard(header, directives)


def violations(root):
    for path in sorted((root / "include").rglob("*")):
        if path.is_file():
            for line, message in check_header(root, path):
                yield f"{path.relative_to(root)}:{line}: {message}"


def self_test():
    """Plants one violation of each kind; the texts are what must be reported."""
    def guarded(name, *lines):
        guard = re.sub(r"[^A-Z0-9]", "_", f"BLOCKFIT/{name}".upper())
        return "\n".join([f"#ifndef {guard}", f"#define {guard}", *lines, "#endif", ""])

    clean = {
        "core/a.hpp": guarded("core/a.hpp", "#include <vector>"),
        "core/b.hpp": guarded("core/b.hpp", "#include <blockfit/core/a.hpp>"),
        "exec/a.hpp": guarded("exec/a.hpp", "#include <oneapi/tbb/info.h>", "#include <blockfit/core/a.hpp>"),
        "array/a.hpp": guarded("array/a.hpp", "#include <blockfit/exec/a.hpp>"),
        "interop/a.hpp": guarded("interop/a.hpp", "#include <xtensor/xarray.hpp>", "#include <Eigen/Core>"),
        "io/hdf5/a.hpp": guarded("io/hdf5/a.hpp", "#include <hdf5.h>"),
        "io/hdf5.hpp": guarded("io/hdf5.hpp", "#include <H5public.h>", "#include <blockfit/io/hdf5/a.hpp>"),
        "kernels/a.hpp": guarded("kernels/a.hpp", "#include <Eigen/Core>", "// #include <iostream>",
                                 "/*", "#include <regex>", "*/", 'const char* url = "file://*";'),
        "estimator.hpp": guarded("estimator.hpp", "#include <blockfit/kernels/a.hpp>"),
        "pipeline.hpp": guarded("pipeline.hpp", "#include <blockfit/estimator.hpp>",
                                "#include <blockfit/version.hpp>"),
        "pipeline/a.hpp": guarded("pipeline/a.hpp", "#include <blockfit/pipeline.hpp>"),
        "version.hpp": "/* first */\n" + guarded("version.hpp"),
        "blockfit.hpp": guarded("blockfit.hpp", "#include <blockfit/pipeline.hpp>"),
    }
    planted = {
        "core/up.hpp": (guarded("core/up.hpp", "#include <blockfit/exec/a.hpp>"), 3, "core (floor 0) includes"),
        "kernels/side.hpp": (guarded("kernels/side.hpp", "", "#  include  <blockfit/io/hdf5.hpp>"), 4,
                             "kernels (floor 1) includes"),
        "estimator/up.hpp": (guarded("estimator/up.hpp", "#include <blockfit/pipeline.hpp>"), 3,
                             "estimator (floor 4) includes"),
        "array/tbb.hpp": (guarded("array/tbb.hpp", "#include <tbb/task.h>"), 3, "oneTBB is not allowed"),
        "io/csv.hpp": (guarded("io/csv.hpp", "#include <hdf5.h>"), 3, "HDF5 is not allowed"),
        "exec/hdf5.hpp": (guarded("exec/hdf5.hpp", "#include <H5Dpublic.h>"), 3, "HDF5 is not allowed"),
        "kernels/xt.hpp": (guarded("kernels/xt.hpp", "#include <xtensor/xview.hpp>"), 3, "xtensor is not allowed"),
        "wrappers/eigen.hpp": (guarded("wrappers/eigen.hpp", "#include <Eigen/Dense>"), 3, "Eigen is not allowed"),
        "core/posix.hpp": (guarded("core/posix.hpp", "#include <unistd.h>"), 3, "only the standard library"),
        "io/out.hpp": (guarded("io/out.hpp", "/* a", "b */ #include <iostream>"), 4, "<iostream> is not allowed"),
        "io/re.hpp": (guarded("io/re.hpp", "#include <regex>"), 3, "<regex> is not allowed"),
        "io/fs.hpp": (guarded("io/fs.hpp", "#include <filesystem>"), 3, "<filesystem> is not allowed"),
        "cluster/quote.hpp": (guarded("cluster/quote.hpp", '#include "k.hpp"'), 3, "write includes with <>"),
        "cluster/gone.hpp": (guarded("cluster/gone.hpp", "#include <blockfit/core/z.hpp>"), 3, "no such header"),
        "cluster/all.hpp": (guarded("cluster/all.hpp", "#include <blockfit/blockfit.hpp>"), 3, "is for users"),
        "metrics/guard.hpp": (guarded("metrics/other.hpp"), 1, "include guard BLOCKFIT_METRICS_GUARD_HPP"),
        "metrics/once.hpp": ("#pragma once\n", 1, "include guard BLOCKFIT_METRICS_ONCE_HPP"),
        "metrics/bare.hpp": ("", 1, "include guard BLOCKFIT_METRICS_BARE_HPP"),
        "metrics/tail.hpp": (guarded("metrics/tail.hpp") + "#define TAIL\n", 1, "BLOCKFIT_METRICS_TAIL_HPP"),
        "misc/a.hpp": (guarded("misc/a.hpp"), 1, "misc has no floor"),
        "core/a.h": ("", 1, "headers end in .hpp"),
        "blockfit.hpp": (guarded("blockfit.hpp", "#include <blockfit/interop/a.hpp>"), 3, "leaves interop out"),
    }

    def found(files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                path = root / "include" / "blockfit" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(violations(root))

    errors = [f"reported in clean headers: {line}" for line in found(clean)]
    for name, (text, line, message) in planted.items():
        reported = found({**clean, name: text})
        place = f"include/blockfit/{name}:{line}: "
        if len(reported) != 1 or not reported[0].startswith(place) or message not in reported[0]:
            errors.append(f"planted '{place}... {message} ...', reported {reported}")
    return errors


def main(argument):
    problems = self_test() if argument == "--self-test" else list(violations(pathlib.Path(argument)))
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
