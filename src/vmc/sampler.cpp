#include "plaquette/vmc/sampler.hpp"

#include <algorithm>
#include <complex>

#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/estimate.hpp"

namespace plaquette {
namespace {

/// Proposals of a chain between two looks at the interruption. Fewer would leave a CPU's batches
/// half empty more often: chains wait for each other at the end of a piece. Fixed, not a time, so
/// that the batches, and with them the rounding, are the same in every run.
constexpr int kProposalsPerPiece = 256;

}  // namespace

Sampler::Sampler(const Job& job, Backend& backend, Interruption interruption)
    : backend_(backend),
      interruption_(interruption),
      sweeps_(job.sweeps),
      power_(job.sampling_power) {
  const int sites = make_lattice(job.lattice, job.L).sites();
  sweeps_per_piece_ = std::max(1, kProposalsPerPiece / sites);
  if (job.sampler == SamplerKind::full_sum) {
    sector_ = ConfigurationBatch(sites, zero_magnetisation_states(sites));
    samples_ = sector_.count();
  } else {
    slots_ = job.samples / job.chains;
    samples_ = job.samples;
  }
}

Sampler::Draw Sampler::draw(std::uint64_t first_sweep, int thermalisation, PhaseClock& clock) {
  const auto scope = clock.measure(Phase::sampling);
  return slots_ == 0 ? sum_everything() : run_chains(first_sweep, thermalisation);
}

Sampler::Draw Sampler::sum_everything() {
  if (sector_.count() > 0) {
    backend_.set_samples(sector_);
    sector_ = {};
  }
  return {.weights = weights(2), .evaluated = samples_};
}

std::vector<double> Sampler::weights(double power) {
  if (power == 0) return std::vector<double>(samples_, 1.0 / static_cast<double>(samples_));
  std::vector<std::complex<double>> log_psi(samples_);
  backend_.sample_log_psi(log_psi);
  return amplitude_weights(log_psi, power);
}

SweepCounts Sampler::advance(std::uint64_t first_sweep, int sweeps) {
  SweepCounts counts;
  while (sweeps > 0) {
    interruption_.poll();
    const int piece = std::min(sweeps, sweeps_per_piece_);
    const SweepCounts made = backend_.advance(first_sweep, piece);
    counts.proposed += made.proposed;
    counts.accepted += made.accepted;
    counts.evaluated += made.evaluated;
    first_sweep += static_cast<std::uint64_t>(piece);
    sweeps -= piece;
  }
  return counts;
}

Sampler::Draw Sampler::run_chains(std::uint64_t first_sweep, int thermalisation) {
  std::uint64_t sweep = first_sweep;
  std::uint64_t evaluated = advance(sweep, thermalisation).evaluated;
  sweep += static_cast<std::uint64_t>(thermalisation);
  SweepCounts counts;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    const SweepCounts made = advance(sweep, sweeps_);
    backend_.record_samples(slot);
    sweep += static_cast<std::uint64_t>(sweeps_);
    counts.proposed += made.proposed;
    counts.accepted += made.accepted;
    evaluated += made.evaluated;
  }
  if (power_ != 2) evaluated += samples_;  // for the weights
  return {.weights = weights(2 - power_),
          .acceptance = counts.proposed == 0 ? 0.0
                                             : static_cast<double>(counts.accepted) /
                                                   static_cast<double>(counts.proposed),
          .sweeps = sweep - first_sweep,
          .evaluated = evaluated};
}

}  // namespace plaquette
