#!/usr/bin/env python3
"""Compares what ptxas gives every kernel with a committed table.

The build leaves ptxas' report beside each object (OBJECT.ptxas). Exit status 1 if a kernel spills
registers, takes more registers or stack than the table says, keeps fewer warps on a
multiprocessor, or is not in the table. Dynamic shared memory is not counted: it depends on the job.
"""

import argparse
import collections
import math
import pathlib
import re
import shutil
import subprocess
import sys

import tool_errors

Kernel = collections.namedtuple("Kernel", "architecture name registers stack shared spills")
Entry = collections.namedtuple("Entry", "threads registers stack shared warps")

# Of a multiprocessor: CUDA C++ programming guide, compute capabilities 8.0 and 9.0.
WARPS, BLOCKS, REGISTERS = 64, 32, 65536
SHARED = {"80": 164 * 1024, "90": 228 * 1024}
RESERVED_SHARED = 1024  # of a block, by the system
DEFAULT_THREADS = 256  # of a new kernel in --update; the table's own column is edited by hand


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("objects", type=pathlib.Path, help="folder with *.ptxas")
    parser.add_argument("--table", type=pathlib.Path, required=True)
    parser.add_argument("--update", action="store_true",
                        help="write the table; it keeps the threads of kernels it knows")
    return parser.parse_args()


def readable(text):
    """The text with C++ names demangled."""
    if shutil.which("c++filt") is None:
        raise tool_errors.BadInput("no c++filt here: install binutils")
    return subprocess.run(["c++filt"], input=text, stdout=subprocess.PIPE, text=True).stdout


def short(name):
    """Function and template arguments of a demangled kernel."""
    name = name.replace("(anonymous namespace)::", "").replace("plaquette::cuda::", "")
    return re.sub(r"^void ", "", name).split("(")[0].replace(", ", ",")


def parse(text):
    """The kernels in ptxas' report: a line that names one, then its stack and its registers."""
    kernels = []
    name = architecture = stack = spills = None
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(.*)' for 'sm_(\d+)", line):
            name, architecture = short(match[1]), match[2]
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, "
                                r"(\d+) bytes spill loads", line):
            stack, spills = int(match[1]), int(match[2]) + int(match[3])
        elif match := re.search(r"Used (\d+) registers", line):
            shared = re.search(r"(\d+) bytes smem", line)
            kernels.append(Kernel(architecture, name, int(match[1]), stack,
                                  int(shared[1]) if shared else 0, spills))
    return kernels


def resident_warps(kernel, threads):
    """Warps that a multiprocessor holds at once: registers go to warps by 256, four warps at a
    time; shared memory to blocks by 128 bytes."""
    warps = math.ceil(threads / 32)
    by_registers = REGISTERS // (math.ceil(kernel.registers / 8) * 8 * 32) // 4 * 4
    shared = math.ceil((kernel.shared + RESERVED_SHARED) / 128) * 128
    blocks = min(BLOCKS, WARPS // warps, by_registers // warps,
                 SHARED[kernel.architecture] // shared)
    return blocks * warps


def read_table(path):
    table = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            architecture, name, *numbers = line.split()
            table[architecture, name] = Entry(*map(int, numbers))
    return table


def write_table(path, kernels, table):
    threads = {name: entry.threads for (_, name), entry in table.items()}
    lines = ["# What ptxas gives every kernel, and warps resident on a multiprocessor.",
             "# tools/check_spills.py --update writes it; threads a block are edited by hand.",
             f"# sm {'kernel':56} threads registers stack shared warps"]
    for kernel in sorted(kernels):
        count = threads.get(kernel.name, DEFAULT_THREADS)
        lines.append(f"{kernel.architecture:4} {kernel.name:56} {count:7} {kernel.registers:9} "
                     f"{kernel.stack:5} {kernel.shared:6} {resident_warps(kernel, count):5}")
    path.write_text("\n".join(lines) + "\n")


def complaint(kernel, table):
    """What is wrong with a kernel; None where it is as good as the table."""
    entry = table.get((kernel.architecture, kernel.name))
    if kernel.spills > 0:
        return f"{kernel.spills} bytes of registers are spilled"
    if entry is None:
        return "is not in the table"
    if kernel.registers > entry.registers:
        return f"{kernel.registers} registers, the table has {entry.registers}"
    if kernel.stack > entry.stack:
        return f"{kernel.stack} bytes of stack, the table has {entry.stack}"
    warps = resident_warps(kernel, entry.threads)
    if warps < entry.warps:
        return f"{warps} resident warps, the table has {entry.warps}"
    return None


def main():
    options = arguments()
    reports = sorted(options.objects.glob("*.ptxas"))
    kernels = parse(readable("".join(report.read_text() for report in reports)))
    kernels = [kernel for kernel in kernels if kernel.architecture in SHARED]
    if not kernels:
        raise tool_errors.BadInput(f"{options.objects}: no report of kernels for sm_80 or sm_90; "
                                   "build plaquette_kernels first")
    table = read_table(options.table)
    if options.update:
        write_table(options.table, kernels, table)
        return 0
    failures = 0
    for kernel in kernels:
        if text := complaint(kernel, table):
            failures += 1
            print(f"sm_{kernel.architecture} {kernel.name}: {text}", file=sys.stderr)
    print(f"{len(kernels)} kernels in {len(reports)} files, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except tool_errors.BadInput as error:
        print(f"check_spills.py: {error}", file=sys.stderr)
        sys.exit(2)
