#include "cuda/sampler.hpp"

namespace plaquette::cuda {

Sampler::Sampler(const Problem& problem, const Stream& stream, Interruption interruption)
    : sites_(static_cast<std::uint32_t>(problem.system.hamiltonian.sites)),
      seed_(problem.seed),
      power_(problem.sampling_power),
      stream_(stream.get()),
      interruption_(interruption),
      pairs_(problem.system.exchange_pairs, stream_),
      states_(problem.system.hamiltonian.sites, problem.chains),
      candidates_(problem.system.hamiltonian.sites, problem.chains),
      log_amplitude_(problem.chains),
      u_(problem.chains),
      valid_(problem.chains),
      next_move_(problem.chains),
      log_psi_(problem.chains),
      accepted_(1) {}

std::size_t Sampler::device_bytes(const Problem& problem) {
  const std::size_t numbers = 2 * sizeof(double) + sizeof(std::uint8_t) + sizeof(std::uint64_t) +
                              sizeof(ComplexPair<double>);
  return problem.system.exchange_pairs.size() * sizeof(SitePair) + sizeof(unsigned long long) +
         problem.chains * numbers +
         2 * Configurations::bytes(problem.system.hamiltonian.sites, problem.chains);
}

void Sampler::set_states(const ConfigurationBatch& states) {
  states_.upload(states, 0, states.count(), stream_);
  amplitudes_known_ = false;
}

SweepCounts Sampler::advance(const WaveFunction& psi, std::uint64_t first_sweep, int sweeps,
                             Workspace& workspace) {
  const std::size_t chains = states_.count();
  SweepCounts total;
  if (!amplitudes_known_) {
    evaluate(psi, log_psi_.data(), states_.all(), workspace);
    take_log_amplitudes(log_amplitude_.data(), log_psi_.data(), chains, stream_);
    amplitudes_known_ = true;
    total.evaluated += chains;
  }
  next_move_.zero(stream_);
  accepted_.zero(stream_);
  const ExchangeMoves moves{.pairs = pairs_.data(),
                            .pair_count = static_cast<std::uint32_t>(pairs_.size()),
                            .sites = sites_,
                            .seed = seed_,
                            .first_sweep = first_sweep,
                            .first_chain = 0};
  const ExchangeProposals proposals{candidates_.data(), u_.data(), valid_.data()};
  const std::uint64_t move_count = static_cast<std::uint64_t>(sweeps) * sites_;
  for (std::uint64_t move = 0; move < move_count; ++move) {
    interruption_.poll();
    propose_exchanges(proposals, next_move_.data(), states_.all(), moves, move + 1, stream_);
    evaluate(psi, log_psi_.data(), candidates_.all(), workspace);
    accept_exchanges(states_.view(), log_amplitude_.data(), accepted_.data(), proposals,
                     log_psi_.data(), power_, stream_);
  }
  unsigned long long accepted = 0;
  accepted_.download({&accepted, 1}, stream_);
  total.proposed = chains * move_count;
  total.accepted = accepted;
  total.evaluated += chains * move_count;  // whole batches, valid or not
  return total;
}

}  // namespace plaquette::cuda
