#include "cuda/network.hpp"
#include "kernels/bias.h"
#include "kernels/gelu.h"
#include "kernels/head.h"
#include "kernels/layer_norm.h"
#include "kernels/softmax_attention.h"
#include "kernels/token_mixing.h"
#include "kernels/weight_gradient.h"

namespace plaquette::cuda {

/// Carries the cotangents of Re log ψ and Im log ψ (rows of the real part first) from the head to
/// the embedding, and leaves every tensor's per-sample gradient on the way.
template <class Real>
struct Network<Real>::Backward {
  Backward(const Network& network_, Workspace::Frame& frame, const GradientBlock<Real>& block_,
           const Context& context_)
      : net(network_),
        block(block_),
        forward(context_),
        B(context_.batch),
        n(network_.n_),
        d(network_.d_),
        f(network_.hidden_),
        du(frame.take<Real>(2 * B * d)),
        dv(frame.take<Real>(2 * B * d)),
        inner(frame.take<Real>(2 * B * d)),
        dx(frame.take<Real>(2 * B * n * d)),
        channels(frame.take<Real>(2 * B * n * d)),
        dvalue(frame.take<Real>(2 * B * n * d)),
        dhidden(frame.take<Real>(2 * B * n * f)) {
    if (net.shape_.has_query_key()) {
      dquery = frame.take<Real>(2 * B * n * d);
      dkey = frame.take<Real>(2 * B * n * d);
    }
  }

  void run() {
    head_cotangents<Real>(pooled(du), pooled(dv), samples(forward.real_norm.out),
                          samples(forward.imag_norm.out), stream());
    const HeadOffsets& offsets = net.table_.head;
    branch(du, forward.real_norm, offsets.real_norm, offsets.real);
    branch(dv, forward.imag_norm, offsets.imag_norm, offsets.imag);
    add_residual<Real>(pooled(du), pooled(dv), stream());
    norm_gradients(offsets.norm, forward.norm, du, 1);
    through_norm(dv, du, forward.norm, offsets.norm, B, Accumulate::no);
    broadcast_to_tokens<Real>(tokens(dx, d), pooled(dv), stream());
    for (std::size_t l = net.table_.layers.size(); l-- > 0;) {
      feed_forward(forward.layers[l], net.table_.layers[l]);
      attention(forward.layers[l], net.table_.layers[l]);
    }
    dense_gradients(net.table_.embed, forward.patches, net.patch_, dx, d, n);
  }

 private:
  cudaStream_t stream() const { return net.stream(); }
  TensorView<Real, 2> pooled(Real* x) const { return TensorView<Real, 2>(x, 2 * B, d); }
  TensorView<const Real, 2> samples(const Real* x) const {
    return TensorView<const Real, 2>(x, B, d);
  }
  TensorView<Real, 3> tokens(Real* x, std::size_t width) const {
    return TensorView<Real, 3>(x, 2 * B, n, width);
  }
  TensorView<const Real, 3> kept(const Real* x, std::size_t rows, std::size_t width) const {
    return TensorView<const Real, 3>(x, B, rows, width);
  }

  /// The T rows of each sample: T = n in the layers, 1 in the head.
  void dense_gradients(DenseOffsets offsets, const Real* x, std::size_t in, const Real* dy,
                       std::size_t out, std::size_t T) const {
    dense_gradient<Real, Real>(block, offsets, kept(x, T, in),
                               TensorView<const Real, 3>(dy, 2 * B, T, out), stream());
  }
  void norm_gradients(NormOffsets offsets, const NormContext& norm, const Real* dy,
                      std::size_t T) const {
    norm_gradient<Real, Real>(block, offsets.scale, offsets.bias, kept(norm.normalised, T, d),
                              TensorView<const Real, 3>(dy, 2 * B, T, d), stream());
  }
  void through_norm(Real* out, const Real* dy, const NormContext& norm, NormOffsets offsets,
                    std::size_t rows, Accumulate accumulate) const {
    layer_norm_backward<Real>(TensorView<Real, 2>(out, 2 * rows, d),
                              TensorView<const Real, 2>(dy, 2 * rows, d),
                              TensorView<const Real, 2>(norm.normalised, rows, d), norm.inverse_std,
                              net.at(offsets.scale), accumulate, stream());
  }
  /// dx = dy·kernelᵀ + keep·dx.
  void through_dense(Real* out, std::size_t in_width, const Real* dy, std::size_t out_width,
                     DenseOffsets offsets, std::size_t rows, Real keep) const {
    net.blas_.template product<Real>(out, in_width, {dy, out_width},
                                     {net.at(offsets.kernel), out_width, Transpose::yes},
                                     {rows, out_width, in_width}, keep);
  }

  /// One of the head's two outputs, in place.
  void branch(Real* cotangent, const NormContext& norm, NormOffsets norm_offsets,
              DenseOffsets offsets) const {
    norm_gradients(norm_offsets, norm, cotangent, 1);
    through_norm(inner, cotangent, norm, norm_offsets, B, Accumulate::no);
    dense_gradients(offsets, forward.norm.out, d, inner, d, 1);
    through_dense(cotangent, d, inner, d, offsets, 2 * B, 0);
  }

  void feed_forward(const LayerContext& layer, const LayerOffsets& offsets) const {
    const std::size_t rows = 2 * B * n;
    dense_gradients(offsets.down, layer.activated, f, dx, d, n);
    through_dense(dhidden, f, dx, d, offsets.down, rows, 0);
    gelu_backward<Real>(TensorView<Real, 2>(dhidden, rows, f),
                        TensorView<const Real, 2>(layer.hidden, B * n, f), stream());
    dense_gradients(offsets.up, layer.norm2.out, d, dhidden, f, n);
    through_dense(channels, d, dhidden, f, offsets.up, rows, 0);
    norm_gradients(offsets.norm2, layer.norm2, channels, n);
    through_norm(dx, channels, layer.norm2, offsets.norm2, B * n, Accumulate::yes);
  }

  void attention(const LayerContext& layer, const LayerOffsets& offsets) const {
    dense_gradients(offsets.output, layer.mixed, d, dx, d, n);
    through_dense(channels, d, dx, d, offsets.output, 2 * B * n, 0);
    if (net.shape_.has_query_key()) {
      softmax_attention_backward<Real, Real>(
          {tokens(dquery, d), tokens(dkey, d), tokens(dvalue, d)}, block, offsets.position,
          tokens(channels, d),
          {TensorView<const Real, 4>(layer.softmax, B, net.heads_, n, n), kept(layer.query, n, d),
           kept(layer.key, n, d), kept(layer.value, n, d), net.position_table(offsets)},
          net.shape_.attention, net.positions_.map(), stream());
    } else {
      mix_tokens<Real>(tokens(dvalue, d), tokens(channels, d), net.position_table(offsets),
                       net.positions_.backward(), stream());
      mix_tokens_position_gradient<Real, Real>(block, offsets.position, tokens(channels, d),
                                               kept(layer.value, n, d), net.heads_,
                                               net.positions_.map(), stream());
    }
    projection(layer, offsets.value, dvalue, 0);
    if (net.shape_.has_query_key()) {
      projection(layer, offsets.query, dquery, 1);
      projection(layer, offsets.key, dkey, 1);
    }
    norm_gradients(offsets.norm1, layer.norm1, channels, n);
    through_norm(dx, channels, layer.norm1, offsets.norm1, B * n, Accumulate::yes);
  }

  void projection(const LayerContext& layer, DenseOffsets offsets, const Real* dy,
                  Real keep) const {
    dense_gradients(offsets, layer.norm1.out, d, dy, d, n);
    through_dense(channels, d, dy, d, offsets, 2 * B * n, keep);
  }

  const Network& net;
  const GradientBlock<Real>& block;
  const Context& forward;
  std::size_t B, n, d, f;
  Real* du;        // 2B, d
  Real* dv;        // 2B, d
  Real* inner;     // 2B, d
  Real* dx;        // 2B, n, d: of the residual stream
  Real* channels;  // 2B, n, d
  Real* dvalue;    // 2B, n, d
  Real* dhidden;   // 2B, n, f·d
  Real* dquery = nullptr;
  Real* dkey = nullptr;
};

template <class Real>
std::size_t Network<Real>::gradient_workspace_bytes(std::size_t batch) const {
  return Workspace::measure([&](Workspace::Frame& frame) {
    const Context context = allocate(frame, batch, Keep::yes);
    const Backward backward(*this, frame, {}, context);
  });
}

template <class Real>
void Network<Real>::gradients(const GradientBlock<Real>& block,
                              TensorView<const std::uint64_t, 2> configurations,
                              Workspace& workspace) const {
  const std::size_t batch = configurations.extent(0);
  PLAQUETTE_REQUIRE(batch <= gradient_window_, batch, " configurations");
  auto frame = workspace.frame();
  const Context context = allocate(frame, batch, Keep::yes);
  forward(configurations, context);
  Backward(*this, frame, block, context).run();
}

template std::size_t Network<float>::gradient_workspace_bytes(std::size_t) const;
template std::size_t Network<double>::gradient_workspace_bytes(std::size_t) const;
template void Network<float>::gradients(const GradientBlock<float>&,
                                        TensorView<const std::uint64_t, 2>, Workspace&) const;
template void Network<double>::gradients(const GradientBlock<double>&,
                                         TensorView<const std::uint64_t, 2>, Workspace&) const;

}  // namespace plaquette::cuda
