#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plaquette/backend/backend.hpp"

namespace plaquette {

/// Whether a backend can run here, and what a person should know about it.
struct BackendStatus {
  BackendKind kind;
  bool built_in;
  bool usable;
  std::string description;  ///< the device, or why there is none
};

BackendStatus backend_status(BackendKind kind);

/// Every backend this program knows, built in or not.
std::vector<BackendStatus> backend_statuses();

/// The plan a backend would follow; what that takes is given back. Throws CapacityError if the job
/// does not fit, InputError if the backend is not usable here.
MemoryPlan plan_memory(BackendKind kind, const Problem& problem, const Resources& resources);

/// Throws as plan_memory does.
std::unique_ptr<Backend> make_backend(BackendKind kind, const Problem& problem,
                                      const Resources& resources);

/// GFLOP/s of one large matrix product with all that `resources` allows: what fractions of peak
/// are measured against.
double measure_gemm_peak(BackendKind kind, Precision precision, const Resources& resources);

/// `auto`: CUDA where it is usable, the CPU elsewhere.
BackendKind preferred_backend();

}  // namespace plaquette
