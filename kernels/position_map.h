#pragma once

#include <cstddef>
#include <cstdint>

namespace plaquette::cuda {

/// Which entry of a head's position table couples two tokens, as kernels read it. All pointers are
/// device memory.
struct PositionMap {
  std::size_t tokens;              ///< n
  std::size_t positions;           ///< entries of a head's table: n or n²
  std::size_t pairs_per_position;  ///< pairs of tokens that share an entry: n or 1
  const std::int32_t* forward;     ///< (n, n): position of (i, j) at i·n + j
  const std::int32_t* backward;    ///< (n, n): position of (i, j) at j·n + i
  const std::int32_t* pair_i;      ///< (positions, pairs_per_position)
  const std::int32_t* pair_j;      ///< (positions, pairs_per_position)
};

}  // namespace plaquette::cuda
