#!/usr/bin/env python3
"""Checks that every public header compiles alone.

usage: check_headers.py COMPILER [FLAG...]     exit status 1 and the compiler's words if one does not

A header that a source of src/ or apps/ includes before all else has been compiled alone in the
build; the others are compiled here.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
         f"-I{ROOT}/include"]


def included_first():
    """What the sources include before all else."""
    for folder in ("src", "apps"):
        for source in (ROOT / folder).rglob("*.cpp"):
            found = re.search(r'^#include\s*[<"]([^>"]+)', source.read_text(), re.MULTILINE)
            if found:
                yield found[1]


def compile_alone(command, header):
    # From standard input: as the main file, `#pragma once` would be a warning.
    return subprocess.run([*command, "-x", "c++", "-"], input=f'#include "{header}"\n',
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    headers = {str(path.relative_to(ROOT / "include")) for path in (ROOT / "include").rglob("*.hpp")}
    rest = sorted(headers - set(included_first()))
    command = [sys.argv[1], *FLAGS, *sys.argv[2:]]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(lambda header: compile_alone(command, header), rest))
    failures = [result.stdout for result in results if result.returncode != 0]
    print("".join(failures), end="", file=sys.stderr)
    print(f"{len(headers)} headers, {len(rest)} compiled here, {len(failures)} failures")
    return 1 if failures or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
