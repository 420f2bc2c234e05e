"""Quantax' VMC step (SpinExchange, SR) on Plaquette's network; answers requests as worker.py says."""

import model_file
import worker


class Quantax(worker.Worker):
    packages = ("quantax", "equinox")

    def __init__(self, arguments):
        super().__init__(arguments)
        import equinox
        import jax
        import jax.numpy as jnp
        import quantax
        from quantax.utils import LogArray

        L, N, shape = self.shape.L, self.shape.L**2, self.shape
        quantax.set_default_dtype(jnp.complex64 if self.real == jnp.float32 else jnp.complex128)
        quantax.set_random_seed(arguments.seed)
        quantax.sites.Square(L, Nparticles=(N // 2, N // 2))

        class Network(equinox.Module):
            parameters: dict

            def __call__(self, configuration):
                value = model_file.log_psi(self.parameters, configuration[None], shape, jnp)[0]
                return LogArray(jnp.exp(1j * value.imag), value.real)

        # In Pauli matrices: four times our H.
        self.H = quantax.operator.Heisenberg(J=[1.0, arguments.J2], n_neighbor=[1, 2])
        self.network = Network(self.parameters)
        self.neighbours = list(range(1, arguments.exchange_range + 1))
        self.make(512, None)

    def make(self, chunk, spins):
        import quantax
        N = self.shape.L**2
        self.state = quantax.state.Variational(self.network, max_parallel=chunk or None)
        self.sampler = quantax.sampler.SpinExchange(
            self.state, self.arguments.chains, sweep_steps=N, n_neighbor=self.neighbours,
            thermal_steps=0 if spins is not None else 10 * N, initial_spins=spins)
        self.optimizer = quantax.optimizer.SR(self.state, self.H, solver=quantax.optimizer.auto_shift_eig(
            rshift=0.0, ashift=self.arguments.diag_shift))

    def set(self, settings):
        self.make(settings["chunk"], self.sampler._spins)

    def step(self):
        watch = worker.Stopwatch()
        self.samples = self.sampler.sweep()
        sampling = watch(self.samples.spins)
        centred = self.optimizer.get_Ebar(self.samples)
        local_energy = watch(centred)
        # The rest of get_step, as StochasticQNGD has it.
        jacobian = self.optimizer.get_Obar(self.samples)
        direction, self.optimizer._buffers = self.optimizer.solve(jacobian, centred,
                                                                  self.optimizer._buffers)
        self.state.update(0.0 * direction)
        update = watch(direction, self.state.model)
        self.direction = direction
        return {"sampling": sampling, "local_energy": local_energy, "update": update,
                "step": sampling + local_energy + update}

    @property
    def configurations(self):
        return self.samples.spins

    @property
    def energies(self):
        return self.H.Oloc(self.state, self.samples.spins) / 4

    @property
    def update(self):
        """Quantax' ε lacks the factor 2."""
        return 2 * self.direction.real / 4

    def log_psi(self, configurations):
        import jax.numpy as jnp
        psi = self.state(jnp.asarray(configurations))
        return psi.logabs + 1j * jnp.angle(psi.sign)


if __name__ == "__main__":
    worker.serve(Quantax, __doc__)
