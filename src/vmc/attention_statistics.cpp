#include "plaquette/vmc/attention_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "plaquette/model/parameter_table.hpp"

namespace plaquette {

namespace {

/// Weights looked at in one call of the backend.
constexpr std::size_t kWeightsAtOnce = std::size_t{1} << 22;

double ratio_of_roots(double numerator, double denominator) {
  // Rounding may leave a variance of zero slightly negative.
  return denominator > 0 ? std::sqrt(std::max(0.0, numerator) / denominator) : 0.0;
}

/// Sums of variances and mean squares over some pairs of tokens.
struct Spread {
  double variance = 0;
  double square = 0;

  void add(double mean, double mean_square) {
    variance += mean_square - mean * mean;
    square += mean_square;
  }
  double value() const { return ratio_of_roots(variance, square); }
};

}  // namespace

AttentionStatistics::AttentionStatistics(const NetworkShape& shape, std::span<const double> theta)
    : shape_(shape) {
  const ParameterTable table = make_parameter_table(shape);
  PLAQUETTE_REQUIRE(theta.size() == table.size, theta.size(), " parameters");
  const auto positions = static_cast<std::size_t>(shape.positions());
  for (const LayerOffsets& layer : table.layers) {
    for (std::size_t head = 0; head < static_cast<std::size_t>(shape.heads); ++head) {
      for (int i = 0; i < shape.tokens(); ++i) {
        for (int j = 0; j < shape.tokens(); ++j) {
          const auto index = static_cast<std::size_t>(position_index(shape, i, j));
          position_.push_back(theta[layer.position + head * positions + index]);
        }
      }
    }
  }
  if (shape.has_query_key()) {
    softmax_.assign(position_.size(), 0.0);
    softmax_squares_.assign(position_.size(), 0.0);
  }
}

void AttentionStatistics::add(Backend& backend, const ConfigurationBatch& states,
                              std::span<const double> weights, std::vector<double>* maps) {
  PLAQUETTE_REQUIRE(weights.size() == states.count(), weights.size(), " weights");
  const std::size_t size = map_size();
  if (!shape_.has_query_key()) {
    for (const double weight : weights) {
      weight_ += weight;
      if (maps != nullptr) maps->insert(maps->end(), position_.begin(), position_.end());
    }
    return;
  }
  const bool adds_position = shape_.attention == Attention::decoupled;
  const std::size_t step = std::max<std::size_t>(1, kWeightsAtOnce / size);
  std::vector<double> softmax;
  for (std::size_t begin = 0; begin < states.count(); begin += step) {
    const std::size_t count = std::min(step, states.count() - begin);
    const std::uint64_t* first = states[begin];
    const std::uint64_t* last = states[begin + count];
    softmax.resize(count * size);
    backend.softmax_weights({states.sites(), {first, last}}, softmax);
    for (std::size_t k = 0; k < count; ++k) {
      const double weight = weights[begin + k];
      weight_ += weight;
      for (std::size_t e = 0; e < size; ++e) {
        const double value = softmax[k * size + e];
        softmax_[e] += weight * value;
        softmax_squares_[e] += weight * value * value;
        if (maps != nullptr) maps->push_back(value + (adds_position ? position_[e] : 0.0));
      }
    }
  }
}

AttentionMaps AttentionStatistics::maps() const {
  PLAQUETTE_REQUIRE(weight_ > 0, "no input has been added");
  const auto n = static_cast<std::size_t>(shape_.tokens());
  const std::size_t maps = map_size() / (n * n);  // layers·h
  AttentionMaps result;
  if (softmax_.empty()) {
    result.mean = position_;
    result.spread.assign(maps, 0.0);
    result.spread_by_displacement.assign(maps * n, 0.0);
    return result;
  }
  NetworkShape by_difference = shape_;
  by_difference.translation_invariant = true;
  const bool adds_position = shape_.attention == Attention::decoupled;
  for (std::size_t map = 0; map < maps; ++map) {
    Spread all;
    Spread softmax;
    std::vector<Spread> far(n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const std::size_t e = (map * n + i) * n + j;
        const double part = softmax_[e] / weight_;
        const double square = softmax_squares_[e] / weight_;
        const double p = adds_position ? position_[e] : 0.0;
        const auto displacement = static_cast<std::size_t>(
            position_index(by_difference, static_cast<int>(i), static_cast<int>(j)));
        softmax.add(part, square);
        all.add(part + p, square + 2 * p * part + p * p);
        far[displacement].add(part + p, square + 2 * p * part + p * p);
        result.softmax.push_back(part);
        result.mean.push_back(part + p);
      }
    }
    result.spread.push_back(all.value());
    result.softmax_spread.push_back(softmax.value());
    for (const Spread& spread : far) result.spread_by_displacement.push_back(spread.value());
  }
  return result;
}

FrozenNetwork freeze_attention(const Lattice& lattice, const NetworkChoice& network,
                               std::span<const double> theta, const AttentionMaps& maps) {
  const ParameterTable from = make_parameter_table(make_network_shape(lattice, network));
  FrozenNetwork frozen{network, {}};
  frozen.network.attention = Attention::factored;
  const NetworkShape shape = make_network_shape(lattice, frozen.network);
  const ParameterTable to = make_parameter_table(shape);
  frozen.parameters.resize(to.size);
  for (const NamedTensor& tensor : to.tensors) {
    const auto same = std::ranges::find(from.tensors, tensor.name, &NamedTensor::name);
    std::copy_n(theta.begin() + static_cast<std::ptrdiff_t>(same->offset), tensor.size(),
                frozen.parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
  }
  const int n = shape.tokens();
  const auto positions = static_cast<std::size_t>(shape.positions());
  const double share = static_cast<double>(positions) / (n * n);
  const double* weight = maps.mean.data();
  for (const LayerOffsets& layer : to.layers) {
    for (std::size_t head = 0; head < static_cast<std::size_t>(shape.heads); ++head) {
      double* table = frozen.parameters.data() + layer.position + head * positions;
      std::fill_n(table, positions, 0.0);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) table[position_index(shape, i, j)] += share * *weight++;
      }
    }
  }
  return frozen;
}

}  // namespace plaquette
