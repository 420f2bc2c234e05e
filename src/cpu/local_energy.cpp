#include "cpu/local_energy.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "plaquette/base/fixed_partition.hpp"

namespace plaquette::cpu {
namespace {

/// Connected states gathered until a batch is full.
class ConnectedBatch {
 public:
  ConnectedBatch(Workspace::Frame& frame, std::size_t capacity, int sites)
      : capacity_(capacity),
        words_(static_cast<std::size_t>(words_for(sites))),
        states_(frame.take<std::uint64_t>(capacity * words_)),
        log_psi_(frame.take<ComplexPair<double>>(capacity)),
        sample_(frame.take<std::size_t>(capacity)),
        element_(frame.take<double>(capacity)) {}

  bool full() const { return count_ == capacity_; }

  /// The state reached from `state` by `bond`, for sample `sample`.
  void push(const std::uint64_t* state, const Bond& bond, std::size_t sample) {
    std::uint64_t* connected = states_ + count_ * words_;
    std::copy_n(state, words_, connected);
    exchange_spins(connected, bond.i, bond.j);
    sample_[count_] = sample;
    element_[count_] = exchange_element(bond, state);
    ++count_;
  }

  /// Adds ⟨s|H|s'⟩ ψ(s')/ψ(s) of every gathered state to its sample's energy.
  std::uint64_t flush(const WaveFunction& psi, const ComplexPair<double>* log_psi,
                      std::span<std::complex<double>> energies, Workspace& workspace) {
    if (count_ == 0) return 0;
    psi.log_psi(log_psi_, TensorView<const std::uint64_t, 2>(states_, count_, words_), workspace);
    for (std::size_t k = 0; k < count_; ++k) {
      const ComplexPair<double> from = log_psi[sample_[k]];
      const std::complex<double> change(log_psi_[k].re - from.re, log_psi_[k].im - from.im);
      energies[sample_[k]] += element_[k] * std::exp(change);
    }
    const std::uint64_t evaluated = count_;
    count_ = 0;
    return evaluated;
  }

 private:
  std::size_t capacity_;
  std::size_t words_;
  std::uint64_t* states_;
  ComplexPair<double>* log_psi_;
  std::size_t* sample_;
  double* element_;
  std::size_t count_ = 0;
};

}  // namespace

std::size_t local_energy_workspace(std::size_t window, int sites) {
  return Workspace::measure([&](Workspace::Frame& frame) {
    ConnectedBatch(frame, window, sites);
    frame.take<ComplexPair<double>>(kLocalEnergyGroup);
  });
}

std::uint64_t local_energies(const WaveFunction& psi, const Hamiltonian& hamiltonian,
                             const std::uint64_t* samples, std::span<std::complex<double>> out,
                             Workspace& workspace) {
  PLAQUETTE_REQUIRE(out.size() <= kLocalEnergyGroup, out.size(), " samples");
  const auto words = static_cast<std::size_t>(words_for(hamiltonian.sites));
  auto frame = workspace.frame();
  ConnectedBatch connected(frame, psi.window(), hamiltonian.sites);
  auto* log_psi = frame.take<ComplexPair<double>>(out.size());
  const FixedPartition windows{out.size(), psi.window()};
  for (std::size_t w = 0; w < windows.count(); ++w) {
    const IndexRange window = windows[w];
    psi.log_psi(
        log_psi + window.begin,
        TensorView<const std::uint64_t, 2>(samples + window.begin * words, window.size(), words),
        workspace);
  }
  std::uint64_t evaluated = out.size();
  for (std::size_t s = 0; s < out.size(); ++s) {
    const std::uint64_t* state = samples + s * words;
    const bool zero = log_psi[s].re == -HUGE_VAL;
    out[s] = zero ? 0.0 : diagonal_energy(hamiltonian, state);
    if (zero) continue;
    for (const Bond& bond : hamiltonian.bonds) {
      if (!antiparallel(state, bond.i, bond.j)) continue;
      if (connected.full()) evaluated += connected.flush(psi, log_psi, out, workspace);
      connected.push(state, bond, s);
    }
  }
  return evaluated + connected.flush(psi, log_psi, out, workspace);
}

}  // namespace plaquette::cpu
