#!/usr/bin/env python3
"""Compiles kernels/*.cu and reports what ptxas says about every kernel.

Exit status 1 if a kernel does not compile without warnings, spills registers, takes more
registers than --max-registers, or more stack than --max-stack (an array that lives in local memory
because it is indexed at run time; the device's own sin and cos take 40 bytes).
"""

import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

Kernel = collections.namedtuple("Kernel", "name architecture registers stack shared spills")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--architectures", default="80,90a", help="compute capabilities, a,b,c")
    parser.add_argument("--max-registers", type=int, default=128)
    parser.add_argument("--max-stack", type=int, default=64, help="bytes a thread")
    parser.add_argument("--verbose", action="store_true", help="list every kernel")
    parser.add_argument("sources", nargs="*", type=pathlib.Path, help="default: kernels/*.cu")
    return parser.parse_args()


def compile_source(nvcc, architectures, source, out):
    """Runs nvcc for the device alone; returns its exit status and what it and ptxas wrote."""
    targets = [f"-gencode=arch=compute_{a},code=sm_{a}" for a in architectures]
    command = [nvcc, "-std=c++20", "-O3", *targets, "-Xptxas", "-v", "-Werror", "all-warnings",
               f"-I{ROOT}/include", f"-I{ROOT}", "-fatbin", str(source),
               "-o", str(pathlib.Path(out) / (source.stem + ".fatbin"))]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def readable(text):
    """The text with C++ names demangled, where the machine can."""
    if shutil.which("c++filt") is None:
        return text
    return subprocess.run(["c++filt"], input=text, stdout=subprocess.PIPE, text=True).stdout


def parse(text):
    """The kernels in ptxas' report: a line that names one, then its stack and its registers."""
    kernels = []
    name = architecture = stack = spills = None
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(.*)' for 'sm_(\w+)'", line):
            name, architecture = match.groups()
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, "
                                r"(\d+) bytes spill loads", line):
            stack, spills = int(match[1]), int(match[2]) + int(match[3])
        elif match := re.search(r"Used (\d+) registers", line):
            shared = re.search(r"(\d+) bytes smem", line)
            kernels.append(Kernel(name, architecture, int(match[1]), stack,
                                  int(shared[1]) if shared else 0, spills))
    return kernels


def short(name):
    """Function and template arguments of a demangled kernel."""
    name = name.replace("(anonymous namespace)::", "").replace("plaquette::cuda::", "")
    return re.sub(r"^void ", "", name).split("(")[0]


def main():
    options = arguments()
    sources = options.sources or sorted((ROOT / "kernels").glob("*.cu"))
    failures = []
    total = 0
    with tempfile.TemporaryDirectory() as out:
        for source in sources:
            status, text = compile_source(options.nvcc, options.architectures.split(","), source,
                                          out)
            if status != 0:
                failures.append(f"{source.name} does not compile:\n{text}")
                continue
            kernels = parse(readable(text))
            if not kernels:
                failures.append(f"{source.name}: ptxas reported no kernel")
            total += len(kernels)
            for kernel in kernels:
                line = (f"{source.name:24} sm_{kernel.architecture:4} "
                        f"{kernel.registers:4} registers {kernel.shared:6} B shared "
                        f"{kernel.stack:4} B stack {kernel.spills:4} B spilled  "
                        f"{short(kernel.name)}")
                if options.verbose:
                    print(line)
                if (kernel.spills > 0 or kernel.registers > options.max_registers
                        or kernel.stack > options.max_stack):
                    failures.append(line)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{total} kernels in {len(sources)} files, {len(failures)} failures")
    return 1 if failures or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
