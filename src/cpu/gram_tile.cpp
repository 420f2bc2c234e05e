#include "cpu/gram_tile.hpp"

#include "plaquette/base/fixed_partition.hpp"

namespace plaquette::cpu {
namespace {

/// Rows and columns of a block, whose sums stay in the innermost cache until they are promoted.
constexpr std::size_t kBlock = 48;

template <class Real>
struct Scratch {
  std::size_t block;  // elements of a packed block of `right`
  Real* packed;       // a chunk of rightᵀ, block after block
  Real* sums;         // a block over a chunk
  Scratch(Workspace::Frame& frame, std::size_t columns)
      : block(product_kernels<Real>().packed_size(kGramChunk, kBlock)),
        packed(frame.take<Real>(block * FixedPartition{columns, kBlock}.count())),
        sums(frame.take<Real>(kBlock * kBlock)) {}
};

/// `to` += `sums`, of the same shape.
template <class Real>
void promote(const RowsView<double>& to, const Real* sums) {
  for (std::size_t i = 0; i < to.rows; ++i) {
    double* row = to.data + i * to.stride;
    const Real* sum = sums + i * to.width;
#pragma omp simd
    for (std::size_t j = 0; j < to.width; ++j) row[j] += static_cast<double>(sum[j]);
  }
}

}  // namespace

template <class Real>
void gram_tile(RowsView<double> tile, std::type_identity_t<RowsView<const Real>> left,
               std::type_identity_t<RowsView<const Real>> right, TilePart part,
               Workspace& workspace) {
  PLAQUETTE_REQUIRE(tile.rows == left.rows && tile.width == right.rows && left.width == right.width,
                    tile.rows, " x ", tile.width, " from ", left.rows, " x ", left.width, " and ",
                    right.rows, " x ", right.width);
  const auto& kernels = product_kernels<Real>();
  auto frame = workspace.frame();
  const Scratch<Real> scratch(frame, tile.width);
  const FixedPartition row_blocks{tile.rows, kBlock};
  const FixedPartition column_blocks{tile.width, kBlock};
  const FixedPartition chunks{left.width, kGramChunk};
  for (std::size_t c = 0; c < chunks.count(); ++c) {
    const IndexRange chunk = chunks[c];
    for (std::size_t j = 0; j < column_blocks.count(); ++j) {
      const RowsView<const Real> rows =
          right.block(column_blocks[j].begin, column_blocks[j].size());
      kernels.pack(scratch.packed + j * scratch.block, rows.data + chunk.begin, 1, rows.stride,
                   chunk.size(), rows.rows);
    }
    for (std::size_t i = 0; i < row_blocks.count(); ++i) {
      const IndexRange rows = row_blocks[i];
      for (std::size_t j = 0; j < column_blocks.count(); ++j) {
        const IndexRange columns = column_blocks[j];
        if (part == TilePart::lower && columns.begin >= rows.end) break;
        kernels.product({scratch.sums, columns.size(),
                         left.data + rows.begin * left.stride + chunk.begin, left.stride,
                         rows.size(), chunk.size(), columns.size(),
                         scratch.packed + j * scratch.block, nullptr, false});
        promote<Real>({tile.data + rows.begin * tile.stride + columns.begin, rows.size(),
                       columns.size(), tile.stride},
                      scratch.sums);
      }
    }
  }
}

template <class Real>
std::size_t gram_tile_workspace(std::size_t columns) {
  return Workspace::measure([&](Workspace::Frame& frame) { Scratch<Real>(frame, columns); });
}

#define PLAQUETTE_INSTANTIATE(Real)                                                                \
  template void gram_tile<Real>(RowsView<double>, std::type_identity_t<RowsView<const Real>>,      \
                                std::type_identity_t<RowsView<const Real>>, TilePart, Workspace&); \
  template std::size_t gram_tile_workspace<Real>(std::size_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
