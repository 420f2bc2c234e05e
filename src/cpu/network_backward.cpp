#include <algorithm>

#include "cpu/blas.hpp"
#include "cpu/layers.hpp"
#include "cpu/network.hpp"
#include "plaquette/model/activations.hpp"

namespace plaquette::cpu {

/// One backward pass over a batch. Every cotangent exists twice, once for Re log ψ and once for
/// Im log ψ: rows of the real part first, then those of the imaginary part.
template <class Real>
struct Network<Real>::Backward {
  static constexpr std::size_t kParts = 2;
  static constexpr Part kEach[kParts] = {Part::real, Part::imag};
  using Rows = TensorView<Real, 2>;
  using ConstRows = TensorView<const Real, 2>;

  /// Cotangents, shared by all layers.
  struct Cotangents {
    Real* residual;   // 2R, d
    Real* hidden;     // 2R, f·d
    Real* channels;   // 2R, d
    Real* value;      // 2R, d
    Real* query;      // 2R, d   softmax attention only
    Real* key;        // 2R, d
    Real* position;   // 2B, h, positions
    Real* tensor;     // the largest tensor: one sample's gradient of it
    Real* real_head;  // 2B, d
    Real* imag_head;  // 2B, d
    Real* pooled;     // 2B, d
  };

  static Cotangents allocate(Workspace::Frame& frame, const Network& net, std::size_t batch) {
    const std::size_t rows = kParts * batch * net.n_;
    const bool softmax = net.shape_.has_query_key();
    std::size_t largest = 0;
    for (const NamedTensor& tensor : net.table_.tensors) largest = std::max(largest, tensor.size());
    Cotangents c{};
    c.residual = frame.take<Real>(rows * net.d_);
    c.hidden = frame.take<Real>(rows * net.hidden_);
    c.channels = frame.take<Real>(rows * net.d_);
    c.value = frame.take<Real>(rows * net.d_);
    c.query = frame.take<Real>(softmax ? rows * net.d_ : 0);
    c.key = frame.take<Real>(softmax ? rows * net.d_ : 0);
    c.position = frame.take<Real>(kParts * batch * net.heads_ * net.positions_.positions);
    c.tensor = frame.take<Real>(largest);
    c.real_head = frame.take<Real>(kParts * batch * net.d_);
    c.imag_head = frame.take<Real>(kParts * batch * net.d_);
    c.pooled = frame.take<Real>(kParts * batch * net.d_);
    return c;
  }

  const Network& net;
  const Context& context;
  std::size_t batch;
  GradientSink& sink;
  Workspace& workspace;
  Cotangents cotangents;

  std::size_t rows() const { return batch * net.n_; }

  /// Calls take(part, sample, index) for the 2B cotangents, if the sink wants these parameters.
  template <class Take>
  void for_each_sample(std::size_t offset, std::size_t size, Take&& take) {
    if (!sink.wants({offset, offset + size})) return;
    for (const Part part : kEach) {
      for (std::size_t s = 0; s < batch; ++s) {
        take(part, s, static_cast<std::size_t>(part) * batch + s);
      }
    }
  }

  /// Gradients of y = x·kernel + bias: xᵀ dy and Σ dy over the `tokens` rows of each sample.
  /// x (B·tokens, in) is shared by both parts; dy (2B·tokens, out).
  void dense_gradient(DenseOffsets offsets, std::size_t tokens, const Real* x, std::size_t in,
                      const Real* dy, std::size_t out) {
    Real* tensor = cotangents.tensor;
    for_each_sample(offsets.kernel, in * out, [&](Part part, std::size_t s, std::size_t index) {
      gemm(Transpose::yes, Transpose::no, in, out, tokens, x + s * tokens * in, in,
           dy + index * tokens * out, out, Real(0), tensor, out);
      sink.take(part, s, offsets.kernel, std::span<const Real>(tensor, in * out));
    });
    for_each_sample(offsets.bias, out, [&](Part part, std::size_t s, std::size_t index) {
      sum_rows(tensor, dy + index * tokens * out, tokens, out);
      sink.take(part, s, offsets.bias, std::span<const Real>(tensor, out));
    });
  }

  /// Gradients of a LayerNorm's scale and bias: Σ dy x̂ and Σ dy over the rows of each sample.
  void norm_gradient(NormOffsets offsets, std::size_t tokens, const Real* normalised,
                     const Real* dy) {
    const std::size_t d = net.d_;
    Real* tensor = cotangents.tensor;
    for_each_sample(offsets.scale, d, [&](Part part, std::size_t s, std::size_t index) {
      std::fill_n(tensor, d, Real(0));
      for (std::size_t i = 0; i < tokens; ++i) {
        const Real* g = dy + (index * tokens + i) * d;
        const Real* unit = normalised + (s * tokens + i) * d;
#pragma omp simd
        for (std::size_t c = 0; c < d; ++c) tensor[c] += g[c] * unit[c];
      }
      sink.take(part, s, offsets.scale, std::span<const Real>(tensor, d));
    });
    for_each_sample(offsets.bias, d, [&](Part part, std::size_t s, std::size_t index) {
      sum_rows(tensor, dy + index * tokens * d, tokens, d);
      sink.take(part, s, offsets.bias, std::span<const Real>(tensor, d));
    });
  }

  static void sum_rows(Real* sum, const Real* in, std::size_t row_count, std::size_t width) {
    std::copy_n(in, width, sum);
    for (std::size_t i = 1; i < row_count; ++i) {
#pragma omp simd
      for (std::size_t c = 0; c < width; ++c) sum[c] += in[i * width + c];
    }
  }

  /// dx (+)= norm backward, for both parts.
  void through_norm(Real* dx, const Real* dy, const NormContext& norm, const Real* scale,
                    std::size_t row_count, Accumulate accumulate) {
    const std::size_t d = net.d_;
    for (std::size_t part = 0; part < kParts; ++part) {
      layer_norm_backward<Real>(Rows(dx + part * row_count * d, row_count, d),
                                ConstRows(dy + part * row_count * d, row_count, d),
                                ConstRows(norm.normalised, row_count, d), norm.inverse_std, scale,
                                accumulate);
    }
  }

  void head() {
    const std::size_t d = net.d_;
    const std::size_t size = batch * d;
    const HeadOffsets& offsets = net.table_.head;
    // d log ψ/du = t, d log ψ/dv = i t with t = tanh(u + iv): the real part's cotangents are
    // (Re t, −Im t), the imaginary part's (Im t, Re t).
    for (std::size_t k = 0; k < size; ++k) {
      const ComplexPair<Real> t =
          log_cosh_derivative(context.real_norm.out[k], context.imag_norm.out[k]);
      cotangents.real_head[k] = t.re;
      cotangents.imag_head[k] = -t.im;
      cotangents.real_head[size + k] = t.im;
      cotangents.imag_head[size + k] = t.re;
    }
    branch(cotangents.real_head, context.real_norm, offsets.real_norm, offsets.real);
    branch(cotangents.imag_head, context.imag_norm, offsets.imag_norm, offsets.imag);
    Real* dz = cotangents.pooled;
    for (std::size_t k = 0; k < kParts * size; ++k) {
      dz[k] = cotangents.real_head[k] + cotangents.imag_head[k];
    }
    norm_gradient(offsets.norm, 1, context.norm.normalised, dz);
    Real* dsum = cotangents.real_head;  // free again
    through_norm(dsum, dz, context.norm, net.at(offsets.norm.scale), batch, Accumulate::no);
    // The pool is a sum over tokens: each gets the same cotangent.
    for (std::size_t index = 0; index < kParts * batch; ++index) {
      for (std::size_t i = 0; i < net.n_; ++i) {
        std::copy_n(dsum + index * d, d, cotangents.residual + (index * net.n_ + i) * d);
      }
    }
  }

  /// Back through one of the head's two Dense → LayerNorm branches; `cotangent` (2B, d) becomes
  /// that of z.
  void branch(Real* cotangent, const NormContext& norm, NormOffsets norm_offsets,
              DenseOffsets dense_offsets) {
    const std::size_t d = net.d_;
    norm_gradient(norm_offsets, 1, norm.normalised, cotangent);
    Real* product = cotangents.pooled;
    through_norm(product, cotangent, norm, net.at(norm_offsets.scale), batch, Accumulate::no);
    dense_gradient(dense_offsets, 1, context.norm.out, d, product, d);
    dense_backward<Real>(Rows(cotangent, kParts * batch, d), ConstRows(product, kParts * batch, d),
                         net.kernel(dense_offsets, d, d));
  }

  void feed_forward(const LayerOffsets& offsets, const LayerContext& layer) {
    const std::size_t d = net.d_;
    const std::size_t hidden = net.hidden_;
    const std::size_t all = kParts * rows();
    Real* dx = cotangents.residual;
    dense_gradient(offsets.down, net.n_, layer.activated, hidden, dx, d);
    dense_backward<Real>(Rows(cotangents.hidden, all, hidden), ConstRows(dx, all, d),
                         net.kernel(offsets.down, hidden, d));
    for (std::size_t part = 0; part < kParts; ++part) {
      gelu_backward<Real>(Rows(cotangents.hidden + part * rows() * hidden, rows(), hidden),
                          ConstRows(layer.hidden, rows(), hidden));
    }
    dense_gradient(offsets.up, net.n_, layer.norm2.out, d, cotangents.hidden, hidden);
    dense_backward<Real>(Rows(cotangents.channels, all, d),
                         ConstRows(cotangents.hidden, all, hidden),
                         net.kernel(offsets.up, d, hidden));
    norm_gradient(offsets.norm2, net.n_, layer.norm2.normalised, cotangents.channels);
    through_norm(dx, cotangents.channels, layer.norm2, net.at(offsets.norm2.scale), rows(),
                 Accumulate::yes);
  }

  void attention(std::size_t l, const LayerOffsets& offsets, const LayerContext& layer) {
    const std::size_t d = net.d_;
    const std::size_t all = kParts * rows();
    Real* dx = cotangents.residual;
    Real* channels = cotangents.channels;
    dense_gradient(offsets.output, net.n_, layer.mixed, d, dx, d);
    dense_backward<Real>(Rows(channels, all, d), ConstRows(dx, all, d),
                         net.kernel(offsets.output, d, d));
    if (net.shape_.has_query_key()) {
      softmax_mixing(l, layer, channels);
    } else {
      factored_mixing(l, layer, channels);
    }
    const std::size_t table = net.heads_ * net.positions_.positions;
    for_each_sample(offsets.position, table, [&](Part part, std::size_t s, std::size_t index) {
      sink.take(part, s, offsets.position,
                std::span<const Real>(cotangents.position + index * table, table));
    });
    projection(offsets.value, layer, cotangents.value, channels, Real(0));
    if (net.shape_.has_query_key()) {
      projection(offsets.query, layer, cotangents.query, channels, Real(1));
      projection(offsets.key, layer, cotangents.key, channels, Real(1));
    }
    norm_gradient(offsets.norm1, net.n_, layer.norm1.normalised, channels);
    through_norm(dx, channels, layer.norm1, net.at(offsets.norm1.scale), rows(), Accumulate::yes);
  }

  /// Back through one of the value, query and key products: channels = keep·channels + dy·kernelᵀ.
  void projection(DenseOffsets offsets, const LayerContext& layer, const Real* dy, Real* channels,
                  Real keep) {
    const std::size_t d = net.d_;
    dense_gradient(offsets, net.n_, layer.norm1.out, d, dy, d);
    gemm(Transpose::no, Transpose::yes, kParts * rows(), d, d, dy, d, net.at(offsets.kernel), d,
         keep, channels, d);
  }

  void factored_mixing(std::size_t l, const LayerContext& layer, const Real* dy) {
    const std::size_t n = net.n_;
    const std::size_t d = net.d_;
    const std::size_t positions = net.positions_.positions;
    mix_tokens<Real>(TensorView<Real, 3>(cotangents.value, kParts * batch, n, d),
                     TensorView<const Real, 3>(dy, kParts * batch, n, d),
                     ConstRows(net.mixing_weights(l), positions, d), net.positions_.backward);
    const std::size_t table = net.heads_ * positions;
    for_each_sample(net.table_.layers[l].position, table,
                    [&](Part, std::size_t s, std::size_t index) {
                      mix_tokens_position_gradient<Real>(
                          Rows(cotangents.position + index * table, net.heads_, positions),
                          ConstRows(dy + index * n * d, n, d),
                          ConstRows(layer.value + s * n * d, n, d), net.positions_, workspace);
                    });
  }

  void softmax_mixing(std::size_t l, const LayerContext& layer, const Real* dy) {
    const std::size_t n = net.n_;
    const std::size_t d = net.d_;
    const std::size_t padded = padded_tokens(n);
    const std::size_t positions = net.positions_.positions;
    for (std::size_t index = 0; index < kParts * batch; ++index) {
      const std::size_t s = index % batch;
      const std::size_t from = index * n * d;
      const AttentionGradient<Real> gradient{
          Rows(cotangents.query + from, n, d), Rows(cotangents.key + from, n, d),
          Rows(cotangents.value + from, n, d),
          Rows(cotangents.position + index * net.heads_ * positions, net.heads_, positions)};
      softmax_attention_backward<Real>(
          gradient, ConstRows(dy + from, n, d),
          TensorView<const Real, 3>(layer.softmax + s * net.heads_ * n * padded, net.heads_, n,
                                    padded),
          ConstRows(layer.query + s * n * d, n, d), ConstRows(layer.key + s * n * d, n, d),
          ConstRows(layer.value + s * n * d, n, d),
          TensorView<const Real, 3>(net.softmax_positions(l), net.heads_, n, padded),
          net.shape_.attention, net.positions_, workspace);
    }
  }

  void run() {
    head();
    for (std::size_t l = net.table_.layers.size(); l-- > 0;) {
      feed_forward(net.table_.layers[l], context.layers[l]);
      attention(l, net.table_.layers[l], context.layers[l]);
    }
    dense_gradient(net.table_.embed, net.n_, context.patches,
                   static_cast<std::size_t>(net.shape_.patch_sites()), cotangents.residual, net.d_);
  }
};

template <class Real>
void Network<Real>::gradients(const std::uint64_t* configurations, std::size_t batch,
                              GradientSink& sink, Workspace& workspace) const {
  auto frame = workspace.frame();
  Context context = allocate(frame, batch, Keep::yes);
  forward(configurations, batch, context, workspace);
  Backward{*this, context, batch, sink, workspace, Backward::allocate(frame, *this, batch)}.run();
}

template <class Real>
std::size_t Network<Real>::gradient_workspace() const {
  return Workspace::measure([&](Workspace::Frame& frame) {
    allocate(frame, micro_batch(), Keep::yes);
    Backward::allocate(frame, *this, micro_batch());
    const std::size_t r = d_ / heads_;
    frame.take<Real>(std::max(
        {d_, softmax_attention_scratch(n_, r), softmax_attention_backward_scratch(n_, r)}));
  });
}

#define PLAQUETTE_INSTANTIATE(Real)                                                        \
  template void Network<Real>::gradients(const std::uint64_t*, std::size_t, GradientSink&, \
                                         Workspace&) const;                                \
  template std::size_t Network<Real>::gradient_workspace() const;
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
