#!/usr/bin/env python3
"""Checks that every #include points down the layers of the architecture.

usage: check_layers.py ROOT        exit status 1 and one line per violation
       check_layers.py --self-test proves that violations are found, and only those
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
    "kernels": MODEL | {"kernels", "simt"},  # simt: the executor that stands in for CUDA in tests
    "network": BACKEND | {"network"},
    "cpu": BACKEND | {"network", "cpu"},
    "cuda": BACKEND | {"network", "cuda", "kernels"},
    "exact": MODEL | {"exact"},
    "vmc": VMC,
    "io": VMC | {"io"},
    "apps": VMC | {"io", "exact", "apps", "build_info"},
    "reference": {"reference"},
}
# The one place where backends are chosen.
REGISTRY = "src/backend/registry.cpp"
THIRD_PARTY = {
    "base": (), "physics": (), "model": (), "backend": (), "network": (),
    "kernels": ("cuda_", "cub/"),
    "cpu": ("cblas.h", "omp.h", "immintrin.h"),
    "cuda": ("cuda_", "cublas", "cusolver", "cub/", "nvtx3/"),
    "exact": ("Eigen/", "Spectra/", "omp.h"),
    "vmc": ("fmt/",),
    "io": ("fmt/", "nlohmann/", "toml++/", "hdf5.h"),
    "apps": ("fmt/", "nlohmann/", "CLI/"),
    "reference": (),
}
SYSTEM = {"unistd.h", "fcntl.h", "sys/file.h", "sys/stat.h", "sys/sysmacros.h"}
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
    return parts[0] if len(parts) > 1 else layer  # a bare name is a neighbour in the same folder


def violation(path, layer, quote, name):
    if layer not in ALLOWED:
        return f"{layer} is no layer; say in tools/check_layers.py what it may include"
    if name.startswith(THIRD_PARTY[layer]):
        return None
    if quote == "<":
        standard = "/" not in name and "." not in name
        if standard or name in SYSTEM and layer in {"cpu", "io", "apps"}:
            return None
        return f"{layer} may not use <{name}>"
    target = layer_of_include(name, layer)
    allowed = ALLOWED[layer] | ({"cpu", "cuda"} if path.as_posix() == REGISTRY else set())
    if layer == "backend" and path.parts[0] == "src":
        allowed = allowed | {"network"}
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
        "include/plaquette/physics/upwards.hpp": '#include "plaquette/vmc/job.hpp"',
        "include/plaquette/model/in_brackets.hpp": "#include <plaquette/io/words.hpp>",
        "include/plaquette/novelty/unknown.hpp": "#include <vector>",
        "kernels/backend.cu": '#include "cuda/stream.hpp"',
        "src/cpu/sibling.cpp": '#include "cuda/stream.hpp"',
        "src/cuda/sibling.cpp": '#include "cpu/layers.hpp"',
        "src/backend/memory_plan.cpp": '#include "cpu/cpu_backend.hpp"',
        "src/vmc/backend.cpp": '  #  include "cpu/cpu_backend.hpp"',
        "src/vmc/toolkit.cpp": "#include <cuda_runtime.h>",
        "src/vmc/climbing.cpp": '#include "../io/checkpoint.hpp"',
        "src/vmc/conditional.cpp": "#ifdef PLAQUETTE_HAVE_CUDA",
        "tests/reference/shared.cpp": '#include "plaquette/base/philox.hpp"',
        "tests/reference/library.cpp": "#include <Eigen/Dense>",
    }
    good = {
        REGISTRY: '#ifdef PLAQUETTE_HAVE_CUDA\n#include "cuda/cuda_backend.hpp"\n#endif',
        "src/vmc/sampler.cpp": '#include "plaquette/backend/backend.hpp"\n#include <vector>',
        "src/cuda/stream.cpp": '#include <cuda_runtime.h>\n#include "kernels/stream.h"',
        "tests/reference/network.cpp": '#include "network.hpp"\n#include <vector>',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in (bad | good).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n")
        blamed = {line.split(":")[0] for line in check(root)}
    return ([f"the violation in {name} was not found" for name in bad.keys() - blamed] +
            [f"{name} was blamed without cause" for name in good.keys() & blamed])


def main():
    if sys.argv[1:] == ["--self-test"]:
        found = self_test()
    elif len(sys.argv) == 2:
        found = check(pathlib.Path(sys.argv[1]))
    else:
        found = [__doc__.strip()]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
