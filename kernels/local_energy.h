#pragma once

#include "kernels/connected_states.h"
#include "plaquette/model/activations.hpp"

namespace plaquette::cuda {

/// E_loc(s) = Σ_bonds ⟨s|bond|s⟩ + Σ_s' ⟨s'|bond|s⟩ exp(log ψ(s') − log ψ(s)). Total energies,
/// unit of J1; 0 where ψ(s) is zero. One warp a sample, in an order that the list fixes.
/// M samples, K connected states in all. Bytes: 24 K and what the bonds take from cache.
void local_energies(ComplexPair<double>* energies,               // (M)
                    TensorView<const std::uint64_t, 2> samples,  // (M, words)
                    BondList bonds,
                    const ComplexPair<double>* log_psi,            // (M)
                    const ComplexPair<double>* connected_log_psi,  // (K) in the list's order
                    const ConnectedState* list,                    // (K)
                    const std::uint32_t* offsets,                  // (M + 1)
                    cudaStream_t stream);

}  // namespace plaquette::cuda
