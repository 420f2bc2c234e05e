#pragma once

/// The CUDA runtime's own name for an execution queue, declared here as cuda_runtime.h declares
/// it, so that launchers can be called from plain C++.
struct CUstream_st;
typedef struct CUstream_st* cudaStream_t;
