#pragma once

/// Marks a function that kernels call and host tests call: one source for both.
#if defined(__CUDACC__)
#define PLAQUETTE_HD __host__ __device__
#else
#define PLAQUETTE_HD
#endif
