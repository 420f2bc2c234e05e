#!/usr/bin/env python3
"""Pictures of one or more runs: how they converge, and what `measure` and `attention` found.

Works on a run that is still going. Needs NumPy, Matplotlib and h5py (Debian: python3-matplotlib
python3-h5py).
"""

import argparse
import json
import pathlib
import sys

from tool_errors import BadInput, need


def read_log(directory):
    """Every whole line of log.jsonl: the last one of a run that is going may be half written."""
    path = directory / "log.jsonl"
    try:
        text = path.read_text()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; give a run directory") from error
    lines = text.split("\n")[:-1]
    try:
        log = [json.loads(line) for line in lines]
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}: {error}") from error
    if not log:
        raise BadInput(f"{path}: has no step yet")
    return log


def column(log, key):
    """(steps, values) where the value is known."""
    known = [(line["step"], line[key]) for line in log if line.get(key) is not None]
    return [step for step, _ in known], [value for _, value in known]


def running_mean(values, width):
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return [(sums[k + 1] - sums[max(0, k + 1 - width)]) / min(width, k + 1)
            for k in range(len(values))]


def plot_convergence(plt, runs, reference, smooth):
    keys = ["energy", "variance", "v_score", "acceptance", "r_hat"]
    titles = ["energy per site", "variance of H over N²", "V-score", "acceptance", "split R̂"]
    spread = any("attention_spread" in line for _, log in runs for line in log)
    panels = 6 + (reference is not None) + spread
    figure, axes = plt.subplots((panels + 2) // 3, 3, figsize=(15, 3.5 * ((panels + 2) // 3)))
    axes = list(axes.flat)
    for axis, key, title in zip(axes, keys, titles):
        for number, (name, log) in enumerate(runs):
            steps, values = column(log, key)
            axis.plot(steps, values, lw=0.6, alpha=0.35, color=f"C{number}")
            axis.plot(steps, running_mean(values, smooth), lw=1.4, color=f"C{number}", label=name)
        if key == "energy" and reference is not None:
            axis.axhline(reference, color="black", ls=":", label="reference")
        if key in ("variance", "v_score"):
            axis.set_yscale("log")
        axis.set_title(title)
        axis.set_xlabel("step")
    axes[0].legend(fontsize=8)
    rest = axes[len(keys):]
    if reference is not None:
        axis = rest.pop(0)
        for number, (name, log) in enumerate(runs):
            steps, values = column(log, "energy")
            mean = running_mean(values, smooth)
            axis.plot(steps, [abs(e / reference - 1) for e in mean], color=f"C{number}")
        axis.set_yscale("log")
        axis.set_title("relative error of the energy")
        axis.set_xlabel("step")
    axis = rest.pop(0)
    phases = list(runs[0][1][0]["seconds"])
    for number, (name, log) in enumerate(runs):
        means = [sum(line["seconds"][phase] for line in log) / len(log) for phase in phases]
        width = 0.8 / len(runs)
        axis.barh([k + number * width for k in range(len(phases))], means, width,
                  color=f"C{number}")
    axis.set_yticks(range(len(phases)))
    axis.set_yticklabels(phases)
    axis.set_title("seconds a step, mean")
    if spread:
        axis = rest.pop(0)
        for number, (name, log) in enumerate(runs):
            looks = [line for line in log if "attention_spread" in line]
            for layer in range(len(looks[0]["attention_spread"]) if looks else 0):
                axis.plot([line["step"] for line in looks],
                          [sum(line["attention_spread"][layer]) /
                           len(line["attention_spread"][layer]) for line in looks],
                          ("-", "--", "-.", ":")[layer % 4], color=f"C{number}",
                          label=f"{name}, layer {layer}")
        axis.set_ylim(bottom=0)
        axis.legend(fontsize=7)
        axis.set_title("spread of the attention over inputs")
        axis.set_xlabel("step")
    for axis in rest:
        axis.set_axis_off()
    return figure


def plot_attention(plt, directory):
    import h5py

    with h5py.File(directory / "attention.h5") as file:
        mean = file["mean"][...]  # layers, heads, n, n
        spread = file["spread"][...]
    layers, heads = mean.shape[:2]
    figure, axes = plt.subplots(layers, heads, figsize=(2.3 * heads, 2.5 * layers), squeeze=False)
    for layer in range(layers):
        for head in range(heads):
            axis = axes[layer][head]
            image = axis.imshow(mean[layer, head], cmap="viridis")
            axis.set_title(f"layer {layer}, head {head}\nspread {spread[layer, head]:.3f}",
                           fontsize=8)
            axis.set_xticks([])
            axis.set_yticks([])
            figure.colorbar(image, ax=axis, shrink=0.7)
    figure.suptitle("mean attention weights, patch i (rows) to j", fontsize=10)
    return figure


def plot_observables(plt, directory):
    import h5py
    import numpy

    with h5py.File(directory / "measure.h5") as file:
        if "structure_factor" not in file:
            return None
        S = file["structure_factor/mean"][...]
        C = file["spin_correlations/mean"][...]
    rows, columns = S.shape
    if rows == 1:
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
        left.plot(2 * numpy.arange(columns) / columns, S[0], "o-")
        left.set_xlabel("q/π")
        right.plot(range(columns), C[0], "o-")
        right.set_xlabel("r")
    else:
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
        # One period from 0 to 2π on either axis; the pixel of a momentum is centred on it.
        step = 2 / columns
        extent = (-step / 2, 2 - step / 2, 2 - step / 2, -step / 2)
        figure.colorbar(left.imshow(S, extent=extent, cmap="magma"), ax=left)
        left.set_xlabel("q along a row / π")
        left.set_ylabel("q along a column / π")
        largest = abs(C.flat[1:]).max()
        figure.colorbar(right.imshow(C, cmap="RdBu", vmin=-largest, vmax=largest), ax=right)
        right.set_xlabel("r along a row")
        right.set_ylabel("r along a column")
    left.set_title("S(q)")
    right.set_title("C(r) = ⟨S·S⟩")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."),
                        help="directory for the pictures; default: here")
    parser.add_argument("--format", choices=("png", "svg"), default="png")
    parser.add_argument("--reference", type=float, help="energy per site to compare with")
    parser.add_argument("--smooth", type=int, default=10, help="steps of the running mean")
    arguments = parser.parse_args()
    if arguments.smooth < 1:
        parser.error(f"--smooth {arguments.smooth}: must be at least 1")
    need("numpy", "matplotlib", "h5py")
    runs = [(directory.resolve().name, read_log(directory)) for directory in arguments.directories]

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    arguments.out.mkdir(parents=True, exist_ok=True)

    def save(figure, name):
        path = arguments.out / f"{name}.{arguments.format}"
        figure.tight_layout()
        figure.savefig(path, dpi=120)
        plt.close(figure)
        print(path)

    save(plot_convergence(plt, runs, arguments.reference, arguments.smooth), "convergence")
    for directory, (name, _) in zip(arguments.directories, runs):
        if (directory / "attention.h5").exists():
            save(plot_attention(plt, directory), f"attention-{name}")
        if (directory / "measure.h5").exists():
            figure = plot_observables(plt, directory)
            if figure is not None:
                save(figure, f"observables-{name}")


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(f"plot_run.py: {error}", file=sys.stderr)
        sys.exit(2)
