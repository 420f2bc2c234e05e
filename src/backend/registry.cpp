#include "plaquette/backend/registry.hpp"

#include "cpu/cpu_backend.hpp"
#include "cpu/profile.hpp"
#include "plaquette/backend/network_profile.hpp"

#ifdef PLAQUETTE_HAVE_CUDA
#include "cuda/cuda_backend.hpp"
#include "cuda/profile.hpp"
#endif

namespace plaquette {
namespace {

/// What a backend offers the registry.
struct Entry {
  BackendKind kind;
  BackendStatus (*status)();
  MemoryPlan (*plan_memory)(const Problem&, const Resources&);
  std::unique_ptr<Backend> (*make_backend)(const Problem&, const Resources&);
  double (*measure_gemm_peak)(Precision, const Resources&);
  double (*measure_copy_bandwidth)(const Resources&);
  NetworkProfile (*profile_network)(const NetworkCase&, int, const Resources&);
};

const Entry kCpu{
    .kind = BackendKind::cpu,
    .status =
        [] {
          return BackendStatus{BackendKind::cpu, true, true, cpu::device_description()};
        },
    .plan_memory = cpu::plan_memory,
    .make_backend = cpu::make_backend,
    .measure_gemm_peak = cpu::measure_gemm_peak,
    .measure_copy_bandwidth = cpu::measure_copy_bandwidth,
    .profile_network = cpu::profile_network};

#ifdef PLAQUETTE_HAVE_CUDA

const Entry kCuda{
    .kind = BackendKind::cuda,
    .status =
        [] {
          const cuda::DeviceStatus device = cuda::device_status();
          return BackendStatus{BackendKind::cuda, true, device.usable, device.description};
        },
    .plan_memory = [](const Problem& problem,
                      const Resources& resources) { return cuda::plan_memory(problem, resources); },
    .make_backend =
        [](const Problem& problem, const Resources& resources) {
          return cuda::make_backend(problem, resources);
        },
    .measure_gemm_peak = [](Precision precision,
                            const Resources&) { return cuda::measure_gemm_peak(precision); },
    .measure_copy_bandwidth = [](const Resources&) { return cuda::measure_copy_bandwidth(); },
    .profile_network = [](const NetworkCase& given, int repeats,
                          const Resources&) { return cuda::profile_network(given, repeats); }};

#else

const Entry kCuda{.kind = BackendKind::cuda,
                  .status =
                      [] {
                        return BackendStatus{BackendKind::cuda, false, false,
                                             "this build contains no CUDA backend"};
                      },
                  .plan_memory = nullptr,
                  .make_backend = nullptr,
                  .measure_gemm_peak = nullptr,
                  .measure_copy_bandwidth = nullptr,
                  .profile_network = nullptr};

#endif

const Entry& entry_of(BackendKind kind) { return kind == BackendKind::cpu ? kCpu : kCuda; }

/// Throws InputError if the backend cannot run here.
const Entry& usable(BackendKind kind) {
  const Entry& entry = entry_of(kind);
  const BackendStatus status = entry.status();
  if (!status.usable) {
    throw InputError(concat("--backend ", kind == BackendKind::cuda ? "cuda" : "cpu", ": ",
                            status.description, "; use --backend cpu"));
  }
  return entry;
}

}  // namespace

BackendStatus backend_status(BackendKind kind) { return entry_of(kind).status(); }

std::vector<BackendStatus> backend_statuses() { return {kCpu.status(), kCuda.status()}; }

MemoryPlan plan_memory(BackendKind kind, const Problem& problem, const Resources& resources) {
  return usable(kind).plan_memory(problem, resources);
}

std::unique_ptr<Backend> make_backend(BackendKind kind, const Problem& problem,
                                      const Resources& resources) {
  return usable(kind).make_backend(problem, resources);
}

double measure_gemm_peak(BackendKind kind, Precision precision, const Resources& resources) {
  return usable(kind).measure_gemm_peak(precision, resources);
}

double measure_copy_bandwidth(BackendKind kind, const Resources& resources) {
  return usable(kind).measure_copy_bandwidth(resources);
}

NetworkProfile profile_network(BackendKind kind, const NetworkCase& given, int repeats,
                               const Resources& resources) {
  return usable(kind).profile_network(given, repeats, resources);
}

BackendKind preferred_backend() {
  return kCuda.status().usable ? BackendKind::cuda : BackendKind::cpu;
}

}  // namespace plaquette
