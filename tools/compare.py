#!/usr/bin/env python3
"""Times one VMC step of Plaquette beside that of NetKet, tachys and Quantax, turn by turn on the same cores.

First it checks that they do the same work: same log ψ, local energies and update on the same network. Makes one
virtual environment a peer, which is kept. Writes results.json and table.md; docs/peers.md says more.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from tool_errors import BadInput

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ("netket", "tachys", "quantax")
NOTES = {
    "tachys": "tachys exchanges unlike spins only, so that its N proposals are N networks and about "
              "twice as many moves",
    "quantax": "Quantax picks an up spin, then a neighbour; it evaluates unlike pairs only, and chains "
               "that have finished wait for the others",
}
SIZES = {
    "tiny": {"L": 4, "d-model": 8, "heads": 2, "layers": 1, "chains": 64},
    "small": {"L": 6, "d-model": 24, "heads": 6, "layers": 2, "chains": 64},
    "tutorial": {"L": 10, "d-model": 60, "heads": 10, "layers": 4, "chains": 256},
}
# What peers do too: the plain Hamiltonian, a network without projection, SR.
COMMON = ("--no-marshall", "--symmetry", "none", "--patch", 2, "--ffn-ratio", 4, "--sampling-power", 2,
          "--optimizer", "sr")
JOBS = tuple(f"{attention}-{precision}" for attention in ("factored", "t5", "decoupled")
             for precision in ("fp32", "fp64"))
J2 = 0.5
DIAG_SHIFT = 1e-4
# Phases of a peer, and Plaquette's that do the same.
PHASES = {
    "sampling": ("sampling",),
    "local_energy": ("local_energy",),
    "update": ("log_derivatives", "gram", "solve", "update"),
}
# Largest differences in double precision: log ψ and energies relative to their largest, updates in norm.
TOLERANCE = {"log_psi": 1e-12, "local_energy": 1e-10, "update": 1e-6, "full_sum": 1e-8}


class RunFailed(Exception):
    """A program that was started went wrong; exit status 1."""


@dataclasses.dataclass
class Machine:
    """Where and with what both run."""

    plaquette: str
    backend: str
    threads: int

    def __post_init__(self):
        self.cores = sorted(os.sched_getaffinity(0))
        if not 1 <= self.threads <= len(self.cores):
            raise BadInput(f"--threads {self.threads}: from 1 to {len(self.cores)}, the cores there are")
        self.cores = self.cores[:self.threads]
        self.environment = {**os.environ, "OMP_WAIT_POLICY": "passive",
                            "JAX_PLATFORMS": self.backend, "PYTHONUNBUFFERED": "1"}

    def bind(self):
        """In the child: its threads, XLA's pool among them, are as many as these cores."""
        os.sched_setaffinity(0, self.cores)

    def call(self, *arguments, stdin=None):
        """What plaquette prints."""
        command = [self.plaquette, *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True,
                              env=self.environment, preexec_fn=self.bind)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise RunFailed(f"plaquette {arguments[0]}: status {done.returncode}: {said}")
        return done.stdout

    def device_options(self):
        return ["--backend", self.backend, "--threads", self.threads]

    def describe(self):
        info = json.loads(self.call("info", "--json"))
        cpu = platform.processor()
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
        return {"cpu": cpu, "threads": self.threads, "backend": self.backend,
                "load_before": os.getloadavg()[0], "plaquette_commit": info["commit"],
                "date": time.strftime("%Y-%m-%d", time.gmtime())}


def environment_for(peer, folder, backend):
    """The Python of a virtual environment with the peer in it; made if it is not there."""
    requirements = ROOT / "tools" / "peers" / f"requirements-{peer}.txt"
    text = requirements.read_text()
    extra = []
    if backend == "cuda":
        version = next(line for line in text.splitlines() if line.startswith("jax=="))
        extra = [version.replace("jax==", "jax[cuda12]==")]
    digest = hashlib.sha256((text + "".join(extra) + sys.version).encode()).hexdigest()[:12]
    directory = folder / f"{peer}-{digest}"
    python = directory / "bin" / "python"
    if (directory / "complete").exists():
        return python
    print(f"making {directory}", file=sys.stderr)
    shutil.rmtree(directory, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", directory], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(directory, ignore_errors=True)
        raise BadInput(f"{sys.executable} -m venv {directory} failed; Debian's package is python3-venv")
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--requirement", requirements, *extra], capture_output=True, text=True)
    if installed.returncode:
        shutil.rmtree(directory, ignore_errors=True)
        said = [line for line in installed.stderr.splitlines() if line.startswith("ERROR")]
        raise BadInput(f"pip cannot install tools/peers/{requirements.name}; is there a network? "
                       + (said or ["no message"])[-1])
    (directory / "complete").touch()
    return python


class Peer:
    """A peer's process; it keeps what it has compiled from one request to the next."""

    def __init__(self, name, python, machine, model, options):
        self.name = name
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [python, ROOT / "tools" / "peers" / f"{name}_step.py", model, *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env=machine.environment, preexec_fn=machine.bind)
        self.description = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        found = json.loads(line) if line else {"error": f"ended: {self.last_words()}"}
        if "error" in found:
            raise RunFailed(f"{self.name}: {found['error']}")
        return found

    def last_words(self):
        self.process.wait()
        self.log.seek(0)
        return (self.log.read().strip().splitlines() or ["no message"])[-1]

    def ask(self, do, **settings):
        self.process.stdin.write(json.dumps({"do": do, **settings}) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


def largest_difference(found, expected, phases):
    """Largest |found − expected| over the largest |expected|, phases modulo 2π."""
    worst = scale = 0.0
    for (re, im), (expected_re, expected_im) in zip(found, expected, strict=True):
        turn = im - expected_im
        if phases:
            turn -= 2 * 3.141592653589793 * round(turn / (2 * 3.141592653589793))
        worst = max(worst, abs(complex(re - expected_re, turn)))
        scale = max(scale, 1.0, abs(complex(expected_re, expected_im)))
    return worst / scale


def check_same_work(peer, machine, model):
    """Differences between peer and Plaquette on the peer's samples; refuses to go on where they are large."""
    found = peer.ask("check")
    printed = machine.call("log-psi", model, "--configurations", "-", "--local-energy", "--J1", 1,
                           "--J2", J2, "--backend", machine.backend,
                           stdin="\n".join(found["configurations"]) + "\n")
    rows = [[float(number) for number in line.split()] for line in printed.splitlines()]
    differences = {
        "log_psi": largest_difference(found["log_psi"], [row[:2] for row in rows], True),
        "local_energy": largest_difference(found["local_energy"], [row[2:] for row in rows], False),
        "update": found["update_difference"],
    }
    refuse_large(differences, peer.name)
    return differences


def refuse_large(differences, name):
    for what, difference in differences.items():
        if not difference <= TOLERANCE[what]:
            raise RunFailed(f"{name} does not do the same work: {what} differs by {difference:.1e}, "
                            f"more than {TOLERANCE[what]:.0e}")


def check_textbook(python, machine, attention, folder):
    """Plaquette's update by full summation on 4x4 against the textbook that peers are measured against."""
    network = [*COMMON, "--L", 4, "--J2", J2, "--d-model", 8, "--heads", 2, "--layers", 1,
               "--attention", attention, "--precision", "fp64"]
    rate = 0.03
    before, after = folder / f"before-{attention}", folder / f"after-{attention}"
    machine.call("run", *network, "--steps", 0, "--chains", 16, "--samples", 16, "--out", before,
                 "--quiet", *machine.device_options())
    machine.call("run", *network, "--initial-model", before / "model.h5", "--sampler", "full-sum",
                 "--steps", 1, "--learning-rate", rate, "--diag-shift", DIAG_SHIFT, "--out", after,
                 "--quiet", *machine.device_options())
    done = subprocess.run(
        [python, ROOT / "tools" / "peers" / "full_sum.py", before / "model.h5", after / "model.h5",
         "--J2", str(J2), "--diag-shift", str(DIAG_SHIFT), "--learning-rate", str(rate)],
        capture_output=True, text=True, env=machine.environment, preexec_fn=machine.bind)
    if done.returncode:
        raise RunFailed(f"full_sum.py: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    differences = {"full_sum": float(done.stdout)}
    refuse_large(differences, "Plaquette's full sum")
    return differences


def time_plaquette(machine, options):
    found = json.loads(machine.call("bench", *options, *machine.device_options(), "--repeats", 1,
                                    "--json"))["backends"][0]
    seconds = {phase["phase"]: phase["seconds_median"] for phase in found["phases"]}
    times = {phase: sum(seconds[part] for part in parts) for phase, parts in PHASES.items()}
    return {**times, "step": found["step_seconds"], "parts": seconds,
            "gemm_peak_gflops": found["gemm_peak_gflops"],
            "gemm_peak_steady": found["gemm_peak_steady"]}


def compare_job(job, peers, pythons, machine, arguments, folder):
    """One row of results for each peer: Plaquette and peer by turns."""
    attention, precision = job.split("-")
    size = dict(SIZES[arguments.size])
    if arguments.chains:
        size["chains"] = arguments.chains
    chains = size["chains"]
    options = [*COMMON, *(word for key, value in size.items() for word in (f"--{key}", value))]
    options += ["--samples", chains, "--J2", J2, "--attention", attention, "--diag-shift", DIAG_SHIFT]
    untrained = folder / job
    machine.call("run", *options, "--precision", "fp64", "--steps", 0, "--out", untrained, "--quiet",
                 *machine.device_options())
    model = untrained / "model.h5"
    options += ["--precision", precision, "--initial-model", model]
    rows = []
    for name in peers:
        say(f"{job}: {name}: the same work?")
        peer_options = ["--J2", J2, "--chains", chains, "--diag-shift", DIAG_SHIFT]
        with Peer(name, pythons[name], machine, model, peer_options) as peer:
            differences = check_same_work(peer, machine, model)
        with Peer(name, pythons[name], machine, model,
                  [*peer_options, "--precision", precision]) as peer:
            settings = {"chunk": arguments.chunk} if arguments.chunk else None
            trials = []
            if settings:
                peer.ask("set", **settings)
            else:
                say(f"{job}: {name}: its best chunk")
                tuned = peer.ask("tune")
                settings, trials = tuned["settings"], tuned["trials"]
            for _ in range(2):  # some compile again when they meet their own results
                peer.ask("step")
            rounds = []
            for number in range(arguments.rounds):
                say(f"{job}: {name}: round {number + 1} of {arguments.rounds}")
                rounds.append({"peer": peer.ask("step"),
                               "plaquette": time_plaquette(machine, options)})
            rows.append({"job": job, "size": {**size, "name": arguments.size}, "peer": name,
                         **peer.description, "settings": settings, "trials": trials,
                         "differences": differences, "rounds": rounds})
    return rows


def say(text):
    print(text, file=sys.stderr, flush=True)


def table(results):
    """Markdown: medians of the seconds, medians and range of the ratios of the rounds."""
    machine = results["machine"]
    lines = [f"{machine['cpu']}, {machine['threads']} threads, {machine['backend']}; Plaquette "
             f"{machine['plaquette_commit']}, {machine['date']}; load before {machine['load_before']:.1f}.",
             "",
             "| job | peer | phase | Plaquette s | peer s | ratio (range) |", "|---|---|---|---|---|---|"]
    for row in results["rows"]:
        size = row["size"]
        name = f"{row['job']}, {size['L']}×{size['L']}, {size['chains']} chains"
        versions = row["versions"]
        peer = f"{row['peer']} {versions[row['peer']]} (jax {versions['jax']}, chunk {row['settings']['chunk']})"
        for phase in ("step", *PHASES):
            ours = [r["plaquette"][phase] for r in row["rounds"]]
            theirs = [r["peer"][phase] for r in row["rounds"]]
            ratios = [b / a for a, b in zip(ours, theirs)]
            lines.append(f"| {name} | {peer} | {phase} | {statistics.median(ours):.3g} "
                         f"| {statistics.median(theirs):.3g} | {statistics.median(ratios):.2f} "
                         f"({min(ratios):.2f}–{max(ratios):.2f}) |")
            name = peer = ""
    notes = [NOTES[peer] for peer in PEERS
             if peer in NOTES and any(row["peer"] == peer for row in results["rows"])]
    notes += results.get("left_out", [])
    return "\n".join(lines + [""] + [f"- {note}." for note in notes]).rstrip() + "\n"


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        raise BadInput(message)


def parse():
    parser = Parser(description=__doc__.splitlines()[0], prog="compare")
    parser.add_argument("--peer", default="netket", help="of " + ", ".join(PEERS) + ", with commas")
    parser.add_argument("--job", default="factored-fp32,t5-fp32,factored-fp64",
                        help="of " + ", ".join(JOBS) + ", with commas")
    parser.add_argument("--size", default="tutorial", choices=SIZES,
                        help="lattice, network and chains")
    parser.add_argument("--chains", type=int, default=0, help="in place of the size's")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunk", type=int, default=0,
                        help="the peer's configurations at once; 0: found by trial")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--backend", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--plaquette", default=str(ROOT / "build" / "plaquette"))
    parser.add_argument("--environments", type=pathlib.Path, default=ROOT / "build" / "peers",
                        help="where virtual environments are kept")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "peers" / "results")
    parser.add_argument("--force", action="store_true", help="replace the results in --out")
    parser.add_argument("--table", type=pathlib.Path, metavar="RESULTS.json",
                        help="only print the table of what was measured before")
    return parser.parse_args()


def words(option, text, allowed):
    found = text.split(",")
    for word in found:
        if word not in allowed:
            raise BadInput(f"{option} {word!r}: one of {', '.join(allowed)}")
    return found


def stored(path):
    try:
        results = json.loads(path.read_text())
        return table(results)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise BadInput(f"{path}: not a results.json of compare ({type(error).__name__}: {error})") from error


def make_folder(option, path):
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{option} {path}: {error.strerror}") from error


def compare(arguments):
    peers = words("--peer", arguments.peer, PEERS)
    jobs = words("--job", arguments.job, JOBS)
    for option in ("rounds", "chains", "chunk"):
        least = 1 if option == "rounds" else 0
        if getattr(arguments, option) < least:
            raise BadInput(f"--{option} {getattr(arguments, option)}: at least {least}")
    program = shutil.which(arguments.plaquette)
    if not program:
        raise BadInput(f"--plaquette {arguments.plaquette}: no such program; "
                       "build it with cmake --build build --target plaquette")
    if arguments.backend == "cuda" and not shutil.which("nvidia-smi"):
        raise BadInput("--backend cuda: nvidia-smi finds no GPU here")
    machine = Machine(os.path.abspath(program), arguments.backend, arguments.threads)
    if (arguments.out / "results.json").exists() and not arguments.force:
        raise BadInput(f"--out {arguments.out}: has results already; --force replaces them")
    make_folder("--environments", arguments.environments)
    make_folder("--out", arguments.out)
    pythons = {name: environment_for(name, arguments.environments.absolute(), arguments.backend)
               for name in peers}
    results = {"machine": machine.describe(), "rows": [], "full_sum": {}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for attention in dict.fromkeys(job.split("-")[0] for job in jobs):
            say(f"{attention}: Plaquette's update by full summation")
            results["full_sum"][attention] = check_textbook(pythons[peers[0]], machine, attention,
                                                            folder)
        for job in jobs:
            results["rows"] += compare_job(job, peers, pythons, machine, arguments, folder)
            # After every job, so that what took hours is not lost with the next.
            (arguments.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
            (arguments.out / "table.md").write_text(table(results))
    print(table(results), end="")


def main():
    try:
        arguments = parse()
        if arguments.table:
            print(stored(arguments.table), end="")
        else:
            compare(arguments)
    except BadInput as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    except (RunFailed, OSError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
