"""A peer as a process that answers requests: one JSON line in, one out. The first line is its description.

{"do": "check"}   configurations of the peer's own sampler, and what it finds on them: log ψ, total local
                  energies (J1, S·S), and how far its update is from the textbook's, relative to that
{"do": "tune"}    tries the peer's settings, keeps the one with the shortest step
{"do": "set", "chunk": 512}   or sets them; 0 is all at once
{"do": "step"}    one step; its seconds by phase

What fails answers with an "error".
"""

import argparse
import importlib.metadata
import json
import math
import sys
import time
import traceback

import model_file

CHUNKS = (512, 2048, 8192)  # configurations at once that tune tries


def textbook_update(parameters, configurations, energies, shape, diag_shift, weights=None):
    """Oᵀ(OOᵀ + λ)⁻¹ ε, or the same by (OᵀO + λ)⁻¹, of weighted samples; docs/theory.md.   (P,)"""
    import jax
    import jax.numpy as jnp
    from jax.flatten_util import ravel_pytree

    parameters = {name: jnp.asarray(value, jnp.float64) for name, value in parameters.items()}
    flat, unravel = ravel_pytree(parameters)

    def parts(flat, configuration):
        value = model_file.log_psi(unravel(flat), configuration[None], shape, jnp)[0]
        return jnp.stack([value.real, value.imag])

    M = len(configurations)
    rows = jax.jit(jax.vmap(jax.jacrev(parts), (None, 0)))
    O = jnp.concatenate([rows(flat, jnp.asarray(configurations[k:k + 64]))
                         for k in range(0, M, 64)])  # (M, 2, P)
    w = jnp.full(M, 1 / M) if weights is None else jnp.asarray(weights) / jnp.sum(weights)
    energies = jnp.asarray(energies)
    O = (O - jnp.tensordot(w, O, 1)) * jnp.sqrt(w)[:, None, None]
    e = 2 * (energies - jnp.sum(w * energies)) * jnp.sqrt(w)
    O = O.reshape(2 * M, -1)
    e = jnp.stack([e.real, e.imag], axis=1).reshape(2 * M)
    if O.shape[0] < O.shape[1]:
        return O.T @ jnp.linalg.solve(O @ O.T + diag_shift * jnp.eye(2 * M), e)
    return jnp.linalg.solve(O.T @ O + diag_shift * jnp.eye(O.shape[1]), O.T @ e)


def flat_update(update):
    """A dictionary of updates in the order of textbook_update's parameters.   (P,)"""
    import numpy
    return numpy.concatenate([numpy.ravel(update[name]) for name in sorted(update)])


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", help="model file; a square lattice")
    parser.add_argument("--J2", type=float, default=0.5)
    parser.add_argument("--chains", type=int, default=256)
    parser.add_argument("--precision", default="fp64", choices=["fp64", "fp32"])
    parser.add_argument("--diag-shift", type=float, default=1e-4)
    parser.add_argument("--exchange-range", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Worker:
    """What the peers share. A peer defines step, log_psi, set and, of the last step, configurations,
    energies (total, S·S) and update (flat, ours: of ε = 2ΔE/√M)."""

    packages = ()
    alternatives = ()  # settings beside the chunk that are worth a trial

    def __init__(self, arguments):
        import jax
        jax.config.update("jax_enable_x64", True)
        # Of a GPU: single precision would otherwise be TF32, and no peer's work the same as another's.
        jax.config.update("jax_default_matmul_precision", "highest")
        self.arguments = arguments
        self.real = jax.numpy.float32 if arguments.precision == "fp32" else jax.numpy.float64
        self.shape, self.file_parameters = model_file.read(arguments.model)
        self.parameters = {name: jax.numpy.asarray(value, self.real)
                           for name, value in self.file_parameters.items()}

    def describe(self):
        import jax
        return {"versions": {name: importlib.metadata.version(name)
                             for name in (*self.packages, "jax", "jaxlib", "numpy")},
                "python": sys.version.split()[0],
                "device": jax.devices()[0].device_kind,
                "parameters": int(sum(value.size for value in self.parameters.values()))}

    def check(self):
        import numpy
        self.step()
        configurations = numpy.asarray(self.configurations).astype(numpy.int8)
        values = numpy.asarray(self.log_psi(configurations))
        energies = numpy.asarray(self.energies)
        expected = numpy.asarray(textbook_update(
            self.file_parameters, configurations, energies, self.shape,
            self.arguments.diag_shift))
        update = numpy.asarray(self.update)
        return {"configurations": model_file.lines(configurations),
                "log_psi": [[float(v.real), float(v.imag)] for v in values],
                "local_energy": [[float(e.real), float(e.imag)] for e in energies],
                "update_difference": float(numpy.linalg.norm(update - expected)
                                           / numpy.linalg.norm(expected))}

    def tune(self):
        """The settings with the shortest step: sizes of a chunk first, then what the peer has beside."""
        trials = []

        def seconds(settings):
            try:
                self.set(settings)
                self.step()
                self.step()  # some compile again when they meet their own results
                trials.append({**settings, "step": self.step()["step"]})
            except Exception as error:  # one that does not fit into memory, for instance
                trials.append({**settings, "error": first_line(error)})
            return trials[-1].get("step", math.inf)

        timed = [({"chunk": size}, seconds({"chunk": size})) for size in CHUNKS]
        chunk, _ = min(timed, key=lambda trial: trial[1])
        for settings in self.alternatives:
            timed.append(({**chunk, **settings}, seconds({**chunk, **settings})))
        best, shortest = min(timed, key=lambda trial: trial[1])
        if shortest == math.inf:
            raise RuntimeError(f"no setting works: {trials[0]['error']}")
        self.set(best)
        return {"settings": best, "trials": trials}

    def answer(self, request):
        match request.pop("do"):
            case "describe":
                return self.describe()
            case "check":
                return self.check()
            case "tune":
                return self.tune()
            case "set":
                self.set(request)
                return {}
            case "step":
                return self.step()
        raise ValueError("no such request")


def first_line(error):
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def serve(peer, description):
    """Answers requests with a peer made from the command line, until there are no more."""
    arguments = options(description)
    answers, sys.stdout = sys.stdout, sys.stderr  # what the peer prints is not an answer

    def tell(found):
        print(json.dumps(found), file=answers, flush=True)

    try:
        worker = peer(arguments)
        tell(worker.describe())
    except Exception as error:
        tell({"error": first_line(error)})
        raise
    for line in sys.stdin:
        try:
            tell(worker.answer(json.loads(line)))
        except Exception as error:  # for who asked to tell
            traceback.print_exc()
            tell({"error": first_line(error)})


class Stopwatch:
    """Seconds since the last look, once everything given is computed."""

    def __init__(self):
        self.last = time.perf_counter()

    def __call__(self, *results):
        import jax
        jax.block_until_ready(results)
        now = time.perf_counter()
        elapsed, self.last = now - self.last, now
        return elapsed
