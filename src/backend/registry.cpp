#include "plaquette/backend/registry.hpp"

#include "cpu/cpu_backend.hpp"

namespace plaquette {

std::vector<BackendStatus> backend_statuses() {
  return {{BackendKind::cpu, true, cpu::device_description()},
          {BackendKind::cuda, false, "this build contains no CUDA backend"}};
}

namespace {

void require_usable(BackendKind kind) {
  for (const BackendStatus& status : backend_statuses()) {
    if (status.kind == kind && !status.usable) {
      throw InputError(concat("--backend ", kind == BackendKind::cuda ? "cuda" : "cpu", ": ",
                              status.description, "; use --backend cpu"));
    }
  }
}

}  // namespace

MemoryPlan plan_memory(BackendKind kind, const Problem& problem, const Resources& resources) {
  require_usable(kind);
  return cpu::plan_memory(problem, resources);
}

std::unique_ptr<Backend> make_backend(BackendKind kind, const Problem& problem,
                                      const Resources& resources) {
  require_usable(kind);
  return cpu::make_backend(problem, resources);
}

double measure_gemm_peak(BackendKind kind, Precision precision, const Resources& resources) {
  require_usable(kind);
  return cpu::measure_gemm_peak(precision, resources);
}

BackendKind preferred_backend() {
  for (const BackendStatus& status : backend_statuses()) {
    if (status.kind == BackendKind::cuda && status.usable) return BackendKind::cuda;
  }
  return BackendKind::cpu;
}

}  // namespace plaquette
