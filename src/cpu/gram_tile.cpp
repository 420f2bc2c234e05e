#include "cpu/gram_tile.hpp"

#include <algorithm>

namespace plaquette::cpu {
namespace {

template <class Real>
struct Scratch {
  Real* packed;  // a chunk of `right`ᵀ
  Real* sums;    // (I, J) over a chunk
  Scratch(Workspace::Frame& frame, std::size_t rows, std::size_t columns)
      : packed(frame.take<Real>(product_kernels<Real>().packed_size(kGramChunk, columns))),
        sums(frame.take<Real>(rows * columns)) {}
};

}  // namespace

template <class Real>
void gram_tile(RowsView<double> tile, std::type_identity_t<RowsView<const Real>> left,
               std::type_identity_t<RowsView<const Real>> right, Workspace& workspace) {
  PLAQUETTE_REQUIRE(tile.rows == left.rows && tile.width == right.rows && left.width == right.width,
                    tile.rows, " x ", tile.width, " from ", left.rows, " x ", left.width, " and ",
                    right.rows, " x ", right.width);
  const auto& kernels = product_kernels<Real>();
  auto frame = workspace.frame();
  const Scratch<Real> scratch(frame, tile.rows, tile.width);
  for (std::size_t begin = 0; begin < left.width; begin += kGramChunk) {
    const std::size_t columns = std::min(kGramChunk, left.width - begin);
    kernels.pack(scratch.packed, right.data + begin, 1, right.stride, columns, tile.width);
    kernels.product({scratch.sums, tile.width, left.data + begin, left.stride, tile.rows, columns,
                     tile.width, scratch.packed, nullptr, false});
    for (std::size_t i = 0; i < tile.rows; ++i) {
      double* to = tile.data + i * tile.stride;
      const Real* sum = scratch.sums + i * tile.width;
#pragma omp simd
      for (std::size_t j = 0; j < tile.width; ++j) to[j] += static_cast<double>(sum[j]);
    }
  }
}

template <class Real>
std::size_t gram_tile_workspace(std::size_t rows) {
  return Workspace::measure([&](Workspace::Frame& frame) { Scratch<Real>(frame, rows, rows); });
}

#define PLAQUETTE_INSTANTIATE(Real)                                                           \
  template void gram_tile<Real>(RowsView<double>, std::type_identity_t<RowsView<const Real>>, \
                                std::type_identity_t<RowsView<const Real>>, Workspace&);      \
  template std::size_t gram_tile_workspace<Real>(std::size_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
