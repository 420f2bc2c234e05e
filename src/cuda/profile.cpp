#include "cuda/profile.hpp"

#include <algorithm>

#include "cuda/configurations.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/executor.hpp"
#include "cuda/operations.hpp"
#include "network/network_profile.hpp"
#include "plaquette/base/repeat_timing.hpp"

namespace plaquette::cuda {
namespace {

template <class Real>
NetworkProfile profile_in(const NetworkCase& given, int repeats) {
  const System system = system_of(given);
  const NetworkLayout<Operations<Real>> layout(system.network, system.parameters, kActivationBytes);
  Operations<Real>::require_runnable(layout.sizes());
  const Stream stream;
  const Blas blas(stream, FloatProducts::exact);
  Network<Operations<Real>> network(system, layout, blas);
  network.set_parameters(initial_parameters(system.parameters, 0));
  const auto most = [&](std::size_t window) { return std::min(window, given.batch); };
  Executor executor(stream, blas,
                    std::max(layout.log_psi_bytes(most(layout.window())),
                             layout.gradient_bytes(most(layout.gradient_window()))));
  Configurations states(system.hamiltonian.sites, given.batch);
  states.upload(random_configurations(system, given.batch), 0, given.batch, stream.get());
  return NetworkProfiler<Executor, Operations<Real>>(network, system.parameters.size, executor, 1)
      .profile(states.all(), repeats);
}

}  // namespace

NetworkProfile profile_network(const NetworkCase& given, int repeats) {
  return given.precision == Precision::fp32 ? profile_in<float>(given, repeats)
                                            : profile_in<double>(given, repeats);
}

double measure_copy_bandwidth() {
  constexpr std::size_t kBytes = std::size_t{1} << 30;
  constexpr int kRepeats = 5;
  const Stream stream;
  DeviceBuffer<std::byte> from(kBytes);
  DeviceBuffer<std::byte> to(kBytes);
  from.zero(stream.get());
  const std::vector<double> seconds = time_repeatedly(
      kRepeats, [&] { copy_on_device(to.data(), from.data(), kBytes, stream.get()); },
      [&] { stream.synchronize(); });
  return 2.0 * kBytes / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace plaquette::cuda
