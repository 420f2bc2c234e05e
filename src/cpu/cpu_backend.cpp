#include "cpu/cpu_backend.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/blas.hpp"
#include "cpu/cholesky.hpp"
#include "cpu/jacobian_operations.hpp"
#include "cpu/local_energy.hpp"
#include "cpu/memory_plan.hpp"
#include "cpu/operations.hpp"
#include "cpu/sampler.hpp"
#include "cpu/symmetry_images.hpp"
#include "network/phase_networks.hpp"

namespace plaquette::cpu {
namespace {

using Complex = std::complex<double>;

using StateView = TensorView<const std::uint64_t, 2>;

/// Configurations [range) of a batch.
StateView view(const ConfigurationBatch& states, IndexRange range) {
  return StateView(states[range.begin], range.size(),
                   static_cast<std::size_t>(states.words_per_configuration()));
}

class CpuBackend final : public Backend {
 public:
  CpuBackend(const Problem& problem, const Resources& resources)
      : problem_(problem),
        plan_(cpu::plan_memory(problem, resources)),
        layouts_(problem, 0),
        networks_(problem.system, layouts_),
        executor_(thread_count(resources.threads), workspace_bytes(layouts_, problem),
                  resources.interruption),
        parameters_(problem.system.parameters.size),
        chains_(problem.system.hamiltonian.sites, problem.chains),
        log_amplitude_(problem.chains),
        samples_(problem.system.hamiltonian.sites, problem.samples) {
    use_one_blas_thread();
    if (problem.samples == 0) return;
    const JacobianShape shape = jacobian_shape(problem, plan_);
    jacobian_ = networks_.with_log_derivatives(
        [&](const auto& state) { return make_jacobian(shape, state.wave_function()); });
    gram_ = AlignedBuffer<double>(shape.gram_size() * shape.gram_size());
    gram_diagonal_.resize(shape.gram_size());
  }

  BackendKind kind() const override { return BackendKind::cpu; }
  std::string description() const override {
    return concat(device_description(), ", ", executor_.threads(),
                  executor_.threads() == 1 ? " thread" : " threads");
  }
  const MemoryPlan& memory_plan() const override { return plan_; }

  void set_parameters(std::span<const double> theta) override {
    networks_.set_parameters(theta);
    amplitudes_known_ = false;
    forget_jacobian();
  }

  void set_chains(const ConfigurationBatch& states) override {
    PLAQUETTE_REQUIRE(states.count() == problem_.chains && states.sites() == chains_.sites(),
                      states.count(), " chains");
    chains_ = states;
    amplitudes_known_ = false;
  }
  ConfigurationBatch chains() const override { return chains_; }

  SweepCounts advance(std::uint64_t first_sweep, int sweeps) override {
    const WaveFunction& psi = networks_.sampling();
    SweepCounts total;
    if (!amplitudes_known_) {
      std::vector<Complex> log_psi(chains_.count());
      evaluate(psi, chains_, log_psi);
      for (std::size_t k = 0; k < log_psi.size(); ++k) log_amplitude_[k] = log_psi[k].real();
      amplitudes_known_ = true;
      total.evaluated += chains_.count();
    }
    const ExchangeMoves moves{problem_.system.hamiltonian.sites, problem_.system.exchange_pairs,
                              problem_.seed, problem_.sampling_power};
    const FixedPartition groups{chains_.count(), psi.window()};
    std::vector<SweepCounts> counts(groups.count());
    executor_.for_each(groups, [&](IndexRange group, Workspace& workspace) {
      counts[group.begin / groups.piece] =
          advance_chains(psi, moves, group, first_sweep, sweeps, chains_[group.begin],
                         log_amplitude_.data() + group.begin, workspace);
    });
    for (const SweepCounts& group : counts) {
      total.proposed += group.proposed;
      total.accepted += group.accepted;
      total.evaluated += group.evaluated;
    }
    return total;
  }

  void record_samples(std::size_t slot) override {
    const std::size_t first = slot * chains_.count();
    PLAQUETTE_REQUIRE(first + chains_.count() <= samples_.count(), "slot ", slot);
    std::copy(chains_.words().begin(), chains_.words().end(), samples_[first]);
    forget_jacobian();
  }
  void set_samples(const ConfigurationBatch& states) override {
    PLAQUETTE_REQUIRE(states.count() == samples_.count() && states.sites() == samples_.sites(),
                      states.count(), " samples");
    samples_ = states;
    forget_jacobian();
  }
  ConfigurationBatch samples() const override { return samples_; }

  void sample_log_psi(std::span<Complex> out) override { log_psi(samples_, out); }
  std::uint64_t sample_local_energies(std::span<Complex> out) override {
    return energies_of(samples_, out);
  }

  Precision accumulate_gram(std::span<const double> weights, std::span<const double> column_scale,
                            double shift, PhaseClock& clock) override {
    jacobian().define(view(samples_, {0, samples_.count()}), weights, column_scale);
    const Precision products = jacobian().gram(gram_.data(), shift, clock);
    const std::size_t n = gram_size();
    for (std::size_t i = 0; i < n; ++i) gram_diagonal_[i] = gram_[i * n + i];
    return products;
  }

  SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) override {
    PLAQUETTE_REQUIRE(rhs.size() == gram_size() && x.size() == gram_size(), rhs.size());
    if (!cholesky_factor(gram_.data(), gram_diagonal_, shift, executor_.threads())) return {false};
    std::copy(rhs.begin(), rhs.end(), x.begin());
    cholesky_solve(gram_.data(), x);
    return {std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); })};
  }

  void apply(std::span<const double> direction, std::span<double> rows) override {
    jacobian().apply(direction, rows);
  }
  void apply_transpose(std::span<const double> rows, std::span<double> direction) override {
    jacobian().apply_transpose(rows, direction);
  }

  void log_psi(const ConfigurationBatch& states, std::span<Complex> out) override {
    evaluate(networks_.local_energy(), states, out);
  }
  void local_energies(const ConfigurationBatch& states, std::span<Complex> out) override {
    energies_of(states, out);
  }

  void gradients(const ConfigurationBatch& states, std::span<Complex> out) override {
    PLAQUETTE_REQUIRE(out.size() == states.count() * parameters_, out.size(), " numbers");
    networks_.with_log_derivatives(
        [&](const auto& state) { gradients_of(state.wave_function(), states, out); });
  }

  void softmax_weights(const ConfigurationBatch& states, std::span<double> out) override {
    PLAQUETTE_REQUIRE(states.count() > 0 && out.size() % states.count() == 0, out.size());
    const std::size_t width = out.size() / states.count();
    networks_.with_log_derivatives([&](const auto& state) {
      executor_.for_each({states.count(), state.network().gradient_window()},
                         [&](IndexRange batch, Workspace& workspace) {
                           state.network().softmax_weights(
                               out.subspan(batch.begin * width, batch.size() * width),
                               view(states, batch), workspace);
                         });
    });
  }

 private:
  void forget_jacobian() {
    if (jacobian_) jacobian_->forget();
  }

  Jacobian& jacobian() {
    PLAQUETTE_REQUIRE(jacobian_ != nullptr, "this backend was made without samples");
    return *jacobian_;
  }

  std::size_t gram_size() const { return gram_diagonal_.size(); }

  template <class Real>
  std::unique_ptr<Jacobian> make_jacobian(const JacobianShape& shape,
                                          const Differentiable<Real>& psi) {
    return std::make_unique<JacobianOf<Executor, Real>>(shape, psi, executor_);
  }

  void evaluate(const WaveFunction& psi, const ConfigurationBatch& states, std::span<Complex> out) {
    PLAQUETTE_REQUIRE(out.size() == states.count(), out.size(), " results");
    executor_.for_each({states.count(), psi.window()}, [&](IndexRange batch, Workspace& workspace) {
      psi.log_psi(as_pairs(out.data() + batch.begin), view(states, batch), workspace);
    });
  }

  std::uint64_t energies_of(const ConfigurationBatch& states, std::span<Complex> out) {
    PLAQUETTE_REQUIRE(out.size() == states.count(), out.size(), " results");
    const FixedPartition groups{states.count(), kLocalEnergyGroup};
    std::vector<std::uint64_t> evaluated(groups.count());
    executor_.for_each(groups, [&](IndexRange group, Workspace& workspace) {
      evaluated[group.begin / groups.piece] = cpu::local_energies(
          networks_.local_energy(), problem_.system.hamiltonian, states[group.begin],
          out.subspan(group.begin, group.size()), workspace);
    });
    std::uint64_t total = 0;
    for (const std::uint64_t count : evaluated) total += count;
    return total;
  }

  /// Window by window, each with rows of its own; not for a step: it allocates.
  template <class Real>
  void gradients_of(const Differentiable<Real>& psi, const ConfigurationBatch& states,
                    std::span<Complex> out) {
    executor_.for_each({states.count(), psi.gradient_window()},
                       [&](IndexRange batch, Workspace& workspace) {
                         const std::size_t size = batch.size() * parameters_;
                         AlignedBuffer<Real> rows(2 * size);
                         psi.gradients({.entries = rows.data(),
                                        .row_stride = parameters_,
                                        .samples = batch.size(),
                                        .first_sample = 0,
                                        .begin = 0,
                                        .end = parameters_},
                                       view(states, batch), workspace);
                         for (std::size_t k = 0; k < size; ++k) {
                           out[batch.begin * parameters_ + k] = {
                               static_cast<double>(rows[k]), static_cast<double>(rows[size + k])};
                         }
                       });
  }

  Problem problem_;
  MemoryPlan plan_;
  PhaseLayouts<Operations> layouts_;
  PhaseNetworks<Operations, SymmetryImages> networks_;
  Executor executor_;
  std::size_t parameters_;
  ConfigurationBatch chains_;
  std::vector<double> log_amplitude_;  // Re log ψ of the chains' states
  bool amplitudes_known_ = false;
  ConfigurationBatch samples_;
  std::unique_ptr<Jacobian> jacobian_;
  AlignedBuffer<double> gram_;         // (n, n): lower triangle Gram, upper its factor
  std::vector<double> gram_diagonal_;  // (n)
};

}  // namespace

std::unique_ptr<Backend> make_backend(const Problem& problem, const Resources& resources) {
  return std::make_unique<CpuBackend>(problem, resources);
}

}  // namespace plaquette::cpu
