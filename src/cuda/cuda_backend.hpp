#pragma once

#include <cstddef>
#include <memory>

#include "cuda/device.hpp"
#include "plaquette/backend/backend.hpp"

namespace plaquette::cuda {

/// What the activations of one window of configurations may take: enough to fill a large device,
/// little beside a Gram matrix.
inline constexpr std::size_t kActivationBytes = std::size_t{1} << 30;

/// Device memory that the CUDA backend will hold. Throws CapacityError if the job does not fit the
/// limit: --memory-limit, or 95 % of what is free on the device.
MemoryPlan plan_memory(const Problem& problem, const Resources& resources,
                       std::size_t activation_bytes = kActivationBytes);

/// The CUDA backend: the chains, the samples, the Jacobian and its Gram matrix live on the device;
/// all work goes through one stream.
std::unique_ptr<Backend> make_backend(const Problem& problem, const Resources& resources,
                                      std::size_t activation_bytes = kActivationBytes);

/// GFLOP/s of one large cuBLAS product.
double measure_gemm_peak(Precision precision);

}  // namespace plaquette::cuda
