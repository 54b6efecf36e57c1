#!/usr/bin/env python3
"""Checks that code in the docs is code that compiles: check_snippets.py ROOT, or check_snippets.py --self-test

Each ```cpp block of README.md and docs/**/*.md follows a line `<!-- snippet: examples/FILE.cpp NAME -->` and equals,
after removing common indentation and trailing spaces, what stands between the two `//! [NAME]` lines of that file.
"""

import difflib
import pathlib
import re
import sys
import tempfile
import textwrap

MARKER = re.compile(r"\s*<!-- snippet: (examples/\S+\.cpp) (\S+) -->\s*$")
FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([^`\s]*)")
MARK = re.compile(r"\s*//! \[(.+)\]\s*$")
CPP = {"cpp", "c++", "cc", "cxx", "hpp"}


def normalized(lines):
    text = textwrap.dedent("\n".join(line.rstrip() for line in lines))
    return text.strip("\n").splitlines()


def code_between_marks(file, name):
    """The lines of the example, without marks of other snippets inside; None if the two marks are not there."""
    lines = file.read_text(encoding="utf-8").splitlines()
    marks = [i for i, line in enumerate(lines) if (m := MARK.match(line)) and m[1] == name]
    if len(marks) != 2:
        return None
    return normalized(line for line in lines[marks[0] + 1:marks[1]] if not MARK.match(line))


def blocks(lines):
    """Yields (line number of the opening fence, language, code lines, line before the fence)."""
    opening = None
    for i, line in enumerate(lines):
        fence = FENCE.match(line)
        if opening is None:
            if fence:
                opening, mark, language = i, fence[1], fence[2]
        elif fence and not fence[2] and fence[1].startswith(mark):
            yield opening + 1, language, lines[opening + 1:i], lines[opening - 1] if opening else ""
            opening = None
    if opening is not None:
        yield opening + 1, "unclosed", [], ""


def check_page(root, page):
    for number, language, code, before in blocks(page.read_text(encoding="utf-8").splitlines()):
        place = f"{page.relative_to(root)}:{number}"
        if language == "unclosed":
            yield f"{place}: the block is not closed"
        if language.lower() not in CPP:
            continue
        marker = MARKER.match(before)
        if not marker:
            yield f"{place}: C++ without a line '<!-- snippet: examples/FILE.cpp NAME -->' before it"
            continue
        file, name = root / marker[1], marker[2]
        wanted = code_between_marks(file, name) if file.is_file() else None
        if wanted is None:
            yield f"{place}: {marker[1]} has no pair of lines '//! [{name}]'"
        elif normalized(code) != wanted:
            difference = difflib.unified_diff(wanted, normalized(code), marker[1], place, lineterm="")
            yield "\n".join([f"{place}: differs from [{name}] of {marker[1]}", *difference])


def violations(root):
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        if page.is_file():
            yield from check_page(root, page)


def self_test():
    example = "int main() {\n    //! [all]\n    f();\n    //! [part]\n    if (x)\n        g();  \n    //! [part]\n    //! [all]\n}\n"
    fenced = "```cpp\n{}\n```\n".format
    marker = "<!-- snippet: examples/a.cpp {} -->\n".format
    cases = [  # page, what must be reported (None: nothing)
        (marker("part") + fenced("if (x)\n    g();"), None),
        (marker("all") + fenced("f();\nif (x)\n    g();"), None),
        ("```sh\nninja\n```\n" + "````text\n" + fenced("shown, not code") + "````\n", None),
        (fenced("f();"), "docs/page.md:1: C++ without a line"),
        (marker("all") + "\n" + fenced("f();"), "docs/page.md:3: C++ without a line"),
        ("```c++\nf();\n```\n", "docs/page.md:1: C++ without a line"),
        (marker("part") + fenced("if (x)\n  g();"), "docs/page.md:2: differs from [part]"),
        (marker("none") + fenced("f();"), "has no pair of lines '//! [none]'"),
        (marker("part").replace("a.cpp", "b.cpp") + fenced("f();"), "examples/b.cpp has no pair"),
        ("```cpp\nf();\n", "docs/page.md:1: the block is not closed"),
    ]
    errors = []
    for page, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (("examples/a.cpp", example), ("docs/page.md", page)):
                (root / name).parent.mkdir(parents=True)
                (root / name).write_text(text, encoding="utf-8")
            reported = list(violations(root))
        if not reported if expected is None else len(reported) == 1 and expected in reported[0]:
            continue
        errors.append(f"expected {expected!r}, reported {reported} for:\n{page}")
    return errors


def main(argument):
    problems = self_test() if argument == "--self-test" else list(violations(pathlib.Path(argument)))
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
