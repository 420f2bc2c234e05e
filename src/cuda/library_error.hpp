#pragma once

#include <cublas_v2.h>
#include <cusolverDn.h>

#include "kernels/cuda_error.hpp"

namespace plaquette::cuda {

inline void check(cublasStatus_t status, const char* call, const char* file, int line) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw CudaError(call, cublasGetStatusString(status), file, line);
}

inline void check(cusolverStatus_t status, const char* call, const char* file, int line) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  throw CudaError(call, concat("cuSOLVER status ", static_cast<int>(status)), file, line);
}

}  // namespace plaquette::cuda
