#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/network_case.hpp"

namespace plaquette::test {

/// One network on one backend.
struct ParityCase {
  NetworkCase network;
  BackendKind backend;
  /// Sizes of batch: the smallest, an odd one, and one beyond any batch that a backend forms.
  std::vector<std::size_t> batches = {1, 7, 130};

  std::string name() const {
    return (backend == BackendKind::cpu ? "cpu_" : "cuda_") + network.name();
  }
};

/// Every shape of the table on every backend that can run here: the smallest, the awkward, each
/// mechanism of attention with both kinds of position table, and the paper's.
std::vector<ParityCase> parity_cases();

/// Small cases for tests that need the whole Jacobian.
std::vector<ParityCase> small_parity_cases();

/// Makes the backend of a case and sets its parameters.
std::unique_ptr<Backend> make_backend(const ParityCase& parity_case, const Problem& problem,
                                      const std::vector<double>& theta,
                                      const Resources& resources = {});

}  // namespace plaquette::test
