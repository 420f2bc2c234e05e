"""Model files (docs/guide.md), and their network in NumPy, by the equations of docs/theory.md."""

import dataclasses
import math

import numpy


@dataclasses.dataclass(frozen=True)
class Shape:
    """What the network is, without its numbers."""

    L: int
    patch: int
    d_model: int
    heads: int
    layers: int
    attention: str  # factored, t5 or decoupled
    translation_invariant: bool

    @property
    def side(self):
        """Patches along a side."""
        return self.L // self.patch

    @property
    def tokens(self):
        return self.side**2


def read(path):
    """(Shape, parameters): arrays in double precision by name, such as 'embed/kernel'."""
    import h5py

    with h5py.File(path) as file:
        attributes = {key: value.decode() if isinstance(value, bytes) else value
                      for key, value in file.attrs.items()}
        if attributes.get("format") != "plaquette-model":
            raise ValueError(f"{path}: no model file of Plaquette")
        if attributes["lattice"] != "square":
            raise ValueError(f"{path}: lattice {attributes['lattice']}; the peers take square")
        parameters = {}

        def keep(name, item):
            if isinstance(item, h5py.Dataset):
                parameters[name] = item[...]

        file["parameters"].visititems(keep)
    shape = Shape(*(int(attributes[key]) for key in ("L", "patch", "d_model", "heads", "layers")),
                  attention=str(attributes["attention"]),
                  translation_invariant=bool(attributes["translation_invariant"]))
    return shape, parameters


def displacements(shape):
    """Index of the displacement from patch i to patch j on the torus of patches.   (n, n)"""
    row, column = numpy.divmod(numpy.arange(shape.tokens), shape.side)
    rows = (row[None, :] - row[:, None]) % shape.side
    columns = (column[None, :] - column[:, None]) % shape.side
    return rows * shape.side + columns


def spins(lines):
    """Configurations from lines of + and -.   (B, N) of ±1"""
    return numpy.array([[1 if site in "+1" else -1 for site in line] for line in lines],
                       dtype=numpy.int8)


def lines(spins):
    """The lines of --configurations."""
    return ["".join("+" if site > 0 else "-" for site in row) for row in numpy.asarray(spins)]


def log_psi(parameters, configurations, shape, np=numpy):
    """log ψ of configurations of ±1 in the parameters' precision; np is NumPy or jax.numpy.   (B,)"""
    real = parameters["embed/kernel"].dtype
    B, n, b, d = configurations.shape[0], shape.tokens, shape.patch, shape.d_model
    h, r = shape.heads, d // shape.heads

    def dense(x, name):
        return x @ parameters[f"{name}/kernel"] + parameters[f"{name}/bias"]

    def norm(x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        scale = parameters[f"{name}/scale"] / np.sqrt(variance + 1e-6)
        return centred * scale + parameters[f"{name}/bias"]

    def softmax(x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def gelu(x):
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))

    def attention(x, name):
        p = parameters[f"{name}/position"]
        if shape.translation_invariant:
            p = p[:, displacements(shape)]  # (h, n, n)
        v = dense(x, f"{name}/value").reshape(B, n, h, r)
        if shape.attention == "factored":
            y = np.einsum("hij,bjhr->bihr", p, v)
        else:
            q = dense(x, f"{name}/query").reshape(B, n, h, r)
            k = dense(x, f"{name}/key").reshape(B, n, h, r)
            logits = np.einsum("bihr,bjhr->bhij", q, k) / math.sqrt(r)
            weights = softmax(logits + p) if shape.attention == "t5" else softmax(logits) + p
            y = np.einsum("bhij,bjhr->bihr", weights, v)
        return dense(y.reshape(B, n, d), f"{name}/output")

    patches = configurations.reshape(B, shape.side, b, shape.side, b).transpose(0, 1, 3, 2, 4)
    x = dense(patches.reshape(B, n, b * b).astype(real), "embed")  # (B, n, d)
    for l in range(shape.layers):
        x = x + attention(norm(x, f"layers/{l}/norm1"), f"layers/{l}/attention")
        hidden = gelu(dense(norm(x, f"layers/{l}/norm2"), f"layers/{l}/ffn/up"))
        x = x + dense(hidden, f"layers/{l}/ffn/down")
    z = norm(x.sum(axis=1), "head/norm")  # (B, d)
    w = (norm(dense(z, "head/real"), "head/real_norm")
         + 1j * norm(dense(z, "head/imag"), "head/imag_norm"))
    w = np.where(w.real < 0, -w, w)  # log cosh is even, and without overflow on this side
    return (w + np.log1p(np.exp(-2 * w)) - math.log(2)).sum(axis=-1)
