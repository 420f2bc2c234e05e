#pragma once

#include <cstddef>
#include <type_traits>

#include "cpu/packed_product.hpp"

namespace plaquette::cpu {

/// Columns over which a tile sums in its rows' own precision before it goes on in FP64. An element
/// of FP32 rows a, b is then off by at most 64·2⁻²⁴·Σ|a_k b_k|, whatever the number of columns.
inline constexpr std::size_t kGramChunk = 64;

/// Which elements of a tile are wanted; of those above the diagonal some are computed as well.
enum class TilePart { whole, lower };

/// tile += left·rightᵀ. An element's bits depend on its two rows alone, not on the tile's shape.
/// One thread; instantiated for float and double.
template <class Real>
void gram_tile(RowsView<double> tile,                             // (I, J)
               std::type_identity_t<RowsView<const Real>> left,   // (I, columns)
               std::type_identity_t<RowsView<const Real>> right,  // (J, columns)
               TilePart part, Workspace& workspace);

/// Bytes of workspace that it takes for tiles of up to so many columns.
template <class Real>
std::size_t gram_tile_workspace(std::size_t columns);

}  // namespace plaquette::cpu
