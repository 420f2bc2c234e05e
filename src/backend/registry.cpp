#include "plaquette/backend/registry.hpp"

#include "cpu/attention_profile.hpp"
#include "cpu/cpu_backend.hpp"
#include "plaquette/backend/attention_profile.hpp"

#ifdef PLAQUETTE_HAVE_CUDA
#include "cuda/attention_profile.hpp"
#include "cuda/cuda_backend.hpp"
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
  std::vector<double> (*time_attention)(const AttentionCase&, AttentionPass, int, const Resources&);
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
    .time_attention = cpu::time_attention};

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
    .time_attention = [](const AttentionCase& given, AttentionPass pass, int repeats,
                         const Resources&) { return cuda::time_attention(given, pass, repeats); }};

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
                  .time_attention = nullptr};

#endif

/// Throws InputError if the backend cannot run here.
const Entry& usable(BackendKind kind) {
  const Entry& entry = kind == BackendKind::cpu ? kCpu : kCuda;
  const BackendStatus status = entry.status();
  if (!status.usable) {
    throw InputError(concat("--backend ", kind == BackendKind::cuda ? "cuda" : "cpu", ": ",
                            status.description, "; use --backend cpu"));
  }
  return entry;
}

}  // namespace

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

std::vector<double> time_attention(BackendKind kind, const AttentionCase& given, AttentionPass pass,
                                   int repeats, const Resources& resources) {
  return usable(kind).time_attention(given, pass, repeats, resources);
}

BackendKind preferred_backend() {
  return kCuda.status().usable ? BackendKind::cuda : BackendKind::cpu;
}

}  // namespace plaquette
