#include "plaquette/vmc/measurement.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/chain_diagnostics.hpp"
#include "plaquette/vmc/chain_error.hpp"

namespace plaquette {

namespace {

using Complex = std::complex<double>;

/// States whose amplitudes are asked for at once: enough to fill a device, little memory.
constexpr std::size_t kConnectedStates = std::size_t{1} << 16;

/// Blocks of all chains together, where the chains alone are too few to tell an error.
constexpr std::size_t kBlocks = 128;

ConfigurationBatch slice(const ConfigurationBatch& states, std::size_t begin, std::size_t end) {
  return {states.sites(), std::vector<std::uint64_t>(states[begin], states[end])};
}

/// Takes configurations in, adds what they say to the bins.
class Accumulator {
 public:
  Accumulator(const Job& job, Backend& backend, ObservableSet set, std::size_t bins)
      : lattice_(make_lattice(job.lattice, job.L)),
        observables_(lattice_, make_hamiltonian(lattice_, job.couplings), set),
        backend_(backend),
        sums_(bins, observables_.size()),
        values_(observables_.size()) {}

  const Observables& observables() const { return observables_; }
  const Lattice& lattice() const { return lattice_; }
  const BinnedSums& sums() const { return sums_; }
  const std::vector<double>& energies() const { return energies_; }

  /// State k goes to bin_of(k).
  template <class BinOf>
  void add(const SampleRound& round, const BinOf& bin_of) {
    const ConfigurationBatch& states = round.states;
    const std::size_t pairs = observables_.pairs().size();
    const std::size_t step = std::max<std::size_t>(1, kConnectedStates / pairs);
    std::vector<Complex> ratios;
    for (std::size_t begin = 0; begin < states.count(); begin += step) {
      const std::size_t end = std::min(begin + step, states.count());
      ratios.resize((end - begin) * pairs);
      exchange_ratios(backend_, slice(states, begin, end), round.log_psi.subspan(begin),
                      observables_.pairs(), ratios);
      for (std::size_t k = begin; k < end; ++k) {
        if (round.weights[k] == 0) continue;  // ψ = 0 there: nothing to divide by
        observables_.evaluate(values_, states[k],
                              std::span(ratios).subspan((k - begin) * pairs, pairs));
        require_finite();
        energies_.push_back(values_[observables_.energy()]);
        sums_.add(bin_of(k), round.weights[k], values_);
      }
    }
  }

 private:
  void require_finite() const {
    if (std::isfinite(values_[observables_.energy_squared()])) return;
    throw NumericalError("a local energy is not finite; use --precision fp64");
  }

  Lattice lattice_;
  Observables observables_;
  Backend& backend_;
  BinnedSums sums_;
  std::vector<double> values_;
  std::vector<double> energies_;  // Re E_loc of every state, in order
};

/// Calls visit on every number of a measurement, always in the same order: what the jackknife takes
/// as one list.
template <class Measured, class Visit>
void for_each_value(Measured& measured, const Visit& visit) {
  const auto all = [&](auto& values) {
    for (auto& value : values) visit(value);
  };
  visit(measured.energy);
  visit(measured.variance);
  visit(measured.v_score);
  all(measured.spin_correlations);
  all(measured.structure_factor);
  if (measured.staggered) visit(*measured.staggered);
  if (measured.stripe) visit(*measured.stripe);
  all(measured.bond_energies);
  for (auto& dimer : measured.dimers) all(dimer.values);
}

std::vector<Estimate> without_errors(std::span<const double> values) {
  std::vector<Estimate> estimates;
  for (const double value : values) estimates.push_back({value, 0});
  return estimates;
}

/// S(q) at wave vectors of π and 0.
void add_order_parameters(const Lattice& lattice, Measurement& result) {
  const auto N = static_cast<double>(lattice.sites());
  const auto columns = static_cast<std::size_t>(lattice.columns);
  const auto rows = static_cast<std::size_t>(lattice.rows);
  const auto S = [&](std::size_t q_row, std::size_t q_column) {
    return result.structure_factor[q_row * columns + q_column].mean;
  };
  if (!lattice.two_dimensional()) {
    result.staggered = Estimate{S(0, columns / 2) / N, 0};
    return;
  }
  result.staggered = Estimate{S(rows / 2, columns / 2) / N, 0};
  result.stripe = Estimate{(S(rows / 2, 0) + S(0, columns / 2)) / (2 * N), 0};
}

void add_dimers(const Observables& observables, const Lattice& lattice,
                std::span<const double> means, Measurement& result) {
  const auto sites = static_cast<std::size_t>(lattice.sites());
  for (std::size_t kind = 0; kind < observables.dimer_kinds(); ++kind) {
    const DimerKind dimer = observables.dimer_kind(kind);
    const double product =
        result.bond_energies[dimer.first].mean * result.bond_energies[dimer.second].mean;
    std::vector<Estimate> connected =
        without_errors(means.subspan(observables.dimer_correlations(kind), sites));
    for (Estimate& value : connected) value.mean -= product;
    result.dimers.push_back({dimer.name, std::move(connected)});
  }
}

/// What the means of primary values say, without errors.
Measurement derived(const Observables& observables, const Lattice& lattice,
                    std::span<const double> means, ObservableSet set) {
  const auto N = static_cast<double>(lattice.sites());
  const auto sites = static_cast<std::size_t>(lattice.sites());
  const std::complex<double> energy(means[observables.energy()],
                                    means[observables.energy_imaginary()]);
  const double variance = means[observables.energy_squared()] - std::norm(energy);
  Measurement result;
  result.energy.mean = energy.real() / N;
  result.variance.mean = variance / (N * N);
  result.v_score.mean = N * variance / (energy.real() * energy.real());
  if (set == ObservableSet::energy) return result;
  const auto correlations = means.subspan(observables.spin_correlations(), sites);
  result.spin_correlations = without_errors(correlations);
  result.structure_factor = without_errors(structure_factor(lattice, correlations));
  add_order_parameters(lattice, result);
  result.bond_energies =
      without_errors(means.subspan(observables.bond_energies(), observables.directions()));
  add_dimers(observables, lattice, means, result);
  return result;
}

Measurement report(const Accumulator& accumulator, ObservableSet set, std::size_t chains) {
  const auto from = [&](std::span<const double> means) {
    return derived(accumulator.observables(), accumulator.lattice(), means, set);
  };
  const std::vector<Estimate> all =
      accumulator.sums().estimate(chains, [&](std::span<const double> means) {
        const Measurement measured = from(means);
        std::vector<double> values;
        for_each_value(measured, [&](const Estimate& value) { values.push_back(value.mean); });
        return values;
      });
  Measurement result = from(accumulator.sums().means());
  auto next = all.begin();
  for_each_value(result, [&](Estimate& value) { value = *next++; });
  result.samples = accumulator.energies().size();
  return result;
}

/// Into how many blocks a chain of `rounds` samples is cut.
std::size_t blocks_per_chain(std::size_t chains, std::size_t rounds) {
  if (chains >= kManyChains) return 1;
  return std::min(rounds, (kBlocks + chains - 1) / chains);
}

}  // namespace

void exchange_ratios(Backend& backend, const ConfigurationBatch& states,
                     std::span<const Complex> log_psi, std::span<const SitePair> pairs,
                     std::span<Complex> out) {
  const auto words = static_cast<std::size_t>(states.words_per_configuration());
  std::fill(out.begin(), out.end(), 0.0);
  std::vector<std::uint64_t> connected;
  std::vector<std::size_t> places;  // in `out`
  std::vector<Complex> amplitudes;
  const auto look = [&] {
    if (places.empty()) return;
    amplitudes.resize(places.size());
    backend.log_psi(ConfigurationBatch(states.sites(), std::exchange(connected, {})), amplitudes);
    for (std::size_t c = 0; c < places.size(); ++c) {
      out[places[c]] = std::exp(amplitudes[c] - log_psi[places[c] / pairs.size()]);
    }
    places.clear();
  };
  for (std::size_t k = 0; k < states.count(); ++k) {
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      if (!antiparallel(states[k], pairs[p].first, pairs[p].second)) continue;
      connected.insert(connected.end(), states[k], states[k] + words);
      exchange_spins(connected.data() + connected.size() - words, pairs[p].first, pairs[p].second);
      places.push_back(k * pairs.size() + p);
      if (places.size() == kConnectedStates) look();
    }
  }
  look();
}

void ask_for_diagnostics(Job& job) {
  constexpr std::size_t kSamplesOfAChain = 8;
  job.samples = std::max(job.samples, kSamplesOfAChain * job.chains);
}

Problem make_measurement_problem(const Job& job, ObservableSet set) {
  Problem problem = make_measurement_problem(job);
  const Lattice& lattice = problem.system.lattice;
  const Observables observables(lattice, problem.system.hamiltonian, set);
  const bool full_sum = job.sampler == SamplerKind::full_sum;
  const std::size_t samples =
      full_sum ? zero_magnetisation_states(lattice.sites()).size() : job.samples;
  const std::size_t round = full_sum ? samples : job.chains;
  const std::size_t bins =
      full_sum ? 1 : job.chains * blocks_per_chain(job.chains, samples / job.chains);
  const std::size_t state = static_cast<std::size_t>(words_for(lattice.sites())) * 8;
  const std::size_t ratios = std::max(kConnectedStates, observables.pairs().size());
  // Grown by doubling: up to twice what is in them.
  problem.caller_bytes = 2 * kConnectedStates * (state + sizeof(std::size_t)) +
                         (kConnectedStates + ratios) * sizeof(Complex) +
                         round * (state + sizeof(Complex) + sizeof(double)) +
                         2 * samples * sizeof(double) +
                         // The sums, and what the jackknife derives with each bin left out.
                         2 * bins * observables.size() * sizeof(double);
  return problem;
}

Measurement measure(const Job& job, Backend& backend, ObservableSet observables,
                    const SamplingPlan& plan) {
  const bool full_sum = job.sampler == SamplerKind::full_sum;
  const std::size_t rounds = sample_rounds(job, plan);
  const std::size_t blocks = full_sum ? 1 : blocks_per_chain(job.chains, rounds);
  const std::size_t chains = full_sum ? 1 : job.chains;
  Accumulator accumulator(job, backend, observables, chains * blocks);
  const SweepCounts counts = visit_samples(job, backend, plan, [&](const SampleRound& round) {
    accumulator.add(round, [&](std::size_t chain) {
      return full_sum ? 0 : round.index * blocks / rounds * chains + chain;
    });
  });
  Measurement result = report(accumulator, observables, chains);
  if (full_sum) return result;
  result.acceptance = static_cast<double>(counts.accepted) / static_cast<double>(counts.proposed);
  const ChainDiagnostics diagnostics = diagnose_chains(accumulator.energies(), job.chains, rounds);
  result.r_hat = diagnostics.r_hat;
  result.tau = diagnostics.tau;
  return result;
}

}  // namespace plaquette
