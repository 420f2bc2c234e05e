#include "cuda/local_energy.hpp"

#include <algorithm>

#include "cuda/scan.hpp"
#include "kernels/local_energy.h"

namespace plaquette::cuda {
namespace {

/// At most this many states are connected to `samples` samples.
std::size_t list_size(const Hamiltonian& hamiltonian, std::size_t samples) {
  return samples * hamiltonian.bonds.size();
}

}  // namespace

LocalEnergy::LocalEnergy(const Hamiltonian& hamiltonian, std::size_t capacity, std::size_t window,
                         const Stream& stream, Interruption interruption)
    : capacity_(capacity),
      stream_(stream.get()),
      interruption_(interruption),
      bonds_(hamiltonian.bonds, stream_),
      offsets_(capacity + 1),
      scan_scratch_(exclusive_scan_bytes(capacity + 1)),
      list_(list_size(hamiltonian, capacity)),
      connected_(list_.size()),
      log_psi_(capacity),
      energies_(capacity),
      window_(hamiltonian.sites, std::min(window, list_.size())) {}

std::size_t LocalEnergy::device_bytes(const Hamiltonian& hamiltonian, std::size_t capacity,
                                      std::size_t window) {
  const std::size_t listed = list_size(hamiltonian, capacity);
  return hamiltonian.bonds.size() * sizeof(Bond) + (capacity + 1) * sizeof(std::uint32_t) +
         exclusive_scan_bytes(capacity + 1) +
         listed * (sizeof(ConnectedState) + sizeof(ComplexPair<double>)) +
         2 * capacity * sizeof(ComplexPair<double>) +
         Configurations::bytes(hamiltonian.sites, std::min(window, listed));
}

void LocalEnergy::log_psi(const WaveFunction& psi, std::span<std::complex<double>> out,
                          TensorView<const std::uint64_t, 2> configurations, Workspace& workspace) {
  const std::size_t count = configurations.extent(0);
  PLAQUETTE_REQUIRE(count <= capacity_ && out.size() == count, count, " configurations");
  cuda::evaluate(psi, log_psi_.data(), configurations, workspace);
  copy_to_host(out.data(), log_psi_.data(), out.size_bytes(), stream_);
}

std::uint64_t LocalEnergy::evaluate(const WaveFunction& psi, std::span<std::complex<double>> out,
                                    TensorView<const std::uint64_t, 2> samples,
                                    Workspace& workspace) {
  const std::size_t count = samples.extent(0);
  PLAQUETTE_REQUIRE(count <= capacity_ && out.size() == count, count, " samples");
  const BondList bonds{bonds_.data(), static_cast<std::uint32_t>(bonds_.size())};
  count_connected(offsets_.data(), samples, bonds, stream_);
  exclusive_scan(offsets_.data(), count + 1, scan_scratch_.data(), scan_scratch_.size(), stream_);
  list_connected(list_.data(), offsets_.data(), samples, bonds, stream_);
  cuda::evaluate(psi, log_psi_.data(), samples, workspace);
  // The one question to the device: how many windows the list fills.
  std::uint32_t connected = 0;
  copy_to_host(&connected, offsets_.data() + count, sizeof(connected), stream_);
  for (std::size_t begin = 0; begin < connected; begin += window_.count()) {
    interruption_.poll();
    const std::size_t size = std::min<std::size_t>(window_.count(), connected - begin);
    connected_configurations(TensorView<std::uint64_t, 2>(window_.data(), size, window_.words()),
                             list_.data(), begin, samples, bonds, stream_);
    cuda::evaluate(psi, connected_.data() + begin, window_.rows(0, size), workspace);
  }
  local_energies(energies_.data(), samples, bonds, log_psi_.data(), connected_.data(), list_.data(),
                 offsets_.data(), stream_);
  copy_to_host(out.data(), energies_.data(), out.size_bytes(), stream_);
  return count + connected;
}

}  // namespace plaquette::cuda
