#include "cpu/operations.hpp"

#include <algorithm>

#include "cpu/blas.hpp"
#include "cpu/layers.hpp"
#include "cpu/packed_product.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette::cpu {
namespace {

constexpr std::size_t kParts = 2;  // of a cotangent: of Re log ψ, of Im log ψ

std::size_t elements_of_a_table(const NetworkSizes& sizes) {
  return sizes.softmax ? Operations<float>::softmax_elements(sizes)
                       : sizes.positions * sizes.channels;
}

/// The largest tensor, of which a sample's gradient is made at once.
std::size_t largest_tensor(const NetworkSizes& sizes) {
  return std::max({sizes.channels * sizes.hidden, sizes.channels * sizes.channels,
                   sizes.patch_sites * sizes.channels, sizes.heads * sizes.positions});
}

/// Calls fill(to, s, q) for each cotangent of each sample whose gradient of `size` parameters from
/// `offset` on the block wants: s is the sample, q = part·B + s its cotangent. `to` is the place in
/// the block, or `scratch` where the block holds only some of the columns.
template <class Real, class Fill>
void for_each_row(const GradientBlock<Real>& block, std::size_t offset, std::size_t size,
                  std::size_t batch, Real* scratch, const Fill& fill) {
  if (!block.wants(offset, size)) return;
  const std::size_t begin = std::max(offset, block.begin);
  const std::size_t end = std::min(offset + size, block.end);
  const bool whole = end - begin == size;
  for (std::size_t part = 0; part < kParts; ++part) {
    for (std::size_t s = 0; s < batch; ++s) {
      Real* place = block.row(part, s) + (begin - block.begin);
      fill(whole ? place : scratch, s, part * batch + s);
      if (!whole) std::copy_n(scratch + (begin - offset), end - begin, place);
    }
  }
}

template <class Real>
void sum_rows(Real* sum, const Real* in, std::size_t rows, std::size_t width) {
  std::copy_n(in, width, sum);
  for (std::size_t i = 1; i < rows; ++i) {
#pragma omp simd
    for (std::size_t c = 0; c < width; ++c) sum[c] += in[i * width + c];
  }
}

/// Sample k of a batch.
template <class T>
TensorView<T, 2> sample(TensorView<T, 3> batch, std::size_t k) {
  return TensorView<T, 2>(batch.data() + k * batch.extent(1) * batch.extent(2), batch.extent(1),
                          batch.extent(2));
}

/// Rows [first, first + count) of a matrix.
template <class T>
TensorView<T, 2> rows_of(TensorView<T, 2> matrix, std::size_t first, std::size_t count) {
  return TensorView<T, 2>(matrix.data() + first * matrix.extent(1), count, matrix.extent(1));
}

}  // namespace

template <class Real>
Operations<Real>::Operations(const NetworkShape& shape, const ParameterTable& table)
    : sizes_(shape),
      role_(traits_of(shape.attention).positions),
      table_(table),
      positions_(shape),
      first_layer_(shape),
      patch_sites_(make_patch_sites(shape)),
      theta_(table.size),
      tables_(sizes_.layers * elements_of_a_table(sizes_)) {
  for (const DenseOffsets& dense : table.dense) {
    kernels_.emplace_back(dense.in, dense.out);
    transposed_.emplace_back(dense.out, dense.in);
  }
}

template <class Real>
std::size_t Operations<Real>::window(const NetworkSizes& sizes, std::size_t, std::size_t) {
  // About 384 rows: enough to amortise packing the weights, and a layer's activations stay in a
  // megabyte of cache.
  constexpr std::size_t kRows = 384;
  return std::max<std::size_t>(4, kRows / sizes.tokens / 4 * 4);
}

template <class Real>
std::size_t Operations<Real>::scratch_bytes(const NetworkSizes& sizes, std::size_t batch) {
  const std::size_t feed_forward = Workspace::measure([&](Workspace::Frame& frame) {
    frame.take<Real>(feed_forward_scratch(sizes.channels, sizes.hidden));
  });
  if (!sizes.softmax) {
    return std::max(feed_forward, FirstLayer<Real>::scratch_bytes(sizes, batch));
  }
  const std::size_t attention = Workspace::measure([&](Workspace::Frame& frame) {
    frame.take<Real>(softmax_elements(sizes));
    frame.take<Real>(softmax_attention_scratch(sizes.head_width));
  });
  return std::max(feed_forward, attention);
}

template <class Real>
std::size_t Operations<Real>::gradient_scratch_bytes(const NetworkSizes& sizes, std::size_t batch) {
  const std::size_t backward = Workspace::measure([&](Workspace::Frame& frame) {
    frame.take<Real>(largest_tensor(sizes));
    frame.take<Real>(std::max(
        sizes.channels,
        sizes.softmax ? softmax_attention_backward_scratch(sizes.tokens, sizes.head_width) : 0));
  });
  return std::max(scratch_bytes(sizes, batch), backward);
}

template <class Real>
std::size_t Operations<Real>::parameter_bytes(const NetworkSizes& sizes,
                                              const ParameterTable& table) {
  std::size_t numbers =
      table.size + sizes.layers * elements_of_a_table(sizes) + FirstLayer<Real>::elements(sizes);
  for (const DenseOffsets& dense : table.dense) {
    numbers += product_kernels<Real>().packed_size(dense.in, dense.out) +
               product_kernels<Real>().packed_size(dense.out, dense.in);
  }
  return numbers * sizeof(Real);
}

template <class Real>
TensorView<const Real, 2> Operations<Real>::mixing_weights(std::size_t layer) const {
  return TensorView<const Real, 2>(tables_.data() + layer * elements_of_a_table(sizes_),
                                   sizes_.positions, sizes_.channels);
}

template <class Real>
TensorView<const Real, 3> Operations<Real>::softmax_positions(std::size_t layer) const {
  return TensorView<const Real, 3>(tables_.data() + layer * elements_of_a_table(sizes_),
                                   sizes_.heads, sizes_.tokens, padded_tokens(sizes_.tokens));
}

/// From (h, positions) to a table that the loops over tokens read in order.
template <class Real>
void Operations<Real>::spread_table(Real* out, const Real* table) const {
  const std::size_t n = sizes_.tokens;
  if (!sizes_.softmax) {
    for (std::size_t p = 0; p < sizes_.positions; ++p) {
      for (std::size_t c = 0; c < sizes_.channels; ++c) {
        *out++ = table[c / sizes_.head_width * sizes_.positions + p];
      }
    }
    return;
  }
  const std::size_t padded = padded_tokens(n);
  for (std::size_t head = 0; head < sizes_.heads; ++head) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < padded; ++i) {
        *out++ = i < n ? table[head * sizes_.positions +
                               static_cast<std::size_t>(positions_.backward[j * n + i])]
                       : Real(0);
      }
    }
  }
}

template <class Real>
void Operations<Real>::set_parameters(std::span<const double> theta) {
  std::copy(theta.begin(), theta.end(), theta_.data());
  for (const DenseOffsets& dense : table_.dense) {
    const TensorView<const Real, 2> kernel(at(dense.kernel), dense.in, dense.out);
    kernels_[dense.number].pack(kernel);
    transposed_[dense.number].pack_transposed(kernel);
  }
  for (std::size_t l = 0; l < sizes_.layers; ++l) {
    spread_table(tables_.data() + l * elements_of_a_table(sizes_), at(table_.layers[l].position));
  }
  if (first_layer_pays(sizes_)) first_layer_.set_parameters(theta, table_);
}

// ---- forward

template <class Real>
void Operations<Real>::embed(TensorView<Real, 3> out, Real* patches,
                             TensorView<const std::uint64_t, 2> configurations) const {
  const std::size_t b2 = sizes_.patch_sites;
  const std::size_t d = sizes_.channels;
  const Real* weights = at(table_.embed.kernel);
  Real* row = out.data();
  for (std::size_t s = 0; s < configurations.extent(0); ++s) {
    const std::uint64_t* words = configurations.data() + s * sizes_.words;
    for (std::size_t token = 0; token < sizes_.tokens; ++token, row += d) {
      std::copy_n(at(table_.embed.bias), d, row);
      for (std::size_t k = 0; k < b2; ++k) {
        const auto value = static_cast<Real>(spin(words, patch_sites_[token * b2 + k]));
        if (patches != nullptr) *patches++ = value;
#pragma omp simd
        for (std::size_t c = 0; c < d; ++c) row[c] += value * weights[k * d + c];
      }
    }
  }
}

template <class Real>
void Operations<Real>::layer_norm(const NormContext<Real>& out, TensorView<const Real, 2> x,
                                  NormOffsets offsets) const {
  const std::size_t d = x.extent(1);
  if (out.normalised == nullptr) {
    product_kernels<Real>().layer_norm({out.out, d, x.data(), d, x.extent(0), d, at(offsets.scale),
                                        at(offsets.bias), kNormEpsilon});
    return;
  }
  cpu::layer_norm<Real>(TensorView<Real, 2>(out.out, x.extent(0), d), x, at(offsets.scale),
                        at(offsets.bias), out.normalised, out.inverse_std);
}

template <class Real>
void Operations<Real>::dense(TensorView<Real, 2> out, TensorView<const Real, 2> x,
                             const DenseOffsets& offsets, Accumulate accumulate) const {
  if (accumulate == Accumulate::yes) {
    add_product<Real>(out, x, kernels_[offsets.number], at(offsets.bias));
  } else {
    product<Real>(out, x, kernels_[offsets.number], at(offsets.bias));
  }
}

template <class Real>
void Operations<Real>::dense_gelu(TensorView<Real, 2> out, Real* hidden,
                                  TensorView<const Real, 2> x, const DenseOffsets& offsets) const {
  const TensorView<Real, 2> before(hidden != nullptr ? hidden : out.data(), out.extent(0),
                                   out.extent(1));
  product_gelu<Real>(out, before, x, kernels_[offsets.number], at(offsets.bias));
}

template <class Real>
void Operations<Real>::feed_forward(TensorView<Real, 2> residual, NormOffsets norm,
                                    const DenseOffsets& up, const DenseOffsets& down,
                                    Workspace& workspace) const {
  norm_feed_forward<Real>(residual, {at(norm.scale), at(norm.bias)},
                          {kernels_[up.number], at(up.bias), kernels_[down.number], at(down.bias)},
                          workspace);
}

template <class Real>
void Operations<Real>::mix_tokens(TensorView<Real, 3> out, TensorView<const Real, 3> value,
                                  std::size_t layer) const {
  cpu::mix_tokens<Real>(out, value, mixing_weights(layer), positions_.forward);
}

template <class Real>
void Operations<Real>::softmax_attention(TensorView<Real, 3> out, Real* softmax,
                                         TensorView<const Real, 3> query,
                                         TensorView<const Real, 3> key,
                                         TensorView<const Real, 3> value, std::size_t layer,
                                         Workspace& workspace) const {
  auto frame = workspace.frame();
  const std::size_t size = softmax_elements(sizes_);
  Real* one = softmax == nullptr ? frame.template take<Real>(size) : nullptr;
  const TensorView<const Real, 3> table = softmax_positions(layer);
  for (std::size_t s = 0; s < out.extent(0); ++s) {
    const TensorView<Real, 3> weights(softmax == nullptr ? one : softmax + s * size,
                                      table.extent(0), table.extent(1), table.extent(2));
    cpu::softmax_attention<Real>(sample(out, s), weights,
                                 {sample(query, s), sample(key, s), sample(value, s), table}, role_,
                                 workspace);
  }
}

template <class Real>
void Operations<Real>::first_layer(TensorView<Real, 3> residual,
                                   TensorView<const std::uint64_t, 2> configurations,
                                   Workspace& workspace) const {
  first_layer_.residual(residual, configurations, patch_sites_, workspace);
}

template <class Real>
void Operations<Real>::pool_tokens(TensorView<Real, 2> out, TensorView<const Real, 3> x) const {
  for (std::size_t s = 0; s < out.extent(0); ++s) {
    sum_rows(out.data() + s * sizes_.channels, sample(x, s).data(), sizes_.tokens, sizes_.channels);
  }
}

template <class Real>
void Operations<Real>::log_cosh_sum(ComplexPair<double>* out, TensorView<const Real, 2> u,
                                    TensorView<const Real, 2> v) const {
  for (std::size_t s = 0; s < u.extent(0); ++s) {
    ComplexPair<double> sum{0, 0};
    for (std::size_t c = 0; c < u.extent(1); ++c) {
      const ComplexPair<Real> term = log_cosh(u(s, c), v(s, c));
      sum.re += static_cast<double>(term.re);
      sum.im += static_cast<double>(term.im);
    }
    out[s] = sum;
  }
}

// ---- backward

template <class Real>
void Operations<Real>::head_cotangents(TensorView<Real, 2> du, TensorView<Real, 2> dv,
                                       TensorView<const Real, 2> u,
                                       TensorView<const Real, 2> v) const {
  const std::size_t size = u.size();
  for (std::size_t k = 0; k < size; ++k) {
    const ComplexPair<Real> t = log_cosh_derivative(u.data()[k], v.data()[k]);
    du.data()[k] = t.re;
    dv.data()[k] = -t.im;
    du.data()[size + k] = t.im;
    dv.data()[size + k] = t.re;
  }
}

template <class Real>
void Operations<Real>::add(TensorView<Real, 2> x, TensorView<const Real, 2> y) const {
  for (std::size_t k = 0; k < x.size(); ++k) x.data()[k] += y.data()[k];
}

template <class Real>
void Operations<Real>::broadcast_to_tokens(TensorView<Real, 3> out,
                                           TensorView<const Real, 2> x) const {
  Real* row = out.data();
  for (std::size_t q = 0; q < x.extent(0); ++q) {
    for (std::size_t i = 0; i < sizes_.tokens; ++i, row += sizes_.channels) {
      std::copy_n(x.data() + q * sizes_.channels, sizes_.channels, row);
    }
  }
}

template <class Real>
void Operations<Real>::layer_norm_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                                           const NormContext<Real>& norm, NormOffsets offsets,
                                           Accumulate accumulate) const {
  const std::size_t rows = dx.extent(0) / kParts;
  const TensorView<const Real, 2> normalised(norm.normalised, rows, dx.extent(1));
  for (std::size_t part = 0; part < kParts; ++part) {
    cpu::layer_norm_backward<Real>(rows_of(dx, part * rows, rows), rows_of(dy, part * rows, rows),
                                   normalised, norm.inverse_std, at(offsets.scale), accumulate);
  }
}

template <class Real>
void Operations<Real>::dense_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                                      const DenseOffsets& offsets, Accumulate accumulate) const {
  if (accumulate == Accumulate::yes) {
    add_product<Real>(dx, dy, transposed_[offsets.number], nullptr);
  } else {
    product<Real>(dx, dy, transposed_[offsets.number], nullptr);
  }
}

template <class Real>
void Operations<Real>::gelu_backward(TensorView<Real, 2> dy,
                                     TensorView<const Real, 2> hidden) const {
  for (std::size_t part = 0; part < kParts; ++part) {
    product_kernels<Real>().gelu_backward(dy.data() + part * hidden.size(), hidden.data(),
                                          hidden.size());
  }
}

template <class Real>
void Operations<Real>::mix_tokens_backward(TensorView<Real, 3> dvalue,
                                           const GradientBlock<Real>& block,
                                           TensorView<const Real, 3> dy,
                                           TensorView<const Real, 3> value, std::size_t layer,
                                           Workspace& workspace) const {
  cpu::mix_tokens<Real>(dvalue, dy, mixing_weights(layer), positions_.backward);
  auto frame = workspace.frame();
  const std::size_t size = sizes_.heads * sizes_.positions;
  Real* scratch = frame.template take<Real>(size);
  for_each_row(block, table_.layers[layer].position, size, value.extent(0), scratch,
               [&](Real* to, std::size_t s, std::size_t q) {
                 mix_tokens_position_gradient<Real>(
                     TensorView<Real, 2>(to, sizes_.heads, sizes_.positions), sample(dy, q),
                     sample(value, s), positions_, workspace);
               });
}

template <class Real>
void Operations<Real>::softmax_attention_backward(const AttentionCotangents<Real>& out,
                                                  const GradientBlock<Real>& block,
                                                  TensorView<const Real, 3> dy,
                                                  const AttentionForward<Real>& forward,
                                                  std::size_t layer, Workspace& workspace) const {
  auto frame = workspace.frame();
  const std::size_t batch = forward.query.extent(0);
  const std::size_t size = sizes_.heads * sizes_.positions;
  Real* position = frame.template take<Real>(size);
  const TensorView<const Real, 3> table = softmax_positions(layer);
  const auto backward = [&](Real* to, std::size_t s, std::size_t q) {
    const TensorView<const Real, 3> weights(forward.softmax + s * softmax_elements(sizes_),
                                            table.extent(0), table.extent(1), table.extent(2));
    cpu::softmax_attention_backward<Real>(
        {sample(out.query, q), sample(out.key, q), sample(out.value, q),
         TensorView<Real, 2>(to, sizes_.heads, sizes_.positions)},
        sample(dy, q), weights,
        {sample(forward.query, s), sample(forward.key, s), sample(forward.value, s), table}, role_,
        positions_, workspace);
  };
  const std::size_t offset = table_.layers[layer].position;
  if (block.wants(offset, size)) {
    for_each_row(block, offset, size, batch, position, backward);
  } else {
    for (std::size_t q = 0; q < kParts * batch; ++q) backward(position, q % batch, q);
  }
}

// ---- per-sample gradients

template <class Real>
void Operations<Real>::norm_gradient(const GradientBlock<Real>& block, NormOffsets offsets,
                                     TensorView<const Real, 3> normalised,
                                     TensorView<const Real, 3> dy, Workspace& workspace) const {
  auto frame = workspace.frame();
  const std::size_t d = sizes_.channels;
  const std::size_t T = dy.extent(1);
  const std::size_t batch = normalised.extent(0);
  Real* scratch = frame.template take<Real>(d);
  for_each_row(block, offsets.scale, d, batch, scratch,
               [&](Real* to, std::size_t s, std::size_t q) {
                 std::fill_n(to, d, Real(0));
                 const Real* g = sample(dy, q).data();
                 const Real* unit = sample(normalised, s).data();
                 for (std::size_t i = 0; i < T; ++i) {
#pragma omp simd
                   for (std::size_t c = 0; c < d; ++c) to[c] += g[i * d + c] * unit[i * d + c];
                 }
               });
  for_each_row(block, offsets.bias, d, batch, scratch, [&](Real* to, std::size_t, std::size_t q) {
    sum_rows(to, sample(dy, q).data(), T, d);
  });
}

template <class Real>
void Operations<Real>::dense_gradient(const GradientBlock<Real>& block, const DenseOffsets& offsets,
                                      TensorView<const Real, 3> x, TensorView<const Real, 3> dy,
                                      Workspace& workspace) const {
  auto frame = workspace.frame();
  const std::size_t T = dy.extent(1);
  const std::size_t batch = x.extent(0);
  Real* scratch = frame.template take<Real>(offsets.in * offsets.out);
  for_each_row(block, offsets.kernel, offsets.in * offsets.out, batch, scratch,
               [&](Real* to, std::size_t s, std::size_t q) {
                 gemm(Transpose::yes, Transpose::no, offsets.in, offsets.out, T,
                      sample(x, s).data(), offsets.in, sample(dy, q).data(), offsets.out, Real(0),
                      to, offsets.out);
               });
  for_each_row(block, offsets.bias, offsets.out, batch, scratch,
               [&](Real* to, std::size_t, std::size_t q) {
                 sum_rows(to, sample(dy, q).data(), T, offsets.out);
               });
}

template <class Real>
void Operations<Real>::read_softmax(std::span<double> out, std::size_t stride, const Real* softmax,
                                    std::size_t batch) const {
  const std::size_t n = sizes_.tokens;
  const std::size_t padded = padded_tokens(n);
  for (std::size_t s = 0; s < batch; ++s) {
    double* next = out.data() + s * stride;
    for (std::size_t head = 0; head < sizes_.heads; ++head) {
      const Real* weights = softmax + (s * sizes_.heads + head) * n * padded;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          *next++ = static_cast<double>(weights[j * padded + i]);
        }
      }
    }
  }
}

template class Operations<float>;
template class Operations<double>;

}  // namespace plaquette::cpu
