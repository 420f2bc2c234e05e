#pragma once

#include <cstddef>
#include <type_traits>

#include "cpu/packed_product.hpp"

namespace plaquette::cpu {

/// Columns over which a tile sums in its rows' own precision before it goes on in FP64. An element
/// of FP32 rows a, b is then off by at most 256·2⁻²⁴·Σ|a_k b_k|, whatever the number of columns.
inline constexpr std::size_t kGramChunk = 256;

/// tile += left·rightᵀ. An element's bits depend on its two rows alone, not on the tile's shape.
/// One thread; instantiated for float and double.
template <class Real>
void gram_tile(RowsView<double> tile,                             // (I, J)
               std::type_identity_t<RowsView<const Real>> left,   // (I, columns)
               std::type_identity_t<RowsView<const Real>> right,  // (J, columns)
               Workspace& workspace);

/// Bytes of workspace that it takes for tiles up to (rows, rows).
template <class Real>
std::size_t gram_tile_workspace(std::size_t rows);

}  // namespace plaquette::cpu
