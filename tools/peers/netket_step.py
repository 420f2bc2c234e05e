"""NetKet's VMC step (VMC_SR) on Plaquette's network; answers requests as worker.py says."""

import model_file
import worker


class NetKet(worker.Worker):
    packages = ("netket", "flax")
    alternatives = ({"on_the_fly": True},)  # the kernel without the Jacobian in memory

    def __init__(self, arguments):
        super().__init__(arguments)
        import jax.numpy as jnp
        import netket as nk

        L, shape = self.shape.L, self.shape
        graph = nk.graph.Grid([L, L], pbc=True, max_neighbor_order=2)
        hilbert = nk.hilbert.Spin(0.5, N=graph.n_nodes, total_sz=0)
        # In Pauli matrices: four times our H.
        self.H = nk.operator.Heisenberg(hilbert=hilbert, graph=graph, J=[1.0, arguments.J2],
                                        sign_rule=[False, False]).to_jax_operator()
        sampler = nk.sampler.MetropolisExchange(
            hilbert, n_chains=arguments.chains, graph=graph, d_max=arguments.exchange_range,
            sweep_size=graph.n_nodes, dtype=jnp.int8)

        def apply(variables, configurations):
            flat = configurations.reshape(-1, L * L)
            values = model_file.log_psi(variables["params"], flat, shape, jnp)
            return values.reshape(configurations.shape[:-1])

        self.state = nk.vqs.MCState(
            sampler, apply_fun=apply, variables={"params": self.parameters},
            n_samples=arguments.chains, n_discard_per_chain=0, seed=arguments.seed,
            chunk_size=None)
        self.state.sample(n_discard_per_chain=10)
        self.time_local_energies()
        self.set({"chunk": 512})

    def time_local_energies(self):
        """The driver asks its state for them: the one place between the phases of a step."""
        estimate = self.state.local_estimators

        def timed(operator):
            watch = worker.Stopwatch()
            found = estimate(operator)
            self.energy_seconds = watch(found)
            self.energies = found.reshape(-1) / 4
            return found

        object.__setattr__(self.state, "local_estimators", timed)

    def set(self, settings):
        import netket as nk

        chunk = settings["chunk"]
        chains = self.arguments.chains
        self.state.chunk_size = chunk or None
        kernel = self.state.n_parameters > 2 * chains
        # At a rate of zero every step has the same network.
        self.driver = nk.driver.VMC_SR(
            hamiltonian=self.H, optimizer=nk.optimizer.Sgd(0.0),
            diag_shift=self.arguments.diag_shift, variational_state=self.state, mode="complex",
            use_ntk=kernel, on_the_fly=kernel and settings.get("on_the_fly", False),
            chunk_size_bwd=max(k for k in range(1, chains + 1)
                               if chains % k == 0 and k <= (chunk or chains)))

    def step(self):
        watch = worker.Stopwatch()
        self.state.reset()
        samples = self.state.samples
        sampling = watch(samples)
        _, direction = self.driver.compute_loss_and_update()
        rest = watch(direction) - self.energy_seconds
        self.driver.update_parameters(direction)
        rest += watch(self.state.parameters)
        self.configurations = samples.reshape(self.arguments.chains, -1)
        self.update = worker.flat_update(direction) / 4
        return {"sampling": sampling, "local_energy": self.energy_seconds, "update": rest,
                "step": sampling + self.energy_seconds + rest}

    def log_psi(self, configurations):
        return self.state.log_value(configurations)


if __name__ == "__main__":
    worker.serve(NetKet, __doc__)
