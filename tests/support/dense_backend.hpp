#pragma once

#include <Eigen/Core>

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "plaquette/backend/backend.hpp"

namespace plaquette::testing_support {

/// A backend whose log-derivatives and energies are given matrices, for tests of the driver: every
/// verb of the SR step is one line of dense algebra. Chains are counted, not moved.
class DenseBackend : public Backend {
 public:
  Eigen::MatrixXcd log_derivatives;  // (M, P), not centred
  Eigen::VectorXcd energies;         // (M)
  Eigen::VectorXcd log_psi_values;   // (M)
  GramForm form = GramForm::samples;
  double smallest_shift = 0;     // below it solve reports a matrix that is not positive definite
  bool solution_is_nan = false;  // solve spoils its result

  // What the driver did.
  std::vector<double> parameters;
  ConfigurationBatch chain_states;
  std::vector<std::uint64_t> first_sweeps;
  std::vector<int> sweeps_made;
  std::vector<std::size_t> slots;
  std::vector<double> shifts;

  BackendKind kind() const override { return BackendKind::cpu; }
  std::string description() const override { return "dense matrices"; }
  const MemoryPlan& memory_plan() const override { return plan_; }
  void set_parameters(std::span<const double> theta) override {
    parameters.assign(theta.begin(), theta.end());
  }

  void set_chains(const ConfigurationBatch& states) override { chain_states = states; }
  ConfigurationBatch chains() const override { return chain_states; }
  SweepCounts advance(std::uint64_t first_sweep, int sweeps) override {
    first_sweeps.push_back(first_sweep);
    sweeps_made.push_back(sweeps);
    // Something that a restore must undo.
    for (std::size_t k = 0; k < chain_states.count(); ++k) exchange_spins(chain_states[k], 0, 1);
    return {.proposed = 100, .accepted = 25};
  }

  void record_samples(std::size_t slot) override { slots.push_back(slot); }
  void set_samples(const ConfigurationBatch&) override {}
  ConfigurationBatch samples() const override { return {}; }
  void sample_log_psi(std::span<std::complex<double>> out) override;
  std::uint64_t sample_local_energies(std::span<std::complex<double>> out) override;

  Precision accumulate_gram(std::span<const double> weights, std::span<const double> scale,
                            double shift, PhaseClock& clock) override;
  SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) override;
  void apply(std::span<const double> direction, std::span<double> rows) override;
  void apply_transpose(std::span<const double> rows, std::span<double> direction) override;

  void log_psi(const ConfigurationBatch&, std::span<std::complex<double>>) override {}
  void local_energies(const ConfigurationBatch&, std::span<std::complex<double>>) override {}
  void gradients(const ConfigurationBatch&, std::span<std::complex<double>>) override {}
  void softmax_weights(const ConfigurationBatch&, std::span<double>) override {}

  Eigen::MatrixXd jacobian;  // (2M, P), B of the last accumulate_gram

 private:
  MemoryPlan plan_;
};

}  // namespace plaquette::testing_support
