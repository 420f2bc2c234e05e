#!/usr/bin/env python3
"""Makes a bundle of a build, unpacks it elsewhere and runs it as on a lent machine, up to the
device, which is not there: nvidia-smi is made up, and every program finds no GPU.

usage: gpu_bundle_rehearsal.py SOURCE_DIR BUILD_DIR
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

NVIDIA_SMI = """#!/bin/sh
case $1 in
  --query-gpu=name) echo "Rehearsal 100" ;;
  --query-gpu=driver_version) echo 1.0 ;;
esac
"""


def call(command, environment=None, status=0):
    done = subprocess.run(list(map(str, command)), env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def results(out):
    stages = json.loads((out / "state.json").read_text())["stages"]
    return {name: entry["result"] for name, entry in stages.items()}


def check_libraries(tree, environment):
    """Every program finds everything in the bundle, in the toolkit or in glibc."""
    description = json.loads((tree / "bundle.json").read_text())
    for program in (tree / "bin").iterdir():
        for name, path in re.findall(r"(\S+) => (.+?)(?: \(|$)", call(["ldd", program], environment),
                                     re.M):
            home = os.path.realpath(path)
            assert (home.startswith(str(tree)) or name in description["cuda_libraries"]
                    or re.match(r"lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s|gomp|quadmath|"
                                r"gfortran)\.so", name)), f"{program.name}: {name} => {path}"


def main():
    source, build = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder).resolve()
        archive = scratch / "bundle.tar.xz"
        call([source / "scripts/gpu-check", "--bundle", archive, "--build", build],
             dict(os.environ, XZ_OPT="-0 -T0"))
        call([source / "scripts/gpu-check", "--bundle", archive, "--build", build], status=2)
        with tarfile.open(archive) as packed:
            packed.extractall(scratch)
        tree, out, fake = scratch / "plaquette-gpu", scratch / "report", scratch / "fake"
        check = [sys.executable, tree / "gpu-check", "--pack", "--out", out]
        bare = {"PATH": "/usr/bin:/bin"}
        assert "finds no GPU" in call(check, bare, status=2)
        fake.mkdir()
        (fake / "nvidia-smi").write_text(NVIDIA_SMI)
        (fake / "nvidia-smi").chmod(0o755)
        bare["PATH"] = f"{fake}:{bare['PATH']}"

        # No time: nothing starts, nothing fails.
        assert "tests: 0 s are left" in call([*check, "--max-seconds", 0], bare)
        assert results(out) == {}
        # Time for the first stage alone; the tests start, and find no device.
        output = call([*check, "--max-seconds", 39], bare, status=1)
        assert results(out) == {"tests": "FAILED"}, output
        # The rest at the next call. What needs a tool of the toolkit says so.
        call([*check, "--max-seconds", 550], bare, status=1)
        found = results(out)
        assert list(found) == ["tests", "bench", "memcheck", "search", "racecheck", "initcheck",
                               "profile", "ncu"], found
        assert found["bench"] == found["search"] == found["profile"] == "FAILED", found
        for name in ("memcheck", "racecheck", "initcheck", "ncu"):
            assert found[name].startswith(("left out: no ", "FAILED")), found
        # All have run: nothing is left to do.
        assert results(out) == found and call(check, bare)

        assert sorted(os.listdir(out)) == ["raw.tar.xz", "report.md", "state.json"]
        with tarfile.open(out / "raw.tar.xz") as packed:
            text = packed.extractfile("raw/tests.txt").read().decode()
        assert "PLAQUETTE_REQUIRE_GPU is 1" in text, text
        assert "| tests | FAILED |" in (out / "report.md").read_text()
        path = subprocess.run([sys.executable, "-c", PATH_OF_BUNDLE, tree], env=bare, text=True,
                              stdout=subprocess.PIPE, check=True).stdout.strip()
        check_libraries(tree, dict(bare, LD_LIBRARY_PATH=path))


# The search path that gpu-check gives its programs.
PATH_OF_BUNDLE = """
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.SourceFileLoader("gpu_check", sys.argv[1] + "/gpu-check")
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("gpu_check", loader))
loader.exec_module(module)
print(module.Place(None).environment["LD_LIBRARY_PATH"])
"""

if __name__ == "__main__":
    main()
