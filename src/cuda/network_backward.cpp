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
  Backward(const Network& network, Workspace::Frame& frame, const GradientBlock<Real>& block,
           const Context& context)
      : net_(network),
        block_(block),
        forward_(context),
        B_(context.batch),
        n_(network.n_),
        d_(network.d_),
        f_(network.hidden_),
        du_(frame.take<Real>(2 * B_ * d_)),
        dv_(frame.take<Real>(2 * B_ * d_)),
        inner_(frame.take<Real>(2 * B_ * d_)),
        dx_(frame.take<Real>(2 * B_ * n_ * d_)),
        channels_(frame.take<Real>(2 * B_ * n_ * d_)),
        dvalue_(frame.take<Real>(2 * B_ * n_ * d_)),
        dhidden_(frame.take<Real>(2 * B_ * n_ * f_)) {
    if (net_.shape_.has_query_key()) {
      dquery_ = frame.take<Real>(2 * B_ * n_ * d_);
      dkey_ = frame.take<Real>(2 * B_ * n_ * d_);
    }
  }

  void run() {
    head_cotangents<Real>(pooled(du_), pooled(dv_), samples(forward_.real_norm.out),
                          samples(forward_.imag_norm.out), stream());
    const HeadOffsets& offsets = net_.table_.head;
    branch(du_, forward_.real_norm, offsets.real_norm, offsets.real);
    branch(dv_, forward_.imag_norm, offsets.imag_norm, offsets.imag);
    add_residual<Real>(pooled(du_), pooled(dv_), stream());
    norm_gradients(offsets.norm, forward_.norm, du_, 1);
    through_norm(dv_, du_, forward_.norm, offsets.norm, B_, Accumulate::no);
    broadcast_to_tokens<Real>(tokens(dx_, d_), pooled(dv_), stream());
    for (std::size_t l = net_.table_.layers.size(); l-- > 0;) {
      feed_forward(forward_.layers[l], net_.table_.layers[l]);
      attention(forward_.layers[l], net_.table_.layers[l]);
    }
    dense_gradients(net_.table_.embed, forward_.patches, net_.patch_, dx_, d_, n_);
  }

 private:
  cudaStream_t stream() const { return net_.stream(); }
  TensorView<Real, 2> pooled(Real* x) const { return TensorView<Real, 2>(x, 2 * B_, d_); }
  TensorView<const Real, 2> samples(const Real* x) const {
    return TensorView<const Real, 2>(x, B_, d_);
  }
  TensorView<Real, 3> tokens(Real* x, std::size_t width) const {
    return TensorView<Real, 3>(x, 2 * B_, n_, width);
  }
  TensorView<const Real, 3> kept(const Real* x, std::size_t rows, std::size_t width) const {
    return TensorView<const Real, 3>(x, B_, rows, width);
  }

  /// The T rows of each sample: T = n in the layers, 1 in the head.
  void dense_gradients(DenseOffsets offsets, const Real* x, std::size_t in, const Real* dy,
                       std::size_t out, std::size_t T) const {
    dense_gradient<Real, Real>(block_, offsets, kept(x, T, in),
                               TensorView<const Real, 3>(dy, 2 * B_, T, out), stream());
  }
  void norm_gradients(NormOffsets offsets, const NormContext& norm, const Real* dy,
                      std::size_t T) const {
    norm_gradient<Real, Real>(block_, offsets.scale, offsets.bias, kept(norm.normalised, T, d_),
                              TensorView<const Real, 3>(dy, 2 * B_, T, d_), stream());
  }
  void through_norm(Real* out, const Real* dy, const NormContext& norm, NormOffsets offsets,
                    std::size_t rows, Accumulate accumulate) const {
    layer_norm_backward<Real>(TensorView<Real, 2>(out, 2 * rows, d_),
                              TensorView<const Real, 2>(dy, 2 * rows, d_),
                              TensorView<const Real, 2>(norm.normalised, rows, d_),
                              norm.inverse_std, net_.at(offsets.scale), accumulate, stream());
  }
  /// dx = dy·kernelᵀ + keep·dx.
  void through_dense(Real* out, std::size_t in_width, const Real* dy, std::size_t out_width,
                     DenseOffsets offsets, std::size_t rows, Real keep) const {
    net_.blas_.template product<Real>(out, in_width, {dy, out_width},
                                      {net_.at(offsets.kernel), out_width, Transpose::yes},
                                      {rows, out_width, in_width}, keep);
  }

  /// One of the head's two outputs, in place.
  void branch(Real* cotangent, const NormContext& norm, NormOffsets norm_offsets,
              DenseOffsets offsets) const {
    norm_gradients(norm_offsets, norm, cotangent, 1);
    through_norm(inner_, cotangent, norm, norm_offsets, B_, Accumulate::no);
    dense_gradients(offsets, forward_.norm.out, d_, inner_, d_, 1);
    through_dense(cotangent, d_, inner_, d_, offsets, 2 * B_, 0);
  }

  void feed_forward(const LayerContext& layer, const LayerOffsets& offsets) const {
    const std::size_t rows = 2 * B_ * n_;
    dense_gradients(offsets.down, layer.activated, f_, dx_, d_, n_);
    through_dense(dhidden_, f_, dx_, d_, offsets.down, rows, 0);
    gelu_backward<Real>(TensorView<Real, 2>(dhidden_, rows, f_),
                        TensorView<const Real, 2>(layer.hidden, B_ * n_, f_), stream());
    dense_gradients(offsets.up, layer.norm2.out, d_, dhidden_, f_, n_);
    through_dense(channels_, d_, dhidden_, f_, offsets.up, rows, 0);
    norm_gradients(offsets.norm2, layer.norm2, channels_, n_);
    through_norm(dx_, channels_, layer.norm2, offsets.norm2, B_ * n_, Accumulate::yes);
  }

  void attention(const LayerContext& layer, const LayerOffsets& offsets) const {
    dense_gradients(offsets.output, layer.mixed, d_, dx_, d_, n_);
    through_dense(channels_, d_, dx_, d_, offsets.output, 2 * B_ * n_, 0);
    if (net_.shape_.has_query_key()) {
      softmax_attention_backward<Real, Real>(
          {tokens(dquery_, d_), tokens(dkey_, d_), tokens(dvalue_, d_)}, block_, offsets.position,
          tokens(channels_, d_),
          {TensorView<const Real, 4>(layer.softmax, B_, net_.heads_, n_, n_),
           kept(layer.query, n_, d_), kept(layer.key, n_, d_), kept(layer.value, n_, d_),
           net_.position_table(offsets)},
          net_.shape_.attention, net_.positions_.map(), stream());
    } else {
      mix_tokens<Real>(tokens(dvalue_, d_), tokens(channels_, d_), net_.position_table(offsets),
                       net_.positions_.backward(), stream());
      mix_tokens_position_gradient<Real, Real>(block_, offsets.position, tokens(channels_, d_),
                                               kept(layer.value, n_, d_), net_.heads_,
                                               net_.positions_.map(), stream());
    }
    projection(layer, offsets.value, dvalue_, 0);
    if (net_.shape_.has_query_key()) {
      projection(layer, offsets.query, dquery_, 1);
      projection(layer, offsets.key, dkey_, 1);
    }
    norm_gradients(offsets.norm1, layer.norm1, channels_, n_);
    through_norm(dx_, channels_, layer.norm1, offsets.norm1, B_ * n_, Accumulate::yes);
  }

  void projection(const LayerContext& layer, DenseOffsets offsets, const Real* dy,
                  Real keep) const {
    dense_gradients(offsets, layer.norm1.out, d_, dy, d_, n_);
    through_dense(channels_, d_, dy, d_, offsets, 2 * B_ * n_, keep);
  }

  const Network& net_;
  const GradientBlock<Real>& block_;
  const Context& forward_;
  std::size_t B_, n_, d_, f_;
  Real* du_;        // 2B, d
  Real* dv_;        // 2B, d
  Real* inner_;     // 2B, d
  Real* dx_;        // 2B, n, d: of the residual stream
  Real* channels_;  // 2B, n, d
  Real* dvalue_;    // 2B, n, d
  Real* dhidden_;   // 2B, n, f·d
  Real* dquery_ = nullptr;
  Real* dkey_ = nullptr;
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
