#!/usr/bin/env python3
"""Runs clang-tidy over src/ and apps/, the sources of a directory together.

Most of its time goes into headers, which it then reads once a directory instead of once a file.
Sources that cannot stand together (two may give one name to different things of their own) are
parted until they can. Exit status 1 if there is a finding, or a source does not compile.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The recorded commands are GCC's: clang does not know all of its warnings by name.
EXTRA = ["-Wno-unknown-warning-option", "-Wno-everything"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path,
                        help="a configured build, whose compile_commands.json is read")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


def flags_of(entry):
    """The recorded command without compiler, source and output."""
    words = shlex.split(entry["command"])
    first = next(k for k, word in enumerate(words) if word.startswith("-"))
    words = words[first:]
    # A header that GCC has precompiled is of no use to clang, and hides an include that is missing.
    for option in ("-o", "-c", "-MF", "-MT", "-include"):
        while option in words:
            k = words.index(option)
            del words[k:k + 2]
    return tuple(word for word in words if word not in ("-MD", "-Winvalid-pch"))


def groups(build):
    """{(directory, flags): sources} of what is compiled; the first way where there are several."""
    found = collections.defaultdict(list)
    seen = set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if source in seen or not re.match(r"(src|apps)/.*\.cpp$", os.path.relpath(source, ROOT)):
            continue
        seen.add(source)
        found[(source.parent, flags_of(entry))].append(source)
    return found


def check(name, sources, flags, out):
    """What clang-tidy finds in the sources; None if there is nothing."""
    unit = out / f"{name}.cpp"
    unit.write_text("".join(f'#include "{source}"\n' for source in sources))
    compiles = subprocess.run(["clang++", *flags, *EXTRA, "-fsyntax-only", unit],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if compiles.returncode != 0:
        if len(sources) == 1:
            return compiles.stdout
        half = (len(sources) + 1) // 2
        parts = [check(f"{name}_{k}", part, flags, out)
                 for k, part in enumerate((sources[:half], sources[half:]))]
        return "".join(part for part in parts if part) or None
    # The unit's own includes are what it is for.
    done = subprocess.run(["clang-tidy", "-quiet", f"--config-file={ROOT}/.clang-tidy",
                           "--checks=-bugprone-suspicious-include", unit, "--",
                           *flags, *EXTRA],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout if done.returncode != 0 else None


def main():
    options = arguments()
    out = options.build / "tidy"
    out.mkdir(exist_ok=True)
    work = groups(options.build)
    if not work:
        print(f"{options.build}/compile_commands.json names no source of src/ or apps/",
              file=sys.stderr)
        return 1
    # The largest first.
    order = sorted(work.items(), key=lambda item: -len(item[1]))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        findings = [pool.submit(check, f"{directory.relative_to(ROOT)}_{k}".replace("/", "_"),
                                sorted(sources), flags, out)
                    for k, ((directory, flags), sources) in enumerate(order)]
        findings = [text for text in (each.result() for each in findings) if text]
    for text in findings:
        print(text, file=sys.stderr)
    print(f"clang-tidy: {sum(map(len, work.values()))} sources, "
          f"{'findings above' if findings else 'nothing found'}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
