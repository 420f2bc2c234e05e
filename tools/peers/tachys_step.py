"""tachys' VMC step (sample, compute_expectation, SR) on Plaquette's network; worker.py says what it answers."""

import model_file
import worker


class Tachys(worker.Worker):
    packages = ("tachys", "flax")

    def __init__(self, arguments):
        super().__init__(arguments)
        import jax
        import jax.numpy as jnp
        from tachys.lattice.bond_exchange import BondExchange
        from tachys.lattice.lattice import Lattice
        from tachys.lattice.spins.hamiltonians.heisenberg import heisenberg_hamiltonian
        from tachys.lattice.spins.spin_state import SpinState, init_config_fixed_magn
        from tachys.optimizer.optimizers import SR
        from tachys.wavefunction import WaveFunction

        L, J2, shape = self.shape.L, arguments.J2, self.shape
        lattice = Lattice.create((1, 0), (0, 1), [[0, 0]], (L, L))
        self.H = heisenberg_hamiltonian(
            lattice, [((1, 0), 1.0), ((0, 1), 1.0), ((1, 1), J2), ((1, -1), J2)])
        self.action = BondExchange.create(lattice, max_dist=arguments.exchange_range)
        # The network in the precision asked for; tachys keeps the kernel and its solve in double.
        self.wave_function = WaveFunction(
            params={name: jnp.asarray(value) for name, value in self.file_parameters.items()},
            apply_fn=lambda parameters, state: model_file.log_psi(parameters, state.spins, shape, jnp),
            dtype=self.real)
        self.optimizer = SR(diag_shift=arguments.diag_shift, mode="complex",
                            nbatches=max(1, arguments.chains // 256),
                            dtype=self.real if self.real == jnp.float32 else None)
        self.optimizer_state = self.optimizer.init(self.wave_function.params)
        self.key, start = jax.random.split(jax.random.key(arguments.seed))
        self.state = SpinState(
            spins=init_config_fixed_magn(start, L * L, N_mc=arguments.chains), lattice=lattice)
        self.set({"chunk": 512})
        self.sample(10)

    def set(self, settings):
        """Connected states at once: tachys takes them in multiples of the chains that divide the bonds."""
        bonds = 4 * self.shape.L**2
        size = settings["chunk"]
        wanted = max(1, size // self.arguments.chains) if size else bonds
        self.multiple = max(k for k in range(1, bonds + 1) if bonds % k == 0 and k <= wanted)

    def sample(self, sweeps):
        import jax
        from tachys.montecarlo import sample
        self.key, subkey = jax.random.split(self.key)
        keys = jax.random.split(subkey, self.arguments.chains)
        self.state, self.log_amplitudes, _ = sample(sweeps, self.state, self.action, keys,
                                                    self.wave_function)

    def step(self):
        from tachys.lattice.operator.local_estimator import compute_expectation
        watch = worker.Stopwatch()
        self.sample(1)
        sampling = watch(self.state, self.log_amplitudes)
        energies, _, _ = compute_expectation(self.H, self.wave_function, self.state,
                                             self.log_amplitudes, batch_expand=self.multiple)
        local_energy = watch(energies)
        direction, self.optimizer_state = self.optimizer(energies, self.optimizer_state, self.state,
                                                         self.wave_function)
        self.wave_function = self.wave_function.apply_gradients(direction, 0.0)
        update = watch(self.wave_function.params)
        self.energies = energies
        self.update = worker.flat_update(direction)
        return {"sampling": sampling, "local_energy": local_energy, "update": update,
                "step": sampling + local_energy + update}

    @property
    def configurations(self):
        return self.state.spins

    def log_psi(self, configurations):
        return self.wave_function.apply_fn(self.parameters, self.state)


if __name__ == "__main__":
    worker.serve(Tachys, __doc__)
