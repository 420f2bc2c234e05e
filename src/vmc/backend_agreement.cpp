#include "plaquette/vmc/backend_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <numbers>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/estimate.hpp"
#include "plaquette/vmc/optimisation.hpp"
#include "plaquette/vmc/stochastic_reconfiguration.hpp"

namespace plaquette {
namespace {

/// A smaller shift would leave nothing of the equation to compare but rounding.
constexpr double kSmallestShift = 1e-6;

/// Log ψ and local energies of the same samples.
struct SampleNumbers {
  std::vector<std::complex<double>> log_psi;   // (M)
  std::vector<std::complex<double>> energies;  // (M)
};

/// What a step computes from them.
struct StepNumbers {
  std::vector<double> force;  // (P)
  double residual = 0;        // of the solve, relative
  ConfigurationBatch chains;  // after a sweep
};

/// |BᵀBδ + λδ − Bᵀε| / |Bᵀε| of the backend's own direction δ, which either form of the Gram matrix
/// must make 0: Gram, solve and both products with B must belong together. (Directions of two
/// backends may differ by their rounding over λ, so they are not compared.)
double solve_residual(const Job& job, const Problem& problem, Backend& backend,
                      std::span<const double> rows, std::span<const double> force) {
  const StochasticReconfiguration reconfiguration(job, problem.gram_form, force.size());
  Direction found{
      .delta = {}, .second_moment = {}, .diag_shift = std::max(job.diag_shift, kSmallestShift)};
  found.delta = reconfiguration.solve(backend, rows, found);
  std::vector<double> seen(rows.size());
  std::vector<double> product(force.size());
  backend.apply(found.delta, seen);
  backend.apply_transpose(seen, product);
  double squares = 0;
  double whole = 0;
  for (std::size_t p = 0; p < force.size(); ++p) {
    const double difference = product[p] + found.diag_shift * found.delta[p] - force[p];
    squares += difference * difference;
    whole += force[p] * force[p];
  }
  return whole > 0 ? std::sqrt(squares / whole) : std::sqrt(squares);
}

SampleNumbers sample_numbers(const RunState& start, const Problem& problem, Backend& backend) {
  backend.set_parameters(start.parameters);
  backend.set_chains(start.chains);
  for (std::size_t slot = 0; slot < problem.samples / problem.chains; ++slot) {
    backend.record_samples(slot);
  }
  SampleNumbers numbers;
  numbers.log_psi.resize(problem.samples);
  numbers.energies.resize(problem.samples);
  backend.sample_log_psi(numbers.log_psi);
  backend.sample_local_energies(numbers.energies);
  return numbers;
}

StepNumbers step_numbers(const Job& job, const Problem& problem, Backend& backend,
                         const std::vector<std::complex<double>>& energies) {
  const std::vector<double> weights(problem.samples, 1.0 / static_cast<double>(problem.samples));
  const EnergyEstimate energy = estimate(energies, weights, problem.chains);
  const std::vector<double> rows = energy_residuals(energies, weights, energy.mean);
  PhaseClock clock;
  backend.accumulate_gram(weights, {}, job.diag_shift, clock);
  StepNumbers numbers;
  numbers.force.resize(problem.system.parameters.size);
  backend.apply_transpose(rows, numbers.force);
  numbers.residual = solve_residual(job, problem, backend, rows, numbers.force);
  backend.advance(0, 1);
  numbers.chains = backend.chains();
  return numbers;
}

/// max |difference(a, b)| / max |b|.
template <class Number, class Difference>
double distance(const std::vector<Number>& a, const std::vector<Number>& b,
                const Difference& difference) {
  double apart = 0;
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double found = std::abs(difference(a[k], b[k]));
    if (!std::isfinite(found)) return found;
    apart = std::max(apart, found);
    largest = std::max(largest, std::abs(b[k]));
  }
  return largest > 0 ? apart / largest : apart;
}

/// Of logarithms, whose imaginary parts are phases.
std::complex<double> difference_of_logs(std::complex<double> a, std::complex<double> b) {
  const std::complex<double> d = a - b;
  return {d.real(), std::remainder(d.imag(), 2 * std::numbers::pi)};
}

/// The fraction of chains that are in another state.
double parted(const ConfigurationBatch& a, const ConfigurationBatch& b) {
  std::size_t count = 0;
  const int words = a.words_per_configuration();
  for (std::size_t k = 0; k < a.count(); ++k) count += std::equal(a[k], a[k] + words, b[k]) ? 0 : 1;
  return static_cast<double>(count) / static_cast<double>(a.count());
}

void require_at_most(double allowed, const char* what, double found) {
  if (found <= allowed) return;
  throw NumericalError(concat("the backends ", what, ' ', found, " (", allowed, " is allowed)"));
}

}  // namespace

/// FP64 leaves 1e-9 in any of the numbers, FP32 a few 1e-4 in an amplitude's ratio: so near a
/// random number lie the odds of one proposal in FP64 in 1e9, and in FP32 of a chain in a hundred.
/// A Gram matrix of FP32 products leaves a few 1e-5 in what B makes of the solution.
void require_agreement(const Job& job, Backend& first, Backend& second) {
  const Problem problem = make_problem(job);
  PLAQUETTE_REQUIRE(problem.chains > 0, "backends are compared by their chains");
  const bool fp64 = job.precision.sampling == Precision::fp64;
  const double allowed = fp64 ? 1e-8 : 1e-2;
  const RunState start = initial_state(job, {});
  const SampleNumbers of_a = sample_numbers(start, problem, first);
  const SampleNumbers of_b = sample_numbers(start, problem, second);
  require_at_most(allowed, "differ in log psi by",
                  distance(of_a.log_psi, of_b.log_psi, difference_of_logs));
  require_at_most(allowed, "differ in local energies by",
                  distance(of_a.energies, of_b.energies, std::minus<>()));
  // The same energies for both: centring them would enlarge the little that they differ by.
  const StepNumbers a = step_numbers(job, problem, first, of_a.energies);
  const StepNumbers b = step_numbers(job, problem, second, of_a.energies);
  require_at_most(allowed, "differ in forces by", distance(a.force, b.force, std::minus<>()));
  require_at_most(fp64 ? 1e-6 : 1e-3, "solve with a residual of", std::max(a.residual, b.residual));
  require_at_most(fp64 ? 0.0 : 0.05, "part after a sweep in a fraction of chains of",
                  parted(a.chains, b.chains));
}

}  // namespace plaquette
