#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plaquette/model/network_shape.hpp"

namespace plaquette {

/// Which entry of a head's position table couples two tokens, in the orders that loops over tokens
/// and over entries need. A pure function of the shape.
struct PositionLists {
  explicit PositionLists(const NetworkShape& shape)
      : tokens(static_cast<std::size_t>(shape.tokens())),
        positions(static_cast<std::size_t>(shape.positions())),
        pairs_per_position(tokens * tokens / positions),
        forward(tokens * tokens),
        backward(tokens * tokens),
        pair_i(tokens * tokens),
        pair_j(tokens * tokens) {
    std::vector<std::size_t> filled(positions, 0);
    for (std::size_t i = 0; i < tokens; ++i) {
      for (std::size_t j = 0; j < tokens; ++j) {
        const int position = position_index(shape, static_cast<int>(i), static_cast<int>(j));
        const auto p = static_cast<std::size_t>(position);
        forward[i * tokens + j] = position;
        backward[j * tokens + i] = position;
        const std::size_t slot = p * pairs_per_position + filled[p]++;
        pair_i[slot] = static_cast<std::int32_t>(i);
        pair_j[slot] = static_cast<std::int32_t>(j);
      }
    }
  }

  std::size_t tokens;                  ///< n
  std::size_t positions;               ///< entries of a head's table: n or n²
  std::size_t pairs_per_position;      ///< pairs of tokens that share an entry: n or 1
  std::vector<std::int32_t> forward;   ///< (n, n): position of (i, j) at i·n + j
  std::vector<std::int32_t> backward;  ///< (n, n): position of (i, j) at j·n + i
  std::vector<std::int32_t> pair_i;    ///< (positions, pairs_per_position)
  std::vector<std::int32_t> pair_j;    ///< (positions, pairs_per_position)
};

}  // namespace plaquette
