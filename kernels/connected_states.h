#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/physics/hamiltonian.hpp"

namespace plaquette::cuda {

/// The off-diagonal terms of H on a list of samples: only pairs of unlike spins connect. Count,
/// scan the counts into offsets, list, then evaluate the list in full batches.

/// The bonds of the Hamiltonian, in device memory.
struct BondList {
  const Bond* bonds;
  std::uint32_t count;
};

/// A state that H connects to a sample: bond `bond` exchanged.
struct ConnectedState {
  std::uint32_t sample;
  std::uint32_t bond;
};

/// counts[k] = bonds of unlike spins in sample k, counts[M] = 0, so that an exclusive scan of M + 1
/// elements ends in the total. One warp a sample.
void count_connected(std::uint32_t* counts,                       // (M + 1)
                     TensorView<const std::uint64_t, 2> samples,  // (M, words)
                     BondList bonds, cudaStream_t stream);

/// The connected states of sample k at list[offsets[k]] … list[offsets[k + 1] − 1], in the order
/// of bonds.
void list_connected(ConnectedState* list,                        // (offsets[M])
                    const std::uint32_t* offsets,                // (M + 1)
                    TensorView<const std::uint64_t, 2> samples,  // (M, words)
                    BondList bonds, cudaStream_t stream);

/// The packed configurations of list[begin] … list[begin + B − 1], all of which exist. One thread a
/// word.
void connected_configurations(TensorView<std::uint64_t, 2> out,  // (B, words)
                              const ConnectedState* list,        // (offsets[M])
                              std::size_t begin,
                              TensorView<const std::uint64_t, 2> samples,  // (M, words)
                              BondList bonds, cudaStream_t stream);

}  // namespace plaquette::cuda
