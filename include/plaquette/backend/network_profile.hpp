#pragma once

#include <cstddef>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/model/operation_work.hpp"

namespace plaquette {

/// A network and how much of it is evaluated at a time; its parameters and configurations are made
/// up, only the time matters.
struct NetworkCase {
  NetworkShape shape;
  Precision precision = Precision::fp32;
  std::size_t batch = 1;  ///< B configurations
};

/// All calls of one operation in a pass over the batch.
struct OperationProfile {
  Operation operation;
  OperationWork work;
  std::vector<double> seconds;  ///< by repeat; the mean over threads that work side by side
};

/// The operations of a pass, in the order of `Operation`; those that it lacks are left out.
struct NetworkProfile {
  std::vector<OperationProfile> forward;   ///< log ψ
  std::vector<OperationProfile> gradient;  ///< ∂ log ψ: a forward pass that keeps, and backward
};

/// Times every operation of a network by itself, `repeats` times after one to warm up. Throws
/// InputError if the backend is not usable, CapacityError if an operation does not fit.
NetworkProfile profile_network(BackendKind kind, const NetworkCase& given, int repeats,
                               const Resources& resources);

/// What a network of this system does at least for `batch` configurations in `precision`: the work
/// of its operations, added up. The gradient includes its forward pass.
struct NetworkWork {
  OperationWork forward;
  OperationWork gradient;
};
NetworkWork network_work(const System& system, Precision precision, std::size_t batch);

/// Bytes read and written per second by a large copy in the backend's memory.
double measure_copy_bandwidth(BackendKind kind, const Resources& resources);

}  // namespace plaquette
