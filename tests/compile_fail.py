#!/usr/bin/env python3
"""Checks one file of tests/compile_fail: compile_fail.py FILE COMPILER [FLAG...]

The file must not compile, and the compiler must say every text that a `// EXPECT: text` line of the file asks for.
With -DFIXED it must compile, which shows that it fails for the reason it names and no other.
"""

import os
import re
import subprocess
import sys


def main(file, *command):
    with open(file, encoding="utf-8") as source:
        expected = re.findall(r"^\s*// EXPECT: (.*\S)", source.read(), re.MULTILINE)
    if not expected:
        return f"{file}: no line '// EXPECT: text'"

    def compile_with(*options):
        environment = os.environ | {"LC_ALL": "C"}
        return subprocess.run([*command, *options, "-fsyntax-only", file], env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    fixed = compile_with("-DFIXED")
    if fixed.returncode != 0:
        return f"{fixed.stdout}\n{file}: does not compile with -DFIXED"
    broken = compile_with()
    if broken.returncode == 0:
        return f"{file}: compiles, expected an error: {expected[0]}"
    for text in expected:
        if text not in broken.stdout:
            return f"{broken.stdout}\n{file}: the compiler did not say: {text}"
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
