"""The textbook's SR step over all configurations of 4x4 against the one that Plaquette took.

Prints the norm of the difference of both updates relative to the textbook's: what a peer's update is measured
against (worker.py) is Plaquette's too.
"""

import argparse
import itertools

import numpy

import model_file
import worker


def bonds(L, J2):
    """(i, j, J) of the square lattice, as docs/theory.md has them."""
    for x, y in itertools.product(range(L), range(L)):
        for dx, dy, J in ((1, 0, 1.0), (0, 1, 1.0), (1, 1, J2), (1, -1, J2)):
            yield x * L + y, (x + dx) % L * L + (y + dy) % L, J


def all_configurations(N):
    rows = numpy.full((len(list(itertools.combinations(range(N), N // 2))), N), -1, numpy.int8)
    for row, up in zip(rows, itertools.combinations(range(N), N // 2)):
        row[list(up)] = 1
    return rows


def local_energies(configurations, log_psi, L, J2):
    """Total, of all configurations at once: a neighbour's log ψ is found by its bits."""
    power = 1 << numpy.arange(configurations.shape[1])
    codes = (configurations > 0) @ power
    order = numpy.argsort(codes)
    energies = numpy.zeros(len(configurations), complex)
    for i, j, J in bonds(L, J2):
        parallel = configurations[:, i] == configurations[:, j]
        energies += numpy.where(parallel, J / 4, -J / 4)
        flipped = codes[~parallel] ^ (power[i] | power[j])
        partner = order[numpy.searchsorted(codes, flipped, sorter=order)]
        energies[~parallel] += J / 2 * numpy.exp(log_psi[partner] - log_psi[~parallel])
    return energies


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--J2", type=float, default=0.5)
    parser.add_argument("--diag-shift", type=float, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    arguments = parser.parse_args()
    import jax
    jax.config.update("jax_enable_x64", True)
    shape, before = model_file.read(arguments.before)
    _, after = model_file.read(arguments.after)
    configurations = all_configurations(shape.L**2)
    log_psi = model_file.log_psi(before, configurations, shape)
    energies = local_energies(configurations, log_psi, shape.L, arguments.J2)
    expected = worker.textbook_update(
        before, configurations, energies, shape, arguments.diag_shift,
        weights=numpy.exp(2 * (log_psi.real - log_psi.real.max())))
    taken = worker.flat_update({name: (before[name] - after[name]) / arguments.learning_rate
                                for name in before})
    print(float(numpy.linalg.norm(taken - expected) / numpy.linalg.norm(expected)))


if __name__ == "__main__":
    main()
