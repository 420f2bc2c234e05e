#include "cuda/network.hpp"

#include <algorithm>
#include <vector>

#include "kernels/bias.h"
#include "kernels/gelu.h"
#include "kernels/head.h"
#include "kernels/layer_norm.h"
#include "kernels/patch_embedding.h"
#include "kernels/softmax_attention.h"
#include "kernels/token_mixing.h"

namespace plaquette::cuda {
namespace {

/// How many configurations fit if one takes `bytes`: a multiple of 32, but at least one.
std::size_t window_for(std::size_t activation_bytes, std::size_t bytes) {
  const std::size_t fits = activation_bytes / bytes;
  return fits >= 32 ? fits / 32 * 32 : std::max<std::size_t>(fits, 1);
}

std::vector<std::int32_t> patch_sites(const NetworkShape& shape) {
  std::vector<std::int32_t> sites;
  for (int token = 0; token < shape.tokens(); ++token) {
    for (int within = 0; within < shape.patch_sites(); ++within) {
      sites.push_back(patch_site(shape, token, within));
    }
  }
  return sites;
}

}  // namespace

template <class Real>
Network<Real>::Network(const NetworkShape& shape, const Blas& blas, std::size_t activation_bytes)
    : shape_(shape),
      table_(make_parameter_table(shape)),
      n_(static_cast<std::size_t>(shape.tokens())),
      d_(static_cast<std::size_t>(shape.d_model)),
      hidden_(static_cast<std::size_t>(shape.hidden())),
      heads_(static_cast<std::size_t>(shape.heads)),
      patch_(static_cast<std::size_t>(shape.patch_sites())),
      blas_(blas),
      theta_(table_.size),
      patch_sites_(patch_sites(shape), blas.stream()),
      positions_(shape, blas.stream()),
      window_(window_for(activation_bytes, workspace_bytes(1))),
      gradient_window_(window_for(activation_bytes, gradient_workspace_bytes(1))) {
  if (shape.has_query_key()) {
    softmax_attention_affordable_bytes(n_, d_ / heads_, sizeof(Real));
  } else {
    position_gradient_affordable_bytes(n_, sizeof(Real));
  }
}

template <class Real>
void Network<Real>::set_parameters(std::span<const double> theta) {
  PLAQUETTE_REQUIRE(theta.size() == table_.size, theta.size(), " parameters");
  const std::vector<Real> rounded(theta.begin(), theta.end());
  theta_.upload(rounded, stream());
}

template <class Real>
std::size_t Network<Real>::workspace_bytes(std::size_t batch) const {
  return Workspace::measure(
      [&](Workspace::Frame& frame) { (void)allocate(frame, batch, Keep::no); });
}

template <class Real>
auto Network<Real>::allocate(Workspace::Frame& frame, std::size_t batch, Keep keep) const
    -> Context {
  const std::size_t rows = batch * n_;
  const bool kept = keep == Keep::yes;
  const auto norm = [&](std::size_t norm_rows) {
    NormContext context;
    context.out = frame.take<Real>(norm_rows * d_);
    if (kept) {
      context.normalised = frame.take<Real>(norm_rows * d_);
      context.inverse_std = frame.take<Real>(norm_rows);
    }
    return context;
  };
  Context context;
  context.batch = batch;
  context.residual = frame.take<Real>(rows * d_);
  if (kept) context.patches = frame.take<Real>(rows * patch_);
  for (std::size_t l = 0; l < table_.layers.size(); ++l) {
    LayerContext& layer = context.layers[l];
    if (!kept && l > 0) {
      layer = context.layers[0];
      continue;
    }
    layer.norm1 = norm(rows);
    layer.value = frame.take<Real>(rows * d_);
    if (shape_.has_query_key()) {
      layer.query = frame.take<Real>(rows * d_);
      layer.key = frame.take<Real>(rows * d_);
      if (kept) layer.softmax = frame.take<Real>(batch * heads_ * n_ * n_);
    }
    // Without a backward pass a buffer serves again as soon as its content has been used.
    layer.mixed = kept ? frame.take<Real>(rows * d_) : layer.norm1.out;
    layer.norm2 = kept ? norm(rows) : layer.norm1;
    layer.hidden = frame.take<Real>(rows * hidden_);
    layer.activated = kept ? frame.take<Real>(rows * hidden_) : layer.hidden;
  }
  context.pooled = frame.take<Real>(batch * d_);
  context.norm = norm(batch);
  context.u = frame.take<Real>(batch * d_);
  context.v = frame.take<Real>(batch * d_);
  context.real_norm = norm(batch);
  context.imag_norm = norm(batch);
  return context;
}

template <class Real>
void Network<Real>::log_psi(ComplexPair<double>* out,
                            TensorView<const std::uint64_t, 2> configurations,
                            Workspace& workspace) const {
  const std::size_t batch = configurations.extent(0);
  PLAQUETTE_REQUIRE(batch <= window_, batch, " configurations");
  auto frame = workspace.frame();
  const Context context = allocate(frame, batch, Keep::no);
  forward(configurations, context);
  log_cosh_sum<Real>(out, TensorView<const Real, 2>(context.real_norm.out, batch, d_),
                     TensorView<const Real, 2>(context.imag_norm.out, batch, d_), stream());
}

template <class Real>
void Network<Real>::forward(TensorView<const std::uint64_t, 2> configurations,
                            const Context& context) const {
  const std::size_t rows = context.batch * n_;
  const auto view = [](Real* data, std::size_t extent, std::size_t width) {
    return TensorView<Real, 2>(data, extent, width);
  };
  Real* x = context.residual;
  patch_embedding<Real>(TensorView<Real, 3>(x, context.batch, n_, d_), context.patches,
                        configurations,
                        TensorView<const std::int32_t, 2>(patch_sites_.data(), n_, patch_),
                        TensorView<const Real, 2>(at(table_.embed.kernel), patch_, d_),
                        at(table_.embed.bias), stream());
  for (std::size_t l = 0; l < table_.layers.size(); ++l) {
    const LayerOffsets& offsets = table_.layers[l];
    const LayerContext& layer = context.layers[l];
    norm(layer.norm1, x, rows, offsets.norm1);
    attend(layer, offsets, context.batch);
    add_bias<Real>(view(x, rows, d_), at(offsets.output.bias), stream());
    blas_.product<Real>(x, d_, {layer.mixed, d_}, {at(offsets.output.kernel), d_}, {rows, d_, d_},
                        1);
    norm(layer.norm2, x, rows, offsets.norm2);
    blas_.product<Real>(layer.hidden, hidden_, {layer.norm2.out, d_},
                        {at(offsets.up.kernel), hidden_}, {rows, d_, hidden_}, 0);
    const bool kept = layer.activated != layer.hidden;
    bias_gelu<Real>(view(layer.activated, rows, hidden_), view(layer.hidden, rows, hidden_),
                    at(offsets.up.bias), kept ? layer.hidden : nullptr, stream());
    add_bias<Real>(view(x, rows, d_), at(offsets.down.bias), stream());
    blas_.product<Real>(x, d_, {layer.activated, hidden_}, {at(offsets.down.kernel), d_},
                        {rows, hidden_, d_}, 1);
  }
  head(context);
}

template <class Real>
void Network<Real>::norm(const NormContext& context, const Real* x, std::size_t rows,
                         NormOffsets offsets) const {
  layer_norm<Real>(TensorView<Real, 2>(context.out, rows, d_),
                   TensorView<const Real, 2>(x, rows, d_), at(offsets.scale), at(offsets.bias),
                   context.normalised, context.inverse_std, stream());
}

template <class Real>
void Network<Real>::dense(Real* out, const Real* in, std::size_t rows, DenseOffsets offsets) const {
  broadcast_bias<Real>(TensorView<Real, 2>(out, rows, d_), at(offsets.bias), stream());
  blas_.product<Real>(out, d_, {in, d_}, {at(offsets.kernel), d_}, {rows, d_, d_}, 1);
}

template <class Real>
void Network<Real>::attend(const LayerContext& layer, const LayerOffsets& offsets,
                           std::size_t batch) const {
  const auto view = [&](const Real* data) {
    return TensorView<const Real, 3>(data, batch, n_, d_);
  };
  dense(layer.value, layer.norm1.out, batch * n_, offsets.value);
  const TensorView<Real, 3> mixed(layer.mixed, batch, n_, d_);
  if (!shape_.has_query_key()) {
    mix_tokens<Real>(mixed, view(layer.value), position_table(offsets), positions_.forward(),
                     stream());
    return;
  }
  dense(layer.query, layer.norm1.out, batch * n_, offsets.query);
  dense(layer.key, layer.norm1.out, batch * n_, offsets.key);
  softmax_attention<Real>(mixed, layer.softmax, view(layer.query), view(layer.key),
                          view(layer.value), position_table(offsets), shape_.attention,
                          positions_.map(), stream());
}

template <class Real>
void Network<Real>::head(const Context& context) const {
  const std::size_t batch = context.batch;
  pool_tokens<Real>(TensorView<Real, 2>(context.pooled, batch, d_),
                    TensorView<const Real, 3>(context.residual, batch, n_, d_), stream());
  norm(context.norm, context.pooled, batch, table_.head.norm);
  dense(context.u, context.norm.out, batch, table_.head.real);
  dense(context.v, context.norm.out, batch, table_.head.imag);
  norm(context.real_norm, context.u, batch, table_.head.real_norm);
  norm(context.imag_norm, context.v, batch, table_.head.imag_norm);
}

template <class Real>
void Network<Real>::softmax_weights(std::span<double> out,
                                    TensorView<const std::uint64_t, 2> configurations,
                                    Workspace& workspace) const {
  const std::size_t batch = configurations.extent(0);
  const std::size_t layers = table_.layers.size();
  const std::size_t maps = heads_ * n_ * n_;
  PLAQUETTE_REQUIRE(shape_.has_query_key(), "a factored network has no softmax");
  PLAQUETTE_REQUIRE(batch <= gradient_window_ && out.size() == batch * layers * maps, batch);
  auto frame = workspace.frame();
  const Context context = allocate(frame, batch, Keep::yes);
  forward(configurations, context);
  std::vector<Real> weights(batch * maps);
  for (std::size_t l = 0; l < layers; ++l) {
    copy_to_host(weights.data(), context.layers[l].softmax, weights.size() * sizeof(Real),
                 stream());
    for (std::size_t s = 0; s < batch; ++s) {
      std::copy_n(weights.data() + s * maps, maps, out.data() + (s * layers + l) * maps);
    }
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace plaquette::cuda
