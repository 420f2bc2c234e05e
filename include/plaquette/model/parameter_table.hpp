#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "plaquette/base/philox.hpp"
#include "plaquette/model/network_shape.hpp"

namespace plaquette {

/// All parameters are one flat array; this table names its pieces. SR, checkpoints, model files
/// and printing use it.
struct NamedTensor {
  std::string name;                ///< path in the model file, e.g. layers/0/ffn/up/kernel
  std::vector<std::size_t> shape;  ///< row-major
  std::size_t offset;              ///< first element in the flat array

  std::size_t size() const {
    std::size_t product = 1;
    for (std::size_t extent : shape) product *= extent;
    return product;
  }
};

/// Offsets of y = x·kernel + bias in the flat array.
struct DenseOffsets {
  std::size_t kernel;  ///< (in, out)
  std::size_t bias;    ///< (out)
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t number = 0;  ///< in ParameterTable::dense
};

/// Offsets of a LayerNorm.
struct NormOffsets {
  std::size_t scale;  ///< (d)
  std::size_t bias;   ///< (d)
};

struct LayerOffsets {
  NormOffsets norm1;
  DenseOffsets value, output;
  DenseOffsets query, key;  ///< only if the shape has_query_key()
  std::size_t position;     ///< (h, n) or (h, n, n)
  NormOffsets norm2;
  DenseOffsets up, down;
};

struct HeadOffsets {
  NormOffsets norm;
  DenseOffsets real, imag;
  NormOffsets real_norm, imag_norm;
};

/// The same table twice: by name for files, by member for arithmetic.
struct ParameterTable {
  std::vector<NamedTensor> tensors;  ///< in order of offset, without gaps
  std::size_t size = 0;              ///< P

  std::vector<DenseOffsets> dense;  ///< every dense layer
  DenseOffsets embed{};
  std::vector<LayerOffsets> layers;
  HeadOffsets head{};
};

inline ParameterTable make_parameter_table(const NetworkShape& shape) {
  using Extents = std::vector<std::size_t>;
  const auto d = static_cast<std::size_t>(shape.d_model);
  const auto hidden = static_cast<std::size_t>(shape.hidden());
  const auto n = static_cast<std::size_t>(shape.tokens());
  const auto h = static_cast<std::size_t>(shape.heads);
  ParameterTable table;
  const auto add = [&](const std::string& name, const Extents& extents) {
    const std::size_t offset = table.size;
    table.tensors.push_back({name, extents, offset});
    table.size += table.tensors.back().size();
    return offset;
  };
  const auto dense = [&](const std::string& name, std::size_t in, std::size_t out) {
    const std::size_t kernel = add(name + "/kernel", {in, out});
    const std::size_t bias = add(name + "/bias", {out});
    table.dense.push_back({kernel, bias, in, out, table.dense.size()});
    return table.dense.back();
  };
  const auto norm = [&](const std::string& name) {
    const std::size_t scale = add(name + "/scale", {d});
    return NormOffsets{scale, add(name + "/bias", {d})};
  };

  table.embed = dense("embed", static_cast<std::size_t>(shape.patch_sites()), d);
  for (int l = 0; l < shape.layers; ++l) {
    const std::string prefix = "layers/" + std::to_string(l) + "/";
    LayerOffsets layer{};
    layer.norm1 = norm(prefix + "norm1");
    layer.value = dense(prefix + "attention/value", d, d);
    layer.output = dense(prefix + "attention/output", d, d);
    if (shape.has_query_key()) {
      layer.query = dense(prefix + "attention/query", d, d);
      layer.key = dense(prefix + "attention/key", d, d);
    }
    layer.position = add(prefix + "attention/position",
                         shape.translation_invariant ? Extents{h, n} : Extents{h, n, n});
    layer.norm2 = norm(prefix + "norm2");
    layer.up = dense(prefix + "ffn/up", d, hidden);
    layer.down = dense(prefix + "ffn/down", hidden, d);
    table.layers.push_back(layer);
  }
  table.head.norm = norm("head/norm");
  table.head.real = dense("head/real", d, d);
  table.head.imag = dense("head/imag", d, d);
  table.head.real_norm = norm("head/real_norm");
  table.head.imag_norm = norm("head/imag_norm");
  return table;
}

/// Xavier uniform kernels and position tables, zero biases, unit scales. A value depends on the
/// seed and its place in the flat array alone.
/// A matrix (in, out) is uniform in ±√(6/(in + out)); a position table counts as (h, n), or per
/// head as (n, n) when it is full.
inline std::vector<double> initial_parameters(const ParameterTable& table, std::uint64_t seed) {
  std::vector<double> theta(table.size, 0.0);
  for (const NamedTensor& tensor : table.tensors) {
    const bool is_bias = tensor.name.ends_with("/bias");
    const bool is_scale = tensor.name.ends_with("/scale");
    if (is_bias) continue;
    const std::size_t rank = tensor.shape.size();
    const double bound =
        is_scale
            ? 0.0
            : std::sqrt(6.0 / static_cast<double>(tensor.shape[rank - 2] + tensor.shape[rank - 1]));
    for (std::size_t index = tensor.offset; index < tensor.offset + tensor.size(); ++index) {
      const PhiloxBlock block =
          philox(seed, {static_cast<std::uint32_t>(index), 0, 0, Purpose::initial_parameter});
      theta[index] = is_scale ? 1.0 : bound * (2.0 * uniform(block) - 1.0);
    }
  }
  return theta;
}

}  // namespace plaquette
