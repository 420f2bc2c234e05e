#pragma once

#include <string>
#include <vector>

#include "support/network_case.hpp"

namespace plaquette::test {

/// One network on one backend: the parameter of a parity suite.
struct BackendCase {
  BackendKind backend;
  NetworkCase made;

  std::string name() const {
    return (backend == BackendKind::cpu ? "cpu_" : "cuda_") + made.name();
  }
};

/// `shapes` with the three attentions, translation invariant and full, on every usable backend.
inline std::vector<BackendCase> every_attention(const std::vector<NetworkCase>& shapes) {
  std::vector<BackendCase> cases;
  for (BackendKind backend : built_backends()) {
    for (NetworkCase made : shapes) {
      for (Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
        for (bool invariant : {true, false}) {
          made.network.attention = attention;
          made.network.translation_invariant = invariant;
          cases.push_back({backend, made});
        }
      }
    }
  }
  return cases;
}

/// The smallest, and some whose sizes fit no vector register: one channel in all, one token, one
/// channel a head, an odd d, no expansion in the FFN, chains.
inline std::vector<NetworkCase> small_shapes() {
  constexpr LatticeKind kSquare = LatticeKind::square;
  constexpr LatticeKind kChain = LatticeKind::chain;
  return {
      {kSquare, 2, {.patch = 1, .d_model = 1, .heads = 1, .layers = 1, .ffn_ratio = 1}},
      {kSquare, 2, {.patch = 1, .d_model = 2, .heads = 1, .layers = 1, .ffn_ratio = 1}},
      {kSquare, 4, {.patch = 1, .d_model = 8, .heads = 4, .layers = 1, .ffn_ratio = 4}},
      {kSquare, 4, {.patch = 2, .d_model = 9, .heads = 3, .layers = 2, .ffn_ratio = 2}},
      {kSquare, 4, {.patch = 2, .d_model = 8, .heads = 8, .layers = 2, .ffn_ratio = 1}},
      {kSquare, 4, {.patch = 4, .d_model = 8, .heads = 2, .layers = 1, .ffn_ratio = 2}},
      {kChain, 8, {.patch = 2, .d_model = 6, .heads = 2, .layers = 2, .ffn_ratio = 3}},
      {kChain, 8, {.patch = 8, .d_model = 5, .heads = 5, .layers = 1, .ffn_ratio = 1}},
  };
}

inline std::vector<NetworkCase> larger_shapes() {
  constexpr LatticeKind kSquare = LatticeKind::square;
  return {
      {kSquare, 6, {.patch = 2, .d_model = 20, .heads = 4, .layers = 2, .ffn_ratio = 4}},
      {kSquare, 6, {.patch = 3, .d_model = 14, .heads = 2, .layers = 1, .ffn_ratio = 1}},
      {kSquare, 6, {.patch = 1, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 1}},
  };
}

}  // namespace plaquette::test
