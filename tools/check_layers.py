#!/usr/bin/env python3
"""Checks that every #include points down the layers of the architecture.

usage: check_layers.py ROOT        exit status 1 and one line per violation
       check_layers.py --self-test proves that a violation is found
"""
import pathlib
import re
import sys
import tempfile

# What each layer may include besides itself and the standard library.
BASE = {"base"}
MODEL = BASE | {"physics", "model"}
BACKEND = MODEL | {"backend"}
VMC = BACKEND | {"vmc"}
ALLOWED = {
    "base": BASE,
    "physics": BASE | {"physics"},
    "model": MODEL,
    "backend": BACKEND,
    "kernels": MODEL | {"kernels"},
    "cpu": BACKEND | {"cpu"},
    "cuda": BACKEND | {"cuda", "kernels"},
    "exact": MODEL | {"exact"},
    "vmc": VMC,
    "io": VMC | {"io"},
    "apps": VMC | {"io", "exact", "apps", "build_info"},
    "reference": {"reference"},
}
# The one place where backends are chosen.
REGISTRY = "src/backend/registry.cpp"
THIRD_PARTY = {
    "base": (), "physics": (), "model": (), "backend": (),
    "kernels": ("cuda",),
    "cpu": ("cblas.h", "omp.h"),
    "cuda": ("cuda", "cublas", "cusolver", "cub/", "nvtx3/"),
    "exact": ("Eigen/", "Spectra/", "omp.h"),
    "vmc": ("fmt/",),
    "io": ("fmt/", "nlohmann/", "hdf5.h"),
    "apps": ("fmt/", "nlohmann/", "CLI/"),
    "reference": (),
}
SYSTEM = {"unistd.h", "fcntl.h", "sys/stat.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".hpp", ".cpp", ".h", ".cu", ".cuh"}


def layer_of_file(path):
    parts = path.parts
    if parts[:2] == ("include", "plaquette"):
        return parts[2]
    if parts[0] == "src":
        return parts[1]
    if parts[:2] == ("tests", "reference"):
        return "reference"
    return {"kernels": "kernels", "apps": "apps"}.get(parts[0])


def layer_of_include(name, layer):
    parts = pathlib.PurePosixPath(name).parts
    if parts[0] == "plaquette":
        return pathlib.PurePosixPath(parts[1]).stem if len(parts) == 2 else parts[1]
    if len(parts) > 1 and parts[0] in ALLOWED:
        return parts[0]
    return layer  # a neighbour in the same folder


def violation(path, layer, quote, name):
    if quote == "<" or any(name.startswith(prefix) for prefix in THIRD_PARTY[layer]):
        standard = "/" not in name and "." not in name
        if standard or name in SYSTEM and layer in {"cpu", "io", "apps"}:
            return None
        if any(name.startswith(prefix) for prefix in THIRD_PARTY[layer]):
            return None
        return f"{layer} may not use <{name}>"
    target = layer_of_include(name, layer)
    allowed = ALLOWED[layer] | ({"cpu", "cuda"} if path.as_posix() == REGISTRY else set())
    return None if target in allowed else f"{layer} may not include {target} ({name})"


def check(root):
    found = []
    for folder in ("include", "src", "kernels", "apps", "tests/reference"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SOURCES:
                continue
            path = file.relative_to(root)
            layer = layer_of_file(path)
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if "PLAQUETTE_HAVE_CUDA" in line and path.as_posix() != REGISTRY:
                    found.append(f"{path}:{number}: only {REGISTRY} may ask for PLAQUETTE_HAVE_CUDA")
                match = INCLUDE.match(line)
                problem = match and violation(path, layer, *match.groups())
                if problem:
                    found.append(f"{path}:{number}: {problem}")
    return found


def self_test():
    bad = {
        "include/plaquette/physics/a.hpp": '#include "plaquette/vmc/job.hpp"\n',
        "src/cpu/b.cpp": '#include "cuda/stream.hpp"\n',
        "src/vmc/c.cpp": "#include <cuda_runtime.h>\n",
        "tests/reference/d.cpp": '#include "plaquette/base/philox.hpp"\n',
        "src/vmc/e.cpp": "#ifdef PLAQUETTE_HAVE_CUDA\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in bad.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found = check(root)
    return [name for name in bad if not any(line.startswith(name) for line in found)]


def main():
    if sys.argv[1:] == ["--self-test"]:
        missed = self_test()
        for name in missed:
            print(f"the violation in {name} was not found")
        return 1 if missed else 0
    found = check(pathlib.Path(sys.argv[1]))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
