#include "cpu/packed_product.hpp"

#include <algorithm>

#include "cpu/layers.hpp"

namespace plaquette::cpu {
namespace {

/// Rows whose hidden layer stays in a core's caches, and over which each panel of weights is used.
constexpr std::size_t kBlockRows = 48;

template <class Real>
void multiply(const RowsView<Real>& out, const RowsView<const Real>& x, const PackedMatrix<Real>& w,
              const Real* bias, bool accumulate) {
  PLAQUETTE_REQUIRE(out.rows == x.rows && x.width == w.in() && out.width == w.out(), out.rows,
                    " x ", out.width, " = ", x.rows, " x ", x.width, " times ", w.in(), " x ",
                    w.out());
  product_kernels<Real>().product({out.data, out.stride, x.data, x.stride, out.rows, w.in(),
                                   w.out(), w.data(), bias, accumulate});
}

template <class Real>
void normalise(const RowsView<Real>& out, const RowsView<const Real>& x,
               const NormParameters<Real>& norm) {
  product_kernels<Real>().layer_norm({out.data, out.stride, x.data, x.stride, x.rows, x.width,
                                      norm.scale, norm.bias, kNormEpsilon});
}

/// Calls block(begin, count) for all rows.
template <class Block>
void for_blocks(std::size_t rows, const Block& block) {
  for (std::size_t begin = 0; begin < rows; begin += kBlockRows) {
    block(begin, std::min(kBlockRows, rows - begin));
  }
}

template <class Real>
void feed_forward_block(const RowsView<Real>& residual, const RowsView<const Real>& x,
                        const FeedForwardWeights<Real>& weights, Real* scratch) {
  const std::size_t hidden = weights.up.out();
  const RowsView<Real> activated(scratch, x.rows, hidden, hidden);
  multiply<Real>(activated, x, weights.up, weights.up_bias, false);
  product_kernels<Real>().gelu(scratch, scratch, x.rows * hidden);
  multiply<Real>(residual, activated, weights.down, weights.down_bias, true);
}

}  // namespace

template <class Real>
void product(std::type_identity_t<RowsView<Real>> out, std::type_identity_t<RowsView<const Real>> x,
             const PackedMatrix<Real>& w, const Real* bias) {
  multiply<Real>(out, x, w, bias, false);
}

template <class Real>
void add_product(std::type_identity_t<RowsView<Real>> out,
                 std::type_identity_t<RowsView<const Real>> x, const PackedMatrix<Real>& w,
                 const Real* bias) {
  multiply<Real>(out, x, w, bias, true);
}

template <class Real>
void product_gelu(TensorView<Real, 2> out, TensorView<Real, 2> before,
                  std::type_identity_t<RowsView<const Real>> x, const PackedMatrix<Real>& w,
                  const Real* bias) {
  PLAQUETTE_REQUIRE(out.extent(0) == before.extent(0) && out.extent(1) == before.extent(1),
                    out.extent(0), " x ", out.extent(1), " from ", before.extent(0), " x ",
                    before.extent(1));
  const std::size_t width = out.extent(1);
  for_blocks(out.extent(0), [&](std::size_t begin, std::size_t count) {
    multiply<Real>(RowsView<Real>(before).block(begin, count), x.block(begin, count), w, bias,
                   false);
    product_kernels<Real>().gelu(out.data() + begin * width, before.data() + begin * width,
                                 count * width);
  });
}

template <class Real>
void feed_forward(std::type_identity_t<RowsView<Real>> residual,
                  std::type_identity_t<RowsView<const Real>> x,
                  const FeedForwardWeights<Real>& weights, Workspace& workspace) {
  auto frame = workspace.frame();
  Real* scratch = frame.template take<Real>(kBlockRows * weights.up.out());
  for_blocks(x.rows, [&](std::size_t begin, std::size_t count) {
    feed_forward_block<Real>(residual.block(begin, count), x.block(begin, count), weights, scratch);
  });
}

template <class Real>
void norm_feed_forward(std::type_identity_t<RowsView<Real>> residual,
                       const NormParameters<Real>& norm, const FeedForwardWeights<Real>& weights,
                       Workspace& workspace) {
  const std::size_t d = residual.width;
  auto frame = workspace.frame();
  Real* scratch = frame.template take<Real>(kBlockRows * weights.up.out());
  Real* unit = frame.template take<Real>(kBlockRows * d);
  for_blocks(residual.rows, [&](std::size_t begin, std::size_t count) {
    const RowsView<Real> rows = residual.block(begin, count);
    const RowsView<Real> x(unit, count, d, d);
    normalise<Real>(x, rows, norm);
    feed_forward_block<Real>(rows, x, weights, scratch);
  });
}

std::size_t feed_forward_scratch(std::size_t d, std::size_t hidden) {
  return kBlockRows * (d + hidden) + Workspace::kAlignment;
}

template <class Real>
void norm_product(std::type_identity_t<RowsView<Real>> out,
                  std::type_identity_t<RowsView<const Real>> x, const NormParameters<Real>& norm,
                  const PackedMatrix<Real>& w, const Real* bias, Workspace& workspace) {
  auto frame = workspace.frame();
  Real* unit = frame.template take<Real>(kBlockRows * x.width);
  for_blocks(x.rows, [&](std::size_t begin, std::size_t count) {
    const RowsView<Real> normalised(unit, count, x.width, x.width);
    normalise<Real>(normalised, x.block(begin, count), norm);
    multiply<Real>(out.block(begin, count), normalised, w, bias, false);
  });
}

std::size_t norm_product_scratch(std::size_t d) { return kBlockRows * d; }

#define PLAQUETTE_INSTANTIATE(Real)                                                                \
  template void product(std::type_identity_t<RowsView<Real>>,                                      \
                        std::type_identity_t<RowsView<const Real>>, const PackedMatrix<Real>&,     \
                        const Real*);                                                              \
  template void add_product(std::type_identity_t<RowsView<Real>>,                                  \
                            std::type_identity_t<RowsView<const Real>>, const PackedMatrix<Real>&, \
                            const Real*);                                                          \
  template void product_gelu(TensorView<Real, 2>, TensorView<Real, 2>,                             \
                             std::type_identity_t<RowsView<const Real>>,                           \
                             const PackedMatrix<Real>&, const Real*);                              \
  template void feed_forward(std::type_identity_t<RowsView<Real>>,                                 \
                             std::type_identity_t<RowsView<const Real>>,                           \
                             const FeedForwardWeights<Real>&, Workspace&);                         \
  template void norm_feed_forward(std::type_identity_t<RowsView<Real>>,                            \
                                  const NormParameters<Real>&, const FeedForwardWeights<Real>&,    \
                                  Workspace&);                                                     \
  template void norm_product(                                                                      \
      std::type_identity_t<RowsView<Real>>, std::type_identity_t<RowsView<const Real>>,            \
      const NormParameters<Real>&, const PackedMatrix<Real>&, const Real*, Workspace&);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
