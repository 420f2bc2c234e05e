#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/stream.h"

namespace plaquette::cuda {

/// Scratch that exclusive_scan needs for `count` numbers.
std::size_t exclusive_scan_bytes(std::size_t count);

/// numbers_k = Σ_{i<k} numbers_i, in place: CUB's device-wide scan.
void exclusive_scan(std::uint32_t* numbers, std::size_t count, void* scratch,
                    std::size_t scratch_bytes, cudaStream_t stream);

}  // namespace plaquette::cuda
