#pragma once

#include <string>

#include "plaquette/base/errors.hpp"

#if !defined(PLAQUETTE_SIMT)
#include <cuda_runtime_api.h>
#endif

namespace plaquette {

/// A call to CUDA failed. The message names the call or the kernel's launcher, the reason, the file
/// and the line.
class CudaError : public Error {
 public:
  CudaError(const char* call, const std::string& reason, const char* file, int line)
      : Error(concat(call, " failed: ", reason, " (", file, ':', line, ')')) {}
};

#if !defined(PLAQUETTE_SIMT)

namespace cuda {

/// Throws CudaError unless `status` is success.
inline void check(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  throw CudaError(call, concat(cudaGetErrorName(status), ", ", cudaGetErrorString(status)), file,
                  line);
}

}  // namespace cuda

/// Runs a call of the CUDA runtime and throws CudaError, which names it, if it fails. Not for
/// destructors.
#define PLAQUETTE_CUDA(call) ::plaquette::cuda::check((call), #call, __FILE__, __LINE__)

#endif

}  // namespace plaquette
