#include "cpu/cpu_backend.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "cpu/blas.hpp"
#include "cpu/cholesky.hpp"
#include "cpu/jacobian.hpp"
#include "cpu/local_energy.hpp"
#include "cpu/parallel.hpp"
#include "cpu/phase_networks.hpp"
#include "cpu/sampler.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cpu {
namespace {

using Complex = std::complex<double>;

/// Copies the derivatives of a batch into rows of complex numbers (B, P).
class ComplexSink final : public GradientSink {
 public:
  ComplexSink(Complex* out, std::size_t parameters) : out_(out), parameters_(parameters) {}
  bool wants(IndexRange) const override { return true; }
  void take(Part part, std::size_t sample, std::size_t offset,
            std::span<const float> values) override {
    write(part, sample, offset, values);
  }
  void take(Part part, std::size_t sample, std::size_t offset,
            std::span<const double> values) override {
    write(part, sample, offset, values);
  }

 private:
  template <class Real>
  void write(Part part, std::size_t sample, std::size_t offset, std::span<const Real> values) {
    Complex* row = out_ + sample * parameters_ + offset;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (part == Part::real) {
        row[k].real(static_cast<double>(values[k]));
      } else {
        row[k].imag(static_cast<double>(values[k]));
      }
    }
  }
  Complex* out_;
  std::size_t parameters_;
};

class CpuBackend final : public Backend {
 public:
  CpuBackend(const Problem& problem, const Resources& resources)
      : problem_(problem),
        plan_(cpu::plan_memory(problem, resources)),
        threads_(thread_count(resources.threads)),
        networks_(problem),
        parameters_(problem.system.parameters.size),
        chains_(problem.system.hamiltonian.sites, problem.chains),
        log_amplitude_(problem.chains),
        samples_(problem.system.hamiltonian.sites, problem.samples) {
    use_one_blas_thread();
    const std::size_t bytes = workspace_bytes(networks_, problem.system.hamiltonian.sites);
    for (int t = 0; t < threads_; ++t) workspaces_.emplace_back(bytes);
    if (problem.samples > 0) {
      jacobian_.emplace(networks_.log_derivatives(), problem.system.hamiltonian.sites,
                        problem.samples, parameters_, plan_.parameters_per_block, workspaces_);
      const std::size_t n = gram_size();
      gram_ = AlignedBuffer<double>(n * n);
      gram_diagonal_.resize(n);
    }
  }

  BackendKind kind() const override { return BackendKind::cpu; }
  std::string description() const override {
    return concat(device_description(), ", ", threads_, threads_ == 1 ? " thread" : " threads");
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
    const FixedPartition groups{chains_.count(), psi.micro_batch()};
    std::vector<SweepCounts> counts(groups.count());
    parallel_for(threads_, groups.count(), [&](std::size_t g, int thread) {
      const IndexRange group = groups[g];
      counts[g] = advance_chains(psi, moves, group, first_sweep, sweeps, chains_[group.begin],
                                 log_amplitude_.data() + group.begin, workspace(thread));
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

  void accumulate_gram(std::span<const double> weights, std::span<const double> column_scale,
                       PhaseClock& clock) override {
    jacobian().define(samples_[0], weights, column_scale);
    if (problem_.gram_form == GramForm::samples) {
      jacobian().gram_of_rows(gram_.data(), clock);
    } else {
      jacobian().gram_of_columns(gram_.data(), clock);
    }
    const std::size_t n = gram_size();
    for (std::size_t i = 0; i < n; ++i) gram_diagonal_[i] = gram_[i * n + i];
  }

  SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) override {
    PLAQUETTE_REQUIRE(rhs.size() == gram_size() && x.size() == gram_size(), rhs.size());
    if (!cholesky_factor(gram_.data(), gram_diagonal_, shift, threads_)) return {false};
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
    const WaveFunction& psi = networks_.log_derivatives();
    const FixedPartition batches{states.count(), psi.micro_batch()};
    parallel_for(threads_, batches.count(), [&](std::size_t index, int thread) {
      const IndexRange batch = batches[index];
      ComplexSink sink(out.data() + batch.begin * parameters_, parameters_);
      psi.gradients(states[batch.begin], batch.size(), sink, workspace(thread));
    });
  }

  void softmax_weights(const ConfigurationBatch& states, std::span<double> out) override {
    PLAQUETTE_REQUIRE(states.count() > 0 && out.size() % states.count() == 0, out.size());
    const std::size_t width = out.size() / states.count();
    const WaveFunction& psi = networks_.log_derivatives();
    const FixedPartition batches{states.count(), psi.micro_batch()};
    parallel_for(threads_, batches.count(), [&](std::size_t index, int thread) {
      const IndexRange batch = batches[index];
      psi.softmax_weights(states[batch.begin], batch.size(),
                          out.subspan(batch.begin * width, batch.size() * width),
                          workspace(thread));
    });
  }

 private:
  Workspace& workspace(int thread) { return workspaces_[static_cast<std::size_t>(thread)]; }

  void forget_jacobian() {
    if (jacobian_) jacobian_->forget();
  }

  Jacobian& jacobian() {
    PLAQUETTE_REQUIRE(jacobian_.has_value(), "this backend was made without samples");
    return *jacobian_;
  }

  std::size_t gram_size() const {
    return problem_.gram_form == GramForm::samples ? 2 * problem_.samples : parameters_;
  }

  void evaluate(const WaveFunction& psi, const ConfigurationBatch& states, std::span<Complex> out) {
    PLAQUETTE_REQUIRE(out.size() == states.count(), out.size(), " results");
    const FixedPartition batches{states.count(), psi.micro_batch()};
    parallel_for(threads_, batches.count(), [&](std::size_t index, int thread) {
      const IndexRange batch = batches[index];
      psi.log_psi(states[batch.begin], out.subspan(batch.begin, batch.size()), workspace(thread));
    });
  }

  std::uint64_t energies_of(const ConfigurationBatch& states, std::span<Complex> out) {
    PLAQUETTE_REQUIRE(out.size() == states.count(), out.size(), " results");
    const FixedPartition groups{states.count(), kLocalEnergyGroup};
    std::vector<std::uint64_t> evaluated(groups.count());
    parallel_for(threads_, groups.count(), [&](std::size_t g, int thread) {
      const IndexRange group = groups[g];
      evaluated[g] = cpu::local_energies(networks_.local_energy(), problem_.system.hamiltonian,
                                         states[group.begin],
                                         out.subspan(group.begin, group.size()), workspace(thread));
    });
    std::uint64_t total = 0;
    for (const std::uint64_t count : evaluated) total += count;
    return total;
  }

  Problem problem_;
  MemoryPlan plan_;
  int threads_;
  PhaseNetworks networks_;
  std::size_t parameters_;
  std::vector<Workspace> workspaces_;
  ConfigurationBatch chains_;
  std::vector<double> log_amplitude_;  // Re log ψ of the chains' states
  bool amplitudes_known_ = false;
  ConfigurationBatch samples_;
  std::optional<Jacobian> jacobian_;
  AlignedBuffer<double> gram_;         // (n, n): lower triangle Gram, upper its factor
  std::vector<double> gram_diagonal_;  // (n)
};

}  // namespace

std::unique_ptr<Backend> make_backend(const Problem& problem, const Resources& resources) {
  return std::make_unique<CpuBackend>(problem, resources);
}

}  // namespace plaquette::cpu
