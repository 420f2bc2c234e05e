#!/usr/bin/env python3
"""Reruns the comparison of Rende & Viteritti, arXiv 2405.18874, and draws its figures.

What is there already is kept: a finished run is not repeated, an interrupted one is resumed.
Needs NumPy, Matplotlib and h5py (Debian: python3-matplotlib python3-h5py).
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import math
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import threading

from tool_errors import BadInput, need

ROOT = pathlib.Path(__file__).resolve().parent.parent
MECHANISMS = ("factored", "t5", "decoupled")
COLOURS = {"factored": "tab:blue", "t5": "tab:orange", "decoupled": "tab:green"}

# Energies per site: exact diagonalisation; 8x8 and 10x10 the best known (docs/theory.md).
REFERENCE = {
    (4, 0.0): -0.70178020,
    (4, 0.5): -0.52862021,
    (6, 0.0): -0.67887215,
    (6, 0.5): -0.50380965,
    (8, 0.5): -0.49906,
    (10, 0.5): -0.497715,
}
# Table 1 of the paper: energy per site and hours on one A100.
PUBLISHED = {
    (6, "t5"): (-0.503182, 10.0),
    (6, "decoupled"): (-0.503243, 10.0),
    (6, "factored"): (-0.503216, 6.0),
    (10, "t5"): (-0.497025, 28.0),
    (10, "decoupled"): (-0.497108, 28.0),
    (10, "factored"): (-0.497184, 12.5),
}
FIGURES = ("table1", "figure2", "figure3", "figure4")


class RunFailed(Exception):
    """The program said why on stderr; exit status 1."""


def existing(path):
    if not path.exists():
        raise BadInput(f"{path}: missing; run without --draw-only to make it")
    return path


@dataclasses.dataclass(frozen=True, order=True)
class Case:
    """One row or curve."""

    L: int
    J2: float
    layers: int
    attention: str

    @property
    def name(self):
        return f"{self.L}x{self.L}-J{self.J2:g}-l{self.layers}-{self.attention}"


def cases_of(figure, scale):
    """The cases that a table or figure shows."""
    small = scale == "small"
    if figure == "table1":
        sizes = (4, 6) if small else (6, 10)
        return [Case(L, 0.5, 4, a) for L in sizes for a in MECHANISMS]
    if figure == "figure2":
        return [
            Case(L, J2, layers, a)
            for L in ((4, 6) if small else (6,))
            for J2 in (0.0, 0.5)
            for layers in (1, 4)
            for a in MECHANISMS
        ]
    if figure == "figure3":
        sizes = (4, 6) if small else (6, 8, 10)
        return [Case(L, 0.5, 4, a) for L in sizes for a in MECHANISMS]
    return [Case(6, 0.5, 1, a) for a in ("t5", "decoupled")]


class Workshop:
    """Runs the program and remembers where everything lies."""

    def __init__(self, arguments):
        self.program = arguments.plaquette
        self.scale = arguments.scale
        self.out = arguments.out
        self.threads = max(1, (os.cpu_count() or 1) // arguments.jobs)
        self.extra = arguments.options
        self.draw_only = arguments.draw_only
        self.lock = threading.Lock()
        self.processes = []
        self.stopping = False

    def call(self, *arguments):
        """Runs the program; what it printed."""
        environment = dict(os.environ, OMP_WAIT_POLICY="passive")
        # The lock, so that nothing starts once stop() has gone through what runs.
        with self.lock:
            if self.stopping:
                raise concurrent.futures.CancelledError
            try:
                process = subprocess.Popen([self.program, *map(str, arguments)], env=environment,
                                           stdout=subprocess.PIPE, text=True)
            except OSError as error:
                raise BadInput(f"--plaquette {self.program}: {error.strerror}") from error
            self.processes.append(process)
        try:
            printed, _ = process.communicate()
        except KeyboardInterrupt:
            process.terminate()
            raise
        if process.returncode != 0:
            raise RunFailed(f"plaquette {arguments[0]} ended with status {process.returncode}")
        return printed

    def stop(self):
        """Asks what runs to end: a search writes its checkpoint first, unless asked twice."""
        with self.lock:
            if self.stopping:
                return
            self.stopping = True
            for process in self.processes:
                process.terminate()  # not SIGINT: a terminal's Ctrl-C has sent that already

    def directory(self, case, seed):
        return self.out / "runs" / f"{case.name}-s{seed}"

    def options(self, case, seed):
        folder = ROOT / "examples" / "paper"
        if self.scale == "full":
            options = ["--config", folder / f"{case.name}.toml"]
        else:
            options = ["--config", folder / "small.toml", "--L", case.L, "--J2", case.J2,
                       "--layers", case.layers, "--attention", case.attention]
        return options + ["--seed", seed, "--threads", self.threads, *self.extra]

    def run(self, case, seed):
        """Brings one run to its end, and looks at its attention."""
        directory = self.directory(case, seed)
        if not (directory / "summary.json").exists():
            if (directory / "checkpoint.h5").exists():
                self.call("resume", directory, "--quiet")
            else:
                self.call("run", *self.options(case, seed), "--out", directory, "--force",
                          "--quiet")
        if not (directory / "attention.json").exists():
            self.call("attention", directory, "--threads", self.threads, "--quiet")
        return directory

    def maps_of_inputs(self, case):
        """Attention maps of three inputs, before and after training: two HDF5 files."""
        directory = self.directory(case, 0)
        before = self.out / "runs" / f"{case.name}-untrained"
        files = [run / "inputs" / "attention.h5" for run in (before, directory)]
        if self.draw_only:
            return [existing(file) for file in files]
        if not (before / "model.h5").exists():
            self.call("run", *self.options(case, 0), "--steps", 0, "--out", before, "--force",
                      "--quiet")
        inputs = self.out / "inputs.txt"
        generator = random.Random(1)
        lines = []
        for _ in range(3):
            spins = list("+-" * (case.L * case.L // 2))
            generator.shuffle(spins)
            lines.append("".join(spins))
        inputs.write_text("\n".join(lines) + "\n")
        for run, file in zip((before, directory), files):
            if not file.exists():
                self.call("attention", run, "--configurations", inputs, "--no-freeze", "--out",
                          file.parent, "--quiet")
        return files

    def bench(self, *options):
        printed = self.call("bench", "--precision", "fp32", "--repeats", 1, "--json", *options)
        return json.loads(printed)["backends"][0]

    def step_times(self, sizes):
        """Seconds per step of the paper's network against L, by `plaquette bench`."""
        file = self.out / "step_times.json"
        times = json.loads(file.read_text()) if file.exists() else {}
        chains = 32 if self.scale == "small" else 6000
        if self.draw_only:
            existing(file)
            device = next((time["device"] for time in times.values()), None)
        else:
            print("time per step: what the device is", flush=True)
            device = self.bench("--L", 4, "--d-model", 4, "--heads", 1, "--chains", 2)["device"]
        # Of another device or number of chains they would not compare.
        times = {key: time for key, time in times.items()
                 if (time["device"], time["chains"]) == (device, chains)}
        for L in sizes:
            for attention in MECHANISMS:
                key = f"{L} {attention}"
                if key in times:
                    continue
                if self.draw_only:
                    raise BadInput(f"{file}: no time of {L}x{L} {attention} with {chains} chains "
                                   f"on {device}; run without --draw-only to measure it")
                print(f"time per step: {L}x{L} {attention}", flush=True)
                found = self.bench("--L", L, "--d-model", 60, "--heads", 10, "--layers", 4,
                                   "--attention", attention, "--chains", chains,
                                   "--diag-shift", "1e-4")
                times[key] = {"seconds": found["step_seconds"], "device": found["device"],
                              "chains": chains}
                file.write_text(json.dumps(times, indent=1) + "\n")
        return times


def read_log(directory):
    lines = (directory / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def tail_energy(log):
    """Mean energy over the last tenth of the steps, and its error if steps were independent."""
    tail = log[-max(1, len(log) // 10):]
    return (statistics.fmean(line["energy"] for line in tail),
            math.hypot(*(line["energy_error"] for line in tail)) / len(tail))


def mean_and_error(values, errors):
    """Of one value a seed, the error from the samples or from the seeds: the larger.

    The samples alone would say nothing of other seeds; the scatter of a few may be small by chance.
    """
    samples = math.hypot(*errors) / len(values)
    seeds = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return statistics.fmean(values), max(samples, seeds)


def collect(workshop, cases, seeds):
    """What every run found, as plain numbers."""
    rows = []
    for case in cases:
        for seed in range(seeds):
            directory = workshop.directory(case, seed)
            if not (directory / "summary.json").exists():
                continue
            summary = json.loads((directory / "summary.json").read_text())
            log = read_log(directory)
            exact = REFERENCE[(case.L, case.J2)]
            tail, tail_error = tail_energy(log)
            row = {
                **dataclasses.asdict(case),
                "seed": seed,
                "parameters": summary["parameter_count"],
                "steps": summary["steps"],
                "energy": summary["energy_per_site"],
                "energy_error": summary["energy_error"],
                # Of the mean over the last tenth of the steps: one step's samples are too few.
                "relative_error": 1 - tail / exact,
                "relative_error_error": tail_error / abs(exact),
                "variance": summary["variance"],
                "v_score": summary["v_score"],
                "seconds_per_step": statistics.median(sum(s["seconds"].values()) for s in log),
            }
            attention = json.loads(existing(directory / "attention.json").read_text())
            row["spread"] = attention["spread"]
            row["freezing_change"] = attention.get("freezing_change")
            rows.append(row)
    return rows


def table(rows):
    """A Markdown table, one line a case: means over the seeds, medians of V-score and time."""
    lines = [
        "| case | P | relative error / 10⁻³ (best, worst) | V-score | s/step "
        "| spread of α, by layer | E/N lost by freezing α |",
        "|---|---|---|---|---|---|---|",
    ]
    by_case = {}
    for row in rows:
        by_case.setdefault((row["L"], row["J2"], row["layers"], row["attention"]), []).append(row)
    for (L, J2, layers, attention), group in by_case.items():
        errors = [1e3 * r["relative_error"] for r in group]
        mean, error = mean_and_error(errors, [1e3 * r["relative_error_error"] for r in group])
        spreads = ", ".join(
            f"{statistics.fmean(s for r in group for s in r['spread'][layer]):.3f}"
            for layer in range(layers))
        frozen = "–"
        if all(r["freezing_change"] for r in group):
            changes = [r["freezing_change"] for r in group]
            frozen = "{:.4f} ± {:.4f}".format(*mean_and_error([c["mean"] for c in changes],
                                                              [c["error"] for c in changes]))
        lines.append(
            f"| {L}×{L}, J2 = {J2:g}, {layers} layer{'s' if layers > 1 else ''}, {attention} "
            f"| {group[0]['parameters']} "
            f"| {mean:.2f} ± {error:.2f} ({min(errors):.2f}, {max(errors):.2f}) "
            f"| {statistics.median(r['v_score'] for r in group):.1e} "
            f"| {statistics.median(r['seconds_per_step'] for r in group):.3f} "
            f"| {spreads} | {frozen} |")
    return "\n".join(lines) + "\n"


class Pictures:
    """The figures, drawn from what is there."""

    def __init__(self, workshop, seeds):
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot

        self.plt = matplotlib.pyplot
        self.workshop = workshop
        self.seeds = seeds

    def save(self, figure, name):
        path = self.workshop.out / f"{name}.png"
        figure.tight_layout()
        figure.savefig(path, dpi=110)
        self.plt.close(figure)
        print(f"wrote {path}")

    def curves(self, case):
        """The logs of a case, one a seed."""
        for seed in range(self.seeds):
            directory = self.workshop.directory(case, seed)
            if (directory / "log.jsonl").exists():
                yield read_log(directory)

    def figure2(self, cases):
        panels = sorted({(c.L, c.J2, c.layers) for c in cases})
        rows = (len(panels) + 3) // 4
        figure, axes = self.plt.subplots(rows, min(4, len(panels)), figsize=(16, 3.6 * rows),
                                         squeeze=False)
        for axis, (L, J2, layers) in zip(axes.flat, panels):
            exact = REFERENCE[(L, J2)]
            for attention in MECHANISMS:
                for number, log in enumerate(self.curves(Case(L, J2, layers, attention))):
                    energies = [line["energy"] for line in log]
                    width = max(1, len(energies) // 50)
                    smooth = [sum(energies[k:k + width]) / width
                              for k in range(len(energies) - width + 1)]
                    axis.plot([log[k]["step"] + width / 2 for k in range(len(smooth))],
                              [abs((e - exact) / exact) for e in smooth], lw=1,
                              color=COLOURS[attention], label=attention if number == 0 else None)
                published = PUBLISHED.get((L, attention))
                if published and J2 == 0.5 and layers == 4 and self.workshop.scale == "full":
                    axis.axhline(abs(published[0] / exact - 1), ls=":", color=COLOURS[attention])
            axis.set_yscale("log")
            axis.set_title(f"{L}×{L}, $J_2$ = {J2:g}, {layers} layer{'s' if layers > 1 else ''}")
            axis.set_xlabel("step")
            axis.set_ylabel("relative error of the energy")
            if axis.get_legend_handles_labels()[0]:
                axis.legend()
        self.save(figure, "figure2")

    def figure3(self, cases, times):
        figure, (left, right) = self.plt.subplots(1, 2, figsize=(12, 4.2))
        sizes = sorted({c.L for c in cases})
        for offset, attention in enumerate(MECHANISMS):
            shift = 0.06 * (offset - 1)
            points = []
            for L in sizes:
                for log in self.curves(Case(L, 0.5, 4, attention)):
                    error = abs(tail_energy(log)[0] / REFERENCE[(L, 0.5)] - 1)
                    points.append((L + shift, error))
            if points:
                left.plot(*zip(*points), "o", color=COLOURS[attention], label=attention)
            paper = [(L + shift, abs(PUBLISHED[(L, attention)][0] / REFERENCE[(L, 0.5)] - 1))
                     for L in (6, 10)]
            left.plot(*zip(*paper), "x", color=COLOURS[attention],
                      label=f"{attention}, published (full size)")
            found = [(int(key.split()[0]), value["seconds"]) for key, value in times.items()
                     if key.split()[1] == attention]
            found.sort()
            right.plot(*zip(*found), "o-", color=COLOURS[attention], label=attention)
            hours = [(L, PUBLISHED[(L, attention)][1] * 3600 / 5000) for L in (6, 10)]
            right.plot(*zip(*hours), "x:", color=COLOURS[attention],
                       label=f"{attention}, published (A100, M = 6000)")
        left.set_yscale("log")
        left.set_xlabel("L")
        left.set_ylabel("relative error, $J_2$ = 0.5, 4 layers")
        left.legend(fontsize=7)
        right.set_yscale("log")
        right.set_xlabel("L")
        right.set_ylabel("seconds per step, d = 60, h = 10, 4 layers")
        device = next(iter(times.values()))
        right.set_title(f"{device['device']}, M = {device['chains']}", fontsize=8)
        right.legend(fontsize=7)
        self.save(figure, "figure3")

    def figure4(self, cases):
        import h5py

        for case in cases:
            files = self.workshop.maps_of_inputs(case)
            softmax = []  # (3, n, n) before and after training, of layer 0, mean of the heads
            position = []  # (n, n)
            for path in files:
                with h5py.File(path) as file:
                    softmax.append(file["input_maps"][:, 0].mean(axis=1))
                    if case.attention == "decoupled":
                        position.append(file["position"][0].mean(axis=0))
                        softmax[-1] -= position[-1]
            columns = 4 if position else 3
            figure, axes = self.plt.subplots(2, columns, figsize=(3.2 * columns, 6.2))
            # One scale for all maps of a kind, so that inputs compare, and before with after.
            top = max(maps.max() for maps in softmax)
            reach = max((abs(map_).max() for map_ in position), default=0)
            for row, when in enumerate(("untrained", "trained")):
                part = ", softmax" if position else ""
                panels = [(values, f"{when}{part}, input {k}",
                           {"cmap": "viridis", "vmin": 0, "vmax": top})
                          for k, values in enumerate(softmax[row])]
                if position:
                    panels.append((position[row], f"{when}, position",
                                   {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach}))
                for axis, (values, title, scale) in zip(axes[row], panels):
                    image = axis.imshow(values, **scale)
                    axis.set_title(title, fontsize=9)
                    axis.set_xticks([])
                    axis.set_yticks([])
                    figure.colorbar(image, ax=axis, shrink=0.75)
            figure.suptitle(f"α over patches i (rows) and j, mean of the heads: {case.name}")
            self.save(figure, f"figure4-{case.attention}")

    def spread(self, cases):
        """Beyond the paper: how the spread of α over inputs evolves."""
        shown = sorted({(c.L, c.J2, c.layers) for c in cases if c.attention != "factored"})
        rows = (len(shown) + 3) // 4
        figure, axes = self.plt.subplots(rows, min(4, len(shown)), figsize=(16, 3.6 * rows),
                                         squeeze=False, sharey=True)
        styles = ("-", "--", "-.", ":")
        for axis, (L, J2, layers) in zip(axes.flat, shown):
            for attention in ("t5", "decoupled"):
                logs = list(self.curves(Case(L, J2, layers, attention)))
                for layer in range(layers):
                    curves = [[(line["step"], sum(line["attention_spread"][layer]) /
                                len(line["attention_spread"][layer]))
                               for line in log if "attention_spread" in line] for log in logs]
                    curves = [c for c in curves if c]
                    if not curves:
                        continue
                    steps = [point[0] for point in curves[0]]
                    mean = [sum(c[k][1] for c in curves if k < len(c)) /
                            sum(1 for c in curves if k < len(c)) for k in range(len(steps))]
                    axis.plot(steps, mean, styles[layer % 4], color=COLOURS[attention], lw=1.2,
                              label=f"{attention}, layer {layer}")
            axis.set_title(f"{L}×{L}, $J_2$ = {J2:g}, {layers} layer{'s' if layers > 1 else ''}")
            axis.set_xlabel("step")
            axis.set_ylim(0, 0.8)
            if axis.get_legend_handles_labels()[0]:
                axis.legend(fontsize=7, ncol=2, loc="upper right")
        axes[0][0].set_ylabel("spread of α over inputs")
        self.save(figure, "spread")


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=("full", "small"), default="full",
                        help="full: the paper's sizes, for a GPU; small: 4x4 and 6x6, on 2 cores")
    parser.add_argument("--only", default=",".join(FIGURES),
                        help=f"some of {','.join(FIGURES)}; default: all")
    parser.add_argument("--case", action="append", default=[],
                        help="only runs whose name contains this, e.g. 6x6-J0.5-l4; may be repeated")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each case")
    parser.add_argument("--jobs", type=int, help="runs at a time; default: 1, small: one a core")
    parser.add_argument("--out", type=pathlib.Path, help="default: runs/paper-SCALE")
    parser.add_argument("--plaquette", default=str(ROOT / "build" / "plaquette"))
    parser.add_argument("--draw-only", action="store_true", help="run nothing, draw what is there")
    parser.add_argument("options", nargs="*", metavar="-- OPTION",
                        help="further options for every run, e.g. -- --backend cuda")
    arguments = parser.parse_args()
    arguments.out = arguments.out or pathlib.Path("runs") / f"paper-{arguments.scale}"
    arguments.figures = [name.strip() for name in arguments.only.split(",")]
    for name in arguments.figures:
        if name not in FIGURES:
            parser.error(f"--only {name}: must be among {', '.join(FIGURES)}")
    if arguments.seeds < 1:
        parser.error(f"--seeds {arguments.seeds}: must be at least 1")
    if arguments.jobs is None:
        arguments.jobs = (os.cpu_count() or 1) if arguments.scale == "small" else 1
    if arguments.jobs < 1:
        parser.error(f"--jobs {arguments.jobs}: must be at least 1")
    return arguments


@contextlib.contextmanager
def noted_interrupts():
    """Ctrl-C appends to the list given instead of raising: raised while the pool starts a thread,
    KeyboardInterrupt left it waiting for ever."""
    noted = []
    previous = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, previous)


def run_all(workshop, todo, jobs):
    """Brings every (case, seed) to its end; stops with the first that fails, or on Ctrl-C."""
    def run(case, seed):
        try:
            workshop.run(case, seed)
        except BaseException:
            workshop.stop()  # here: the next would start before the main thread woke up
            raise

    with noted_interrupts() as interrupted, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            running = {pool.submit(run, *item): item for item in todo}
            finished = 0
            while running:
                # A short wait: a signal ends none, and is looked at between two.
                done, _ = concurrent.futures.wait(running, 0.2, concurrent.futures.FIRST_COMPLETED)
                if interrupted:
                    raise KeyboardInterrupt
                for future in done:
                    case, seed = running.pop(future)
                    try:
                        future.result()
                    except concurrent.futures.CancelledError:
                        continue  # another failed
                    except RunFailed as error:
                        raise RunFailed(f"{case.name}, seed {seed}: {error}") from error
                    finished += 1
                    print(f"{finished}/{len(todo)} {case.name}, seed {seed}", flush=True)
        except BaseException:
            workshop.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def main():
    arguments = parse()
    # Before hours of runs, not after.
    need("numpy", "matplotlib", "h5py")
    workshop = Workshop(arguments)
    workshop.out.mkdir(parents=True, exist_ok=True)
    chosen = {figure: [c for c in cases_of(figure, arguments.scale)
                       if not arguments.case or any(part in c.name for part in arguments.case)]
              for figure in arguments.figures}
    cases = sorted({c for group in chosen.values() for c in group})
    if not arguments.draw_only:
        # The long ones first, so that the last to finish are short.
        order = sorted(cases, key=lambda c: -c.L * c.L * c.layers)
        todo = [(case, seed) for seed in range(arguments.seeds) for case in order]
        run_all(workshop, todo, arguments.jobs)
    rows = collect(workshop, cases, arguments.seeds)
    if not rows:
        raise BadInput(f"{workshop.out / 'runs'}: no finished run of the figures and cases chosen")
    (workshop.out / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    (workshop.out / "table.md").write_text(table(rows))
    print(table(rows), end="")
    pictures = Pictures(workshop, arguments.seeds)
    if chosen.get("figure2"):
        pictures.figure2(chosen["figure2"])
        pictures.spread(chosen["figure2"])
    if chosen.get("figure3"):
        sizes = (4, 6, 8, 10) if arguments.scale == "small" else (6, 8, 10)
        pictures.figure3(chosen["figure3"], workshop.step_times(sizes))
    if chosen.get("figure4"):
        pictures.figure4(chosen["figure4"])


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(f"paper.py: {error}", file=sys.stderr)
        sys.exit(2)
    except RunFailed as error:
        print(f"paper.py: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
