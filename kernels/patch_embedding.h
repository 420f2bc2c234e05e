#pragma once

#include <cstdint>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cuda {

/// out = P·kernel + bias, where row (s, i) of P holds the spins ±1 of patch i of configuration s.
/// `patches` receives P where the kernel's gradient will need it; null otherwise.
/// B samples, n tokens, d channels, b² sites of a patch. FLOPs: 2 B n b² d.
/// Bytes: B n d reals written; configurations and kernel come from cache.
template <class Real>
void patch_embedding(TensorView<Real, 3> out,                            // (B, n, d)
                     Real* patches,                                      // (B, n, b²) or null
                     TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                     TensorView<const std::int32_t, 2> patch_sites,      // (n, b²)
                     TensorView<const Real, 2> kernel,                   // (b², d)
                     const Real* bias,                                   // (d)
                     cudaStream_t stream);

}  // namespace plaquette::cuda
