#pragma once

#include <cstddef>
#include <string>

#include "plaquette/backend/backend.hpp"

namespace plaquette::cpu {

/// Processor, threads and BLAS kernels in one line.
std::string device_description();

/// `requested`, or every processor this process may use if 0. Throws InputError outside
/// 1 … kMaxThreads.
int thread_count(int requested);
inline constexpr int kMaxThreads = 128;

/// 80 % of what the system, or the control group that this process lives in, has left.
std::size_t default_memory_limit();

/// GFLOP/s of large matrix products on all threads at once.
double measure_gemm_peak(Precision precision, const Resources& resources);

}  // namespace plaquette::cpu
