#pragma once

#include <cstddef>

#include "plaquette/model/network_shape.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette {

/// The extents of a network's tensors.
struct NetworkSizes {
  explicit NetworkSizes(const NetworkShape& shape)
      : tokens(static_cast<std::size_t>(shape.tokens())),
        channels(static_cast<std::size_t>(shape.d_model)),
        hidden(static_cast<std::size_t>(shape.hidden())),
        heads(static_cast<std::size_t>(shape.heads)),
        head_width(static_cast<std::size_t>(shape.head_width())),
        positions(static_cast<std::size_t>(shape.positions())),
        patch_sites(static_cast<std::size_t>(shape.patch_sites())),
        layers(static_cast<std::size_t>(shape.layers)),
        words(static_cast<std::size_t>(words_for(shape.tokens() * shape.patch_sites()))),
        softmax(shape.has_query_key()) {}

  std::size_t tokens;       ///< n
  std::size_t channels;     ///< d
  std::size_t hidden;       ///< f·d
  std::size_t heads;        ///< h
  std::size_t head_width;   ///< r = d/h
  std::size_t positions;    ///< entries of a head's position table
  std::size_t patch_sites;  ///< b²
  std::size_t layers;
  std::size_t words;  ///< of a packed configuration
  bool softmax;       ///< queries, keys and a softmax
};

}  // namespace plaquette
