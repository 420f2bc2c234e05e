#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/model/network_shape.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette {

/// Attention weights averaged over inputs, and how much they differ from input to input.
/// A spread is a standard deviation over inputs relative to a root mean square,
///   [Σ_ij Var_s(α_ij) / Σ_ij ⟨α_ij²⟩_s]^½,
/// 0 where the weights do not depend on the input at all. Shapes: layers, h heads, n tokens.
struct AttentionMaps {
  std::vector<double> mean;     ///< (layers, h, n, n) ⟨α_ij⟩
  std::vector<double> softmax;  ///< (layers, h, n, n) mean of the softmax part; empty if factored
  std::vector<double> spread;   ///< (layers, h) over all i, j
  std::vector<double> spread_by_displacement;  ///< (layers, h, n): over pairs that far apart
  std::vector<double> softmax_spread;  ///< (layers, h) of the softmax part; empty if factored
};

/// Collects the weights of a network with given parameters, input by input.
class AttentionStatistics {
 public:
  /// theta (P), in the order of ParameterTable.
  AttentionStatistics(const NetworkShape& shape, std::span<const double> theta);

  /// Elements of one input's maps: layers·h·n².
  std::size_t map_size() const { return position_.size(); }
  /// p_ij of every layer and head, (layers, h, n, n).
  const std::vector<double>& position() const { return position_; }

  /// `states` with weights (count) through the backend, whose parameters must be theta. Each α
  /// (count, layers, h, n, n) is also put into `maps`, unless that is null.
  void add(Backend& backend, const ConfigurationBatch& states, std::span<const double> weights,
           std::vector<double>* maps = nullptr);

  AttentionMaps maps() const;

 private:
  NetworkShape shape_;
  std::vector<double> position_;         // (layers, h, n, n)
  double weight_ = 0;                    // Σ w
  std::vector<double> softmax_;          // (layers, h, n, n) Σ w softmax; empty if factored
  std::vector<double> softmax_squares_;  // (layers, h, n, n) Σ w softmax²
};

/// A network and its parameters.
struct FrozenNetwork {
  NetworkChoice network;
  std::vector<double> parameters;  ///< (P)
};

/// The factored network whose weights are the mean ⟨α⟩ of another, everything else being equal:
/// what is lost with it is what the dependence of α on the input was worth. If the position tables
/// are translation invariant, the mean is averaged over translations too.
FrozenNetwork freeze_attention(const Lattice& lattice, const NetworkChoice& network,
                               std::span<const double> theta, const AttentionMaps& maps);

}  // namespace plaquette
