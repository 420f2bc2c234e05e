#include "cpu/profile.hpp"

#include <algorithm>
#include <cstring>

#include "cpu/blas.hpp"
#include "cpu/executor.hpp"
#include "cpu/machine.hpp"
#include "cpu/operations.hpp"
#include "network/network_profile.hpp"
#include "plaquette/base/repeat_timing.hpp"

namespace plaquette::cpu {
namespace {

template <class Real>
NetworkProfile profile_in(const NetworkCase& given, int repeats, int threads) {
  const System system = system_of(given);
  const NetworkLayout<Operations<Real>> layout(system.network, system.parameters, 0);
  Network<Operations<Real>> network(system, layout);
  network.set_parameters(initial_parameters(system.parameters, 0));
  Executor executor(threads, std::max(layout.log_psi_bytes(layout.window()),
                                      layout.gradient_bytes(layout.gradient_window())));
  const ConfigurationBatch states = random_configurations(system, given.batch);
  return NetworkProfiler<Executor, Operations<Real>>(network, system.parameters.size, executor,
                                                     threads)
      .profile(TensorView<const std::uint64_t, 2>(states[0], given.batch, layout.sizes().words),
               repeats);
}

}  // namespace

NetworkProfile profile_network(const NetworkCase& given, int repeats, const Resources& resources) {
  use_one_blas_thread();
  const int threads = thread_count(resources.threads);
  return given.precision == Precision::fp32 ? profile_in<float>(given, repeats, threads)
                                            : profile_in<double>(given, repeats, threads);
}

double measure_copy_bandwidth(const Resources& resources) {
  constexpr std::size_t kBytes = std::size_t{128} << 20;  // a thread; beyond any cache
  constexpr int kRepeats = 3;
  const int threads = thread_count(resources.threads);
  const auto count = static_cast<std::size_t>(threads);
  AlignedBuffer<std::byte> from(count * kBytes);
  AlignedBuffer<std::byte> to(count * kBytes);
  std::memset(from.data(), 1, from.size());
  const std::vector<double> seconds = time_repeatedly(
      kRepeats,
      [&] {
        parallel_for(threads, count, [&](std::size_t t, int) {
          std::memcpy(to.data() + t * kBytes, from.data() + t * kBytes, kBytes);
        });
      },
      [] {});
  return 2.0 * static_cast<double>(from.size()) / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace plaquette::cpu
