#!/usr/bin/env python3
"""Tries settings of `plaquette run` on small lattices against exact energies, over seeds.

The evidence for the defaults, as far as it goes: docs/results/defaults. One line of JSON a run; a run whose line is
there is not repeated, so the study can be stopped and continued. Needs Python's standard library.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from tool_errors import BadInput

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What `run` is given. Every option that matters is spelt out, so that a line keeps its meaning when
# the program's defaults change.
FOUR_BY_FOUR = {
    "marshall": True, "symmetry": "c4v", "patch": 1, "d-model": 8, "heads": 4, "layers": 2,
    "ffn-ratio": 2, "sampling-power": 1, "chains": 256, "precision": "fp32", "optimizer": "spring",
    "momentum": 0.9, "steps": 150, "learning-rate": 0.05, "schedule": "cosine", "diag-shift": 1e-2,
    "diag-shift-schedule": "cosine", "diag-shift-end": 1e-4,
}
# Settings that differ from the defaults on 4x4 by what is said here.
SETTINGS = {
    "defaults": {},
    "no projection, 1024 chains": {"symmetry": "none", "chains": 1024},
    "sr": {"optimizer": "sr"},
}
FIELDS = ("setting", "L", "J2", "seed")


def flags(setting):
    """What `run` is given, in one line."""
    options = {**FOUR_BY_FOUR, **SETTINGS[setting]}
    words = ["--marshall" if options.pop("marshall") else "--no-marshall"]
    words += [f"--{key} {value}" for key, value in options.items()]
    return " ".join(words)


def machine():
    """The processor, for the reader of the numbers."""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return os.uname().machine


class Study:
    """The runs, and the file that remembers them."""

    def __init__(self, arguments):
        self.program = str(arguments.plaquette)
        self.file = arguments.out / "results.jsonl"
        self.threads = arguments.threads
        self.lock = threading.Lock()
        arguments.out.mkdir(parents=True, exist_ok=True)
        self.exact_file = arguments.out / "exact.json"
        self.exact = json.loads(self.exact_file.read_text()) if self.exact_file.exists() else {}
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.rows = [json.loads(line) for line in lines]

    def done(self, case):
        return any(tuple(row[field] for field in FIELDS) == case for row in self.rows)

    def exact_energy(self, L, J2):
        """Per site; once per lattice and coupling, and kept."""
        key = f"{L} {J2:g}"
        with self.lock:
            if key not in self.exact:
                printed = self.call("exact", "--L", L, "--J2", J2, "--json")[0]
                self.exact[key] = json.loads(printed)["energy_per_site"]
                self.exact_file.write_text(json.dumps(self.exact, indent=1) + "\n")
            return self.exact[key]

    def call(self, *arguments):
        """What the program printed, and the processor time it took."""
        process = subprocess.Popen([self.program, *map(str, arguments)], stdout=subprocess.PIPE,
                                   text=True, env=dict(os.environ, OMP_WAIT_POLICY="passive"))
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise BadInput(f"plaquette {shlex.join(map(str, arguments))}: "
                           f"ended with status {process.returncode}")
        return printed, usage.ru_utime + usage.ru_stime

    def run(self, case):
        setting, L, J2, seed = case
        exact = self.exact_energy(L, J2)
        options = flags(setting)
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="plaquette-study-") as folder:
            directory = pathlib.Path(folder) / "run"
            printed, seconds = self.call("run", *shlex.split(options), "--L", L, "--J2", J2,
                                         "--seed", seed, "--threads", self.threads, "--out",
                                         directory, "--quiet", "--json")
            log = [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]
        summary = json.loads(printed)
        tail = log[-max(1, len(log) // 10):]
        mean = statistics.fmean(line["energy"] for line in tail)
        row = {
            "setting": setting, "L": L, "J2": J2, "seed": seed, "options": options,
            "energy": summary["energy_per_site"], "energy_error": summary["energy_error"],
            "tail_energy": mean, "exact": exact,
            "relative_error": 1 - summary["energy_per_site"] / exact,
            "tail_relative_error": 1 - mean / exact,
            "v_score": summary["v_score"], "parameters": summary["parameter_count"],
            "cpu_seconds": round(seconds, 1), "wall_seconds": round(time.monotonic() - start, 1),
            "threads": self.threads, "machine": machine(),
        }
        with self.lock:
            self.rows.append(row)
            with self.file.open("a") as out:
                out.write(json.dumps(row) + "\n")
        print(f"{setting}, {L}x{L}, J2 = {J2:g}, seed {seed}: relative error "
              f"{row['tail_relative_error']:.1e} in {seconds:.0f} s of processor time", flush=True)


def table(rows):
    """Markdown, a line a setting and lattice: worst (and median) tail error over the seeds."""
    couplings = sorted({row["J2"] for row in rows})
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["setting"], row["L"]].append(row)
    lines = ["| setting | L | " + " | ".join(f"J2 = {J2:g}" for J2 in couplings)
             + " | processor seconds a run |", "|---" * (len(couplings) + 3) + "|"]
    for (setting, L), group in groups.items():
        cells = []
        for J2 in couplings:
            errors = [1e3 * row["tail_relative_error"] for row in group if row["J2"] == J2]
            cells.append(f"{statistics.median(errors):.2f} ({max(errors):.2f}; {len(errors)})"
                         if errors else "–")
        seconds = statistics.median(row["cpu_seconds"] for row in group)
        lines.append(f"| {setting} | {L} | " + " | ".join(cells) + f" | {seconds:.0f} |")
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--plaquette", type=pathlib.Path, default=ROOT / "build" / "plaquette")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs" / "results" / "defaults")
    parser.add_argument("--settings", nargs="*", choices=list(SETTINGS), default=list(SETTINGS),
                        metavar="NAME", help="one or more of: " + ", ".join(SETTINGS))
    parser.add_argument("--L", type=int, nargs="*", default=[4])
    parser.add_argument("--J2", type=float, nargs="*", default=[0.0, 0.25, 0.5, 0.75, 1.0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--threads", type=int, default=1, help="threads of a run")
    parser.add_argument("--table", action="store_true", help="print the table of what is there")
    return parser.parse_args()


def main():
    arguments = parse()
    if not arguments.plaquette.exists():
        raise BadInput(f"--plaquette {arguments.plaquette}: missing; build it first")
    study = Study(arguments)
    if not arguments.table:
        cases = [(setting, L, J2, seed) for seed in arguments.seeds
                 for setting in arguments.settings for L in arguments.L for J2 in arguments.J2]
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for _ in pool.map(study.run, [case for case in cases if not study.done(case)]):
                pass
    print(table(study.rows))


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        sys.exit(2)
