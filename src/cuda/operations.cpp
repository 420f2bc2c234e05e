#include "cuda/operations.hpp"

#include <algorithm>

#include "kernels/bias.h"
#include "kernels/gelu.h"
#include "kernels/head.h"
#include "kernels/layer_norm.h"
#include "kernels/patch_embedding.h"
#include "kernels/softmax_attention.h"
#include "kernels/token_mixing.h"
#include "kernels/weight_gradient.h"

namespace plaquette::cuda {
namespace {

/// Kernels and cuBLAS read matrices in pieces of so many bytes.
constexpr std::size_t kAlignment = 32;

/// Offsets of a table's tensors, each rounded up to the alignment; one more element is the end.
std::vector<std::size_t> aligned_offsets(const ParameterTable& table, std::size_t real) {
  std::vector<std::size_t> offsets{0};
  const std::size_t step = kAlignment / real;
  for (const NamedTensor& tensor : table.tensors) {
    offsets.push_back((offsets.back() + tensor.size() + step - 1) / step * step);
  }
  return offsets;
}

}  // namespace

template <class Real>
Operations<Real>::Operations(const NetworkShape& shape, const ParameterTable& table,
                             const Blas& blas)
    : sizes_(shape),
      attention_(shape.attention),
      table_(table),
      aligned_(aligned_offsets(table, sizeof(Real))),
      blas_(blas),
      theta_(aligned_.back()),
      patch_sites_(make_patch_sites(shape), blas.stream()),
      positions_(shape, blas.stream()) {}

template <class Real>
void Operations<Real>::require_runnable(const NetworkSizes& sizes) {
  if (sizes.softmax) {
    require_softmax_attention_fits(sizes.tokens, sizes.head_width, sizeof(Real));
  } else {
    require_position_gradient_fits(sizes.tokens, sizeof(Real));
  }
}

template <class Real>
std::size_t Operations<Real>::window(const NetworkSizes& sizes, std::size_t bytes_of_one,
                                     std::size_t activation_bytes) {
  // The libraries count rows in an int, kernels blocks in one.
  constexpr std::size_t kMostRows = std::size_t{1} << 23;
  const std::size_t fits =
      std::min(activation_bytes / bytes_of_one, std::max<std::size_t>(kMostRows / sizes.tokens, 1));
  return fits >= 32 ? fits / 32 * 32 : std::max<std::size_t>(fits, 1);
}

template <class Real>
std::size_t Operations<Real>::parameter_bytes(const NetworkSizes&, const ParameterTable& table) {
  return aligned_offsets(table, sizeof(Real)).back() * sizeof(Real);
}

template <class Real>
const Real* Operations<Real>::at(std::size_t offset) const {
  const auto next = std::upper_bound(
      table_.tensors.begin(), table_.tensors.end(), offset,
      [](std::size_t value, const NamedTensor& tensor) { return value < tensor.offset; });
  const auto number = static_cast<std::size_t>(next - table_.tensors.begin()) - 1;
  return theta_.data() + aligned_[number] + (offset - table_.tensors[number].offset);
}

template <class Real>
void Operations<Real>::set_parameters(std::span<const double> theta) {
  std::vector<Real> packed(theta_.size(), Real(0));
  for (std::size_t t = 0; t < table_.tensors.size(); ++t) {
    const NamedTensor& tensor = table_.tensors[t];
    std::copy_n(theta.begin() + static_cast<std::ptrdiff_t>(tensor.offset), tensor.size(),
                packed.begin() + static_cast<std::ptrdiff_t>(aligned_[t]));
  }
  theta_.upload(packed, stream());
}

// ---- forward

template <class Real>
void Operations<Real>::embed(TensorView<Real, 3> out, Real* patches,
                             Configurations configurations) const {
  patch_embedding<Real>(
      out, patches, configurations,
      TensorView<const std::int32_t, 2>(patch_sites_.data(), sizes_.tokens, sizes_.patch_sites),
      TensorView<const Real, 2>(at(table_.embed.kernel), sizes_.patch_sites, sizes_.channels),
      at(table_.embed.bias), stream());
}

template <class Real>
void Operations<Real>::layer_norm(const NormContext<Real>& out, TensorView<const Real, 2> x,
                                  NormOffsets offsets) const {
  cuda::layer_norm<Real>(TensorView<Real, 2>(out.out, x.extent(0), x.extent(1)), x,
                         at(offsets.scale), at(offsets.bias), out.normalised, out.inverse_std,
                         stream());
}

template <class Real>
void Operations<Real>::dense(TensorView<Real, 2> out, TensorView<const Real, 2> x,
                             const DenseOffsets& offsets, Accumulate accumulate) const {
  if (accumulate == Accumulate::yes) {
    add_bias<Real>(out, at(offsets.bias), stream());
  } else {
    broadcast_bias<Real>(out, at(offsets.bias), stream());
  }
  blas_.product<Real>(out.data(), offsets.out, {x.data(), offsets.in},
                      {at(offsets.kernel), offsets.out}, {x.extent(0), offsets.in, offsets.out}, 1);
}

template <class Real>
void Operations<Real>::dense_gelu(TensorView<Real, 2> out, Real* hidden,
                                  TensorView<const Real, 2> x, const DenseOffsets& offsets) const {
  const TensorView<Real, 2> product(hidden != nullptr ? hidden : out.data(), out.extent(0),
                                    out.extent(1));
  blas_.product<Real>(product.data(), offsets.out, {x.data(), offsets.in},
                      {at(offsets.kernel), offsets.out}, {x.extent(0), offsets.in, offsets.out}, 0);
  bias_gelu<Real>(out, product, at(offsets.bias), hidden, stream());
}

template <class Real>
void Operations<Real>::mix_tokens(TensorView<Real, 3> out, TensorView<const Real, 3> value,
                                  std::size_t layer) const {
  cuda::mix_tokens<Real>(out, value, position_table(layer), positions_.forward(), stream());
}

template <class Real>
void Operations<Real>::softmax_attention(TensorView<Real, 3> out, Real* softmax,
                                         TensorView<const Real, 3> query,
                                         TensorView<const Real, 3> key,
                                         TensorView<const Real, 3> value, std::size_t layer,
                                         Workspace&) const {
  cuda::softmax_attention<Real>(out, softmax, query, key, value, position_table(layer), attention_,
                                positions_.map(), stream());
}

template <class Real>
void Operations<Real>::pool_tokens(TensorView<Real, 2> out, TensorView<const Real, 3> x) const {
  cuda::pool_tokens<Real>(out, x, stream());
}

template <class Real>
void Operations<Real>::log_cosh_sum(ComplexPair<double>* out, TensorView<const Real, 2> u,
                                    TensorView<const Real, 2> v) const {
  cuda::log_cosh_sum<Real>(out, u, v, stream());
}

// ---- backward

template <class Real>
void Operations<Real>::head_cotangents(TensorView<Real, 2> du, TensorView<Real, 2> dv,
                                       TensorView<const Real, 2> u,
                                       TensorView<const Real, 2> v) const {
  cuda::head_cotangents<Real>(du, dv, u, v, stream());
}

template <class Real>
void Operations<Real>::add(TensorView<Real, 2> x, TensorView<const Real, 2> y) const {
  add_residual<Real>(x, y, stream());
}

template <class Real>
void Operations<Real>::broadcast_to_tokens(TensorView<Real, 3> out,
                                           TensorView<const Real, 2> x) const {
  cuda::broadcast_to_tokens<Real>(out, x, stream());
}

template <class Real>
void Operations<Real>::layer_norm_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                                           const NormContext<Real>& norm, NormOffsets offsets,
                                           Accumulate accumulate) const {
  cuda::layer_norm_backward<Real>(
      dx, dy, TensorView<const Real, 2>(norm.normalised, dx.extent(0) / 2, dx.extent(1)),
      norm.inverse_std, at(offsets.scale), accumulate, stream());
}

template <class Real>
void Operations<Real>::dense_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                                      const DenseOffsets& offsets, Accumulate accumulate) const {
  blas_.product<Real>(dx.data(), offsets.in, {dy.data(), offsets.out},
                      {at(offsets.kernel), offsets.out, Transpose::yes},
                      {dy.extent(0), offsets.out, offsets.in},
                      accumulate == Accumulate::yes ? Real(1) : Real(0));
}

template <class Real>
void Operations<Real>::gelu_backward(TensorView<Real, 2> dy,
                                     TensorView<const Real, 2> hidden) const {
  cuda::gelu_backward<Real>(dy, hidden, stream());
}

template <class Real>
void Operations<Real>::mix_tokens_backward(TensorView<Real, 3> dvalue,
                                           const GradientBlock<Real>& block,
                                           TensorView<const Real, 3> dy,
                                           TensorView<const Real, 3> value, std::size_t layer,
                                           Workspace&) const {
  cuda::mix_tokens<Real>(dvalue, dy, position_table(layer), positions_.backward(), stream());
  mix_tokens_position_gradient<Real, Real>(block, table_.layers[layer].position, dy, value,
                                           sizes_.heads, positions_.map(), stream());
}

template <class Real>
void Operations<Real>::softmax_attention_backward(const AttentionCotangents<Real>& out,
                                                  const GradientBlock<Real>& block,
                                                  TensorView<const Real, 3> dy,
                                                  const plaquette::AttentionForward<Real>& forward,
                                                  std::size_t layer, Workspace&) const {
  const TensorView<const Real, 4> softmax(forward.softmax, forward.query.extent(0), sizes_.heads,
                                          sizes_.tokens, sizes_.tokens);
  cuda::softmax_attention_backward<Real, Real>(
      {out.query, out.key, out.value}, block, table_.layers[layer].position, dy,
      {softmax, forward.query, forward.key, forward.value, position_table(layer)}, attention_,
      positions_.map(), stream());
}

// ---- per-sample gradients

template <class Real>
void Operations<Real>::norm_gradient(const GradientBlock<Real>& block, NormOffsets offsets,
                                     TensorView<const Real, 3> normalised,
                                     TensorView<const Real, 3> dy, Workspace&) const {
  cuda::norm_gradient<Real, Real>(block, offsets.scale, offsets.bias, normalised, dy, stream());
}

template <class Real>
void Operations<Real>::dense_gradient(const GradientBlock<Real>& block, const DenseOffsets& offsets,
                                      TensorView<const Real, 3> x, TensorView<const Real, 3> dy,
                                      Workspace&) const {
  cuda::dense_gradient<Real, Real>(block, offsets, x, dy, stream());
}

template <class Real>
void Operations<Real>::read_softmax(std::span<double> out, std::size_t stride, const Real* softmax,
                                    std::size_t batch) const {
  const std::size_t maps = softmax_elements(sizes_);
  std::vector<Real> weights(batch * maps);
  copy_to_host(weights.data(), softmax, weights.size() * sizeof(Real), stream());
  for (std::size_t s = 0; s < batch; ++s) {
    std::copy_n(weights.data() + s * maps, maps, out.data() + s * stride);
  }
}

template class Operations<float>;
template class Operations<double>;

}  // namespace plaquette::cuda
