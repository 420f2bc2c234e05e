#include "plaquette/vmc/measurement.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "plaquette/vmc/chain_diagnostics.hpp"

namespace plaquette {

namespace {

using Complex = std::complex<double>;

/// States whose amplitudes are asked for at once: enough to fill a device, little memory.
constexpr std::size_t kConnectedStates = std::size_t{1} << 16;

ConfigurationBatch slice(const ConfigurationBatch& states, std::size_t begin, std::size_t end) {
  return {states.sites(), std::vector<std::uint64_t>(states[begin], states[end])};
}

/// Takes configurations in, adds what they say to the bins.
class Accumulator {
 public:
  Accumulator(const Job& job, Backend& backend, ObservableSet set, std::size_t bins)
      : lattice_(make_lattice(job.lattice, job.L)),
        observables_(lattice_, make_hamiltonian(lattice_, job.couplings), job.couplings.marshall,
                     set),
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
    if (std::isfinite(values_[2])) return;
    throw NumericalError("a local energy is not finite; use --precision fp64");
  }

  Lattice lattice_;
  Observables observables_;
  Backend& backend_;
  BinnedSums sums_;
  std::vector<double> values_;
  std::vector<double> energies_;  // Re E_loc of every state, in order
};

std::vector<Estimate> part(const std::vector<Estimate>& all, std::size_t begin, std::size_t count) {
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

/// Means of primary values to what a measurement reports, in the order that `report` takes apart.
std::vector<double> derived(const Observables& observables, const Lattice& lattice,
                            std::span<const double> means, ObservableSet set) {
  const auto N = static_cast<double>(lattice.sites());
  const auto sites = static_cast<std::size_t>(lattice.sites());
  const double variance = means[2] - means[0] * means[0] - means[1] * means[1];
  std::vector<double> out{means[0] / N, variance / (N * N), N * variance / (means[0] * means[0])};
  if (set == ObservableSet::energy) return out;
  const auto correlations = means.subspan(observables.spin_correlations(), sites);
  out.insert(out.end(), correlations.begin(), correlations.end());
  const std::vector<double> S = structure_factor(lattice, correlations);
  out.insert(out.end(), S.begin(), S.end());
  const auto columns = static_cast<std::size_t>(lattice.columns);
  if (lattice.two_dimensional()) {
    const std::size_t half = sites / 2;  // q = (π, 0)
    out.push_back(S[half + columns / 2] / N);
    out.push_back((S[half] + S[columns / 2]) / (2 * N));
  } else {
    out.push_back(S[columns / 2] / N);
    out.push_back(0);
  }
  const auto bonds = means.subspan(observables.bond_energies(), observables.directions());
  out.insert(out.end(), bonds.begin(), bonds.end());
  for (std::size_t kind = 0; kind < observables.dimer_kinds(); ++kind) {
    const double product = bonds[kind == 1 ? 1 : 0] * bonds[kind == 0 ? 0 : bonds.size() - 1];
    for (const double value : means.subspan(observables.dimer_correlations(kind), sites)) {
      out.push_back(value - product);
    }
  }
  return out;
}

Measurement report(const Accumulator& accumulator, ObservableSet set) {
  const Observables& observables = accumulator.observables();
  const Lattice& lattice = accumulator.lattice();
  const std::vector<Estimate> all = accumulator.sums().estimate(
      [&](std::span<const double> means) { return derived(observables, lattice, means, set); });
  Measurement result;
  result.samples = accumulator.energies().size();
  result.energy = all[0];
  result.variance = all[1];
  result.v_score = all[2];
  if (set == ObservableSet::energy) return result;
  const auto sites = static_cast<std::size_t>(lattice.sites());
  std::size_t at = 3;
  const auto take = [&](std::size_t count) {
    at += count;
    return part(all, at - count, count);
  };
  result.spin_correlations = take(sites);
  result.structure_factor = take(sites);
  result.staggered = take(1)[0];
  const Estimate stripe = take(1)[0];
  if (lattice.two_dimensional()) result.stripe = stripe;
  result.bond_energies = take(observables.directions());
  const char* const names[] = {lattice.two_dimensional() ? "rows" : "columns", "columns",
                               "rows-columns"};
  for (std::size_t kind = 0; kind < observables.dimer_kinds(); ++kind) {
    result.dimers.push_back({names[kind], take(sites)});
  }
  return result;
}

/// Into how many blocks a chain of `rounds` samples is cut.
std::size_t blocks_per_chain(std::size_t chains, std::size_t rounds) {
  if (chains >= kFewestBins) return 1;
  return std::min(rounds, (kFewestBins + chains - 1) / chains);
}

}  // namespace

void exchange_ratios(Backend& backend, const ConfigurationBatch& states,
                     std::span<const Complex> log_psi, std::span<const SitePair> pairs,
                     std::span<Complex> out) {
  const auto words = static_cast<std::size_t>(states.words_per_configuration());
  std::vector<std::uint64_t> connected;
  for (std::size_t k = 0; k < states.count(); ++k) {
    for (const SitePair& pair : pairs) {
      if (!antiparallel(states[k], pair.first, pair.second)) continue;
      connected.insert(connected.end(), states[k], states[k] + words);
      exchange_spins(connected.data() + connected.size() - words, pair.first, pair.second);
    }
  }
  const ConfigurationBatch batch(states.sites(), std::move(connected));
  std::vector<Complex> amplitudes(batch.count());
  backend.log_psi(batch, amplitudes);
  std::size_t next = 0;
  for (std::size_t k = 0; k < states.count(); ++k) {
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const bool unlike = antiparallel(states[k], pairs[p].first, pairs[p].second);
      out[k * pairs.size() + p] = unlike ? std::exp(amplitudes[next++] - log_psi[k]) : 0.0;
    }
  }
}

Measurement measure(const Job& job, Backend& backend, ObservableSet observables,
                    const SamplingPlan& plan) {
  const bool full_sum = job.sampler == SamplerKind::full_sum;
  const std::size_t rounds = sample_rounds(job, plan);
  const std::size_t blocks = full_sum ? 1 : blocks_per_chain(job.chains, rounds);
  Accumulator accumulator(job, backend, observables, full_sum ? 1 : job.chains * blocks);
  const SweepCounts counts = visit_samples(job, backend, plan, [&](const SampleRound& round) {
    accumulator.add(round, [&](std::size_t chain) {
      return full_sum ? 0 : chain * blocks + round.index * blocks / rounds;
    });
  });
  Measurement result = report(accumulator, observables);
  if (full_sum) return result;
  result.acceptance = static_cast<double>(counts.accepted) / static_cast<double>(counts.proposed);
  const ChainDiagnostics diagnostics = diagnose_chains(accumulator.energies(), job.chains, rounds);
  result.r_hat = diagnostics.r_hat;
  result.tau = diagnostics.tau;
  return result;
}

}  // namespace plaquette
