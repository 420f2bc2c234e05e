#!/usr/bin/env python3
"""The search for a CUDA toolkit and its libraries, against made-up installations.

usage: cuda_search.py CMAKE SOURCE_DIR
"""

import os
import pathlib
import subprocess
import sys
import tempfile

LIBRARIES = {"cudart": 13, "cublas": 13, "cublasLt": 13, "cusparse": 12, "cusolver": 12}
HEADERS = ["cuda_runtime.h", "cublas_v2.h", "cusolverDn.h", "nvtx3/nvToolsExt.h"]

NVCC = """#!/bin/sh
case $1 in
  --version) echo "Cuda compilation tools, release {release}, V{release}.88" ;;
  *) echo "#\\$ TOP={top}" >&2; exit 1 ;;
esac
"""


def write(path, text="", mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def toolkit(top, libraries, headers=HEADERS, links=False, release="13.0"):
    """A toolkit with these libraries, as development links or by version alone."""
    write(top / "bin/nvcc", NVCC.format(release=release, top=top), 0o755)
    for name in libraries:
        write(top / f"lib/lib{name}.so" if links else top / f"lib/lib{name}.so.{LIBRARIES[name]}")
    for name in headers:
        write(top / "include" / name)
    return top


def python_packages(site, libraries, one_folder):
    """The nvidia-* packages: all in nvidia/cu13 (one folder), or each in its own."""
    for name in libraries:
        folder = "cu13" if one_folder else name.lower()
        write(site / f"nvidia/{folder}/lib/lib{name}.so.{LIBRARIES[name]}")
    return site


class Search:
    def __init__(self, cmake, source, scratch):
        self.cmake, self.source, self.scratch, self.count = cmake, source, scratch, 0

    def __call__(self, top, site=None):
        self.count += 1
        # Only what a search may know: no CUDA of this machine.
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("CUDA", "NVCC"))}
        environment["CUDACXX"] = str(top / "bin/nvcc")
        environment["PYTHONPATH"] = str(site) if site else ""
        done = subprocess.run(
            [self.cmake, "-G", "Ninja", f"-S{self.source}/tests/tools/cuda_search",
             f"-B{self.scratch}/build{self.count}", "-DCMAKE_CXX_COMPILER_WORKS=ON",
             "-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF",
             f"-DSEARCH={self.source}/cmake/cuda_libraries.cmake"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout


def expect(output, *texts):
    for text in texts:
        assert str(text) in output, f"no '{text}' in:\n{output}"


def main():
    cmake, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder).resolve()
        search = Search(cmake, source, scratch)

        top = toolkit(scratch / "whole", LIBRARIES, links=True)
        expect(search(top), "missing: \n", f"CUDA_cublas_LIBRARY: {top}/lib/libcublas.so\n",
               "target CUDA::cublas", "target CUDA::cusolver", "target CUDA::nvtx3")

        top = toolkit(scratch / "without links", LIBRARIES)
        expect(search(top), "missing: \n", f"CUDA_cublas_LIBRARY: {top}/lib/libcublas.so.13",
               f"CUDA_cusolver_LIBRARY: {top}/lib/libcusolver.so.12", "target CUDA::cublas",
               "target CUDA::cusolver")

        top = toolkit(scratch / "compiler alone", ["cudart"])
        for one_folder in (True, False):
            site = python_packages(scratch / f"site{one_folder}", list(LIBRARIES)[1:], one_folder)
            folder = "cu13" if one_folder else "cublas"
            expect(search(top, site), "missing: \n", "target CUDA::cusolver",
                   f"CUDA_cublas_LIBRARY: {site}/nvidia/{folder}/lib/libcublas.so.13")
        top = toolkit(scratch / "beside/nvidia/cu13", LIBRARIES)  # nvcc itself is such a package
        expect(search(top), "missing: \n", "target CUDA::cublas")

        top = toolkit(scratch / "without cusolver", set(LIBRARIES) - {"cusolver"})
        output = search(top)
        expect(output, f"missing: no libcusolver.so and no libcusolver.so.12 in {top}/lib")
        assert "PATH" not in output.split("missing:")[1], output

        top = toolkit(scratch / "without header", LIBRARIES, headers=HEADERS[:1] + HEADERS[2:])
        expect(search(top), f"missing: no cublas_v2.h in {top}/include")

        top = toolkit(scratch / "old", LIBRARIES, release="11.8")
        expect(search(top), "missing: no nvcc from version 12 on: put it on the PATH")


if __name__ == "__main__":
    main()
