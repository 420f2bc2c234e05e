#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"
#include "plaquette/model/network_sizes.hpp"
#include "plaquette/model/parameter_table.hpp"
#include "plaquette/model/position_lists.hpp"

namespace plaquette::cpu {

/// Embedding and first attention of a factored network as a sum over tokens. A patch of b² spins
/// has 2^(b²) values, and what comes before the mixing is of one patch alone, so that
///   residual_i = x(s_i) + bias + Σ_j T[position(i, j)][s_j],
/// x the embedding and T the value's product, the weights of a position and the output's product of
/// LN x(s). Made in FP64 for each parameter set. The sum takes n d additions a token, the layers
/// take 4 d² + 2 n d operations. Instantiated for float and double.
template <class Number>
class FirstLayer {
 public:
  using Real = Number;

  /// Whether a network is better off with the table: the sum is bound by loads, so that tokens must
  /// be fewer than the channels suggest, and the table must stay in a core's cache.
  static bool pays(const NetworkSizes& sizes);
  /// Numbers that it holds: none where it does not pay.
  static std::size_t elements(const NetworkSizes& sizes);
  /// Bytes of workspace that `residual` takes: none where it does not pay.
  static std::size_t scratch_bytes(const NetworkSizes& sizes, std::size_t batch);

  explicit FirstLayer(const NetworkShape& shape);

  void set_parameters(std::span<const double> theta, const ParameterTable& table);
  void residual(TensorView<Real, 3> out,                            // (B, n, d)
                TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                const std::vector<std::int32_t>& patch_sites,       // (n, b²)
                Workspace& workspace) const;

 private:
  Real* row(std::size_t number) { return rows_.data() + number * stride_; }

  NetworkSizes sizes_;
  std::size_t values_;                // of a patch
  std::size_t stride_;                // of a row of the table: whole registers
  std::vector<std::uint32_t> first_;  // (n, n): row of T[position(i, j)][0]
  AlignedBuffer<Real> rows_;          // (values + positions · values, stride): x + bias, then T
};

}  // namespace plaquette::cpu
