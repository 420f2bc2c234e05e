"""The archive that scripts/gpu-check --bundle makes: programs, their libraries, gpu-check itself."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LIMIT_MIB = 40
# Every Linux has these, of its own.
SYSTEM = re.compile(r"^(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libutil)\.so")
# The compiler's: used only where the other machine's are older.
RUNTIME = re.compile(r"^(libstdc\+\+|libgcc_s|libgomp|libquadmath|libgfortran)\.so")
# The toolkit's: half a gigabyte, which machines with a GPU have.
CUDA = re.compile(r"^lib(cu|nv)")


def refuse(text):
    print(f"gpu-check --bundle: {text}", file=sys.stderr)
    sys.exit(2)


def build(root):
    """A build for any GPU from sm_80 on and any x86-64-v3 processor."""
    folder = root / "build-bundle"
    subprocess.run(["cmake", "--preset", "release", "-B", folder, "-DPLAQUETTE_REQUIRE_CUDA=ON",
                    "-DPLAQUETTE_CPU_ARCH=x86-64-v3", "-DCMAKE_CUDA_ARCHITECTURES=80-real;90"],
                   cwd=root, check=True)
    subprocess.run(["cmake", "--build", folder], check=True)
    return folder


def loaded_libraries(program):
    """Name and path of every library that a program loads; ldd follows them all."""
    text = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    missing = re.findall(r"(\S+) => not found", text)
    if missing:
        refuse(f"{program} does not find {', '.join(missing)} here")
    return dict(re.findall(r"(\S+) => (\S+)", text))


def cached(folder, name):
    """A setting of the build."""
    match = re.search(rf"^{name}:\w+=(.*)$", (folder / "CMakeCache.txt").read_text(), re.M)
    return match[1] if match else "unknown"


def collect(tree, folder, root, tests, revision):
    """Fills `tree` with what the archive holds."""
    programs = [folder / "plaquette", *(folder / "tests" / name for name in tests)]
    for name in ("bin", "lib", "lib/runtime"):
        (tree / name).mkdir()
    cuda = set()
    for program in programs:
        if not program.exists():
            refuse(f"no {program}; build it first")
        subprocess.run(["strip", "-o", tree / "bin" / program.name, program], check=True)
        for name, path in loaded_libraries(program).items():
            if CUDA.match(name):
                cuda.add(name)
            elif not SYSTEM.match(name):
                target = tree / ("lib/runtime" if RUNTIME.match(name) else "lib") / name
                if not target.exists():
                    subprocess.run(["strip", "-o", target, os.path.realpath(path)], check=True)
    shutil.copytree(root / "tests/golden", tree / "golden",
                    ignore=shutil.ignore_patterns("*.cpp", "*.py"))
    shutil.copytree(root / "examples", tree / "examples")
    shutil.copy(root / "scripts/gpu-check", tree / "gpu-check")
    description = {"revision": revision, "cuda_libraries": sorted(cuda),
                   "cpu": cached(folder, "PLAQUETTE_CPU_ARCH"),
                   "gpus": cached(folder, "CMAKE_CUDA_ARCHITECTURES")}
    (tree / "bundle.json").write_text(json.dumps(description, indent=1) + "\n")
    return description


def make(archive, folder, root, tests, revision):
    """Writes the archive and says what is in it. XZ_OPT is xz's own, as for tar."""
    if archive.exists():
        refuse(f"{archive} exists")
    folder = pathlib.Path(folder).resolve() if folder else build(root)
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch) / "plaquette-gpu"
        tree.mkdir()
        description = collect(tree, folder, root, tests, revision)
        environment = dict(os.environ)
        environment.setdefault("XZ_OPT", "-6 -T0")
        subprocess.run(["tar", "-C", scratch, "-cJf", archive.resolve(), "plaquette-gpu"],
                       env=environment, check=True)
    mib = archive.stat().st_size / 2**20
    print(f"{archive}: {mib:.1f} MiB, GPUs {description['gpus']}, CPU {description['cpu']}, "
          f"needs {', '.join(description['cuda_libraries']) or 'no CUDA library'}")
    if mib > LIMIT_MIB:
        print(f"gpu-check --bundle {archive}: more than {LIMIT_MIB} MiB", file=sys.stderr)
        return 1
    return 0
