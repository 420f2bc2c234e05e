#include "cpu/network.hpp"

#include <algorithm>

#include "cpu/layers.hpp"
#include "plaquette/model/activations.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette::cpu {

template <class Real>
Network<Real>::Network(const NetworkShape& shape)
    : shape_(shape),
      table_(make_parameter_table(shape)),
      positions_(shape),
      n_(static_cast<std::size_t>(shape.tokens())),
      d_(static_cast<std::size_t>(shape.d_model)),
      hidden_(static_cast<std::size_t>(shape.hidden())),
      heads_(static_cast<std::size_t>(shape.heads)),
      words_(static_cast<std::size_t>(words_for(shape.tokens() * shape.patch_sites()))),
      theta_(table_.size),
      tables_(table_.layers.size() * (shape.has_query_key() ? heads_ * n_ * padded_tokens(n_)
                                                            : positions_.positions * d_)) {
  for (int token = 0; token < shape.tokens(); ++token) {
    for (int within = 0; within < shape.patch_sites(); ++within) {
      patch_sites_.push_back(patch_site(shape, token, within));
    }
  }
}

template <class Real>
std::size_t Network<Real>::micro_batch() const {
  // About 384 rows: enough to amortise packing the weights, and a layer's activations stay in a
  // megabyte of cache.
  constexpr std::size_t kRows = 384;
  return std::max<std::size_t>(4, kRows / n_ / 4 * 4);
}

template <class Real>
std::size_t Network<Real>::parameter_bytes() const {
  return (theta_.size() + tables_.size()) * sizeof(Real);
}

template <class Real>
const Real* Network<Real>::mixing_weights(std::size_t layer) const {
  return tables_.data() + layer * positions_.positions * d_;
}

template <class Real>
const Real* Network<Real>::softmax_positions(std::size_t layer) const {
  return tables_.data() + layer * heads_ * n_ * padded_tokens(n_);
}

template <class Real>
void Network<Real>::set_parameters(std::span<const double> theta) {
  PLAQUETTE_REQUIRE(theta.size() == table_.size, theta.size(), " parameters");
  std::copy(theta.begin(), theta.end(), theta_.data());
  const std::size_t padded = padded_tokens(n_);
  const std::size_t positions = positions_.positions;
  Real* out = tables_.data();
  for (const LayerOffsets& layer : table_.layers) {
    const Real* table = theta_.data() + layer.position;  // (h, positions)
    if (shape_.has_query_key()) {
      for (std::size_t head = 0; head < heads_; ++head) {
        for (std::size_t j = 0; j < n_; ++j) {
          for (std::size_t i = 0; i < padded; ++i) {
            *out++ = i < n_ ? table[head * positions +
                                    static_cast<std::size_t>(positions_.backward[j * n_ + i])]
                            : Real(0);
          }
        }
      }
    } else {
      const std::size_t r = d_ / heads_;
      for (std::size_t p = 0; p < positions; ++p) {
        for (std::size_t c = 0; c < d_; ++c) *out++ = table[(c / r) * positions + p];
      }
    }
  }
}

template <class Real>
typename Network<Real>::Context Network<Real>::allocate(Workspace::Frame& frame, std::size_t batch,
                                                        Keep keep) const {
  const std::size_t rows = batch * n_;
  const auto norm = [&](std::size_t norm_rows) {
    NormContext context;
    if (keep == Keep::yes) {
      context.normalised = frame.take<Real>(norm_rows * d_);
      context.inverse_std = frame.take<Real>(norm_rows);
    }
    context.out = frame.take<Real>(norm_rows * d_);
    return context;
  };
  const auto layer = [&] {
    LayerContext context;
    context.norm1 = norm(rows);
    context.norm2 = norm(rows);
    context.value = frame.take<Real>(rows * d_);
    if (shape_.has_query_key()) {
      context.query = frame.take<Real>(rows * d_);
      context.key = frame.take<Real>(rows * d_);
      context.softmax = frame.take<Real>(batch * heads_ * n_ * padded_tokens(n_));
    }
    context.mixed = frame.take<Real>(rows * d_);
    context.hidden = frame.take<Real>(rows * hidden_);
    context.activated = frame.take<Real>(rows * hidden_);
    return context;
  };
  Context context;
  context.patches = frame.take<Real>(rows * static_cast<std::size_t>(shape_.patch_sites()));
  context.residual = frame.take<Real>(rows * d_);
  for (std::size_t l = 0; l < table_.layers.size(); ++l) {
    context.layers[l] = keep == Keep::yes || l == 0 ? layer() : context.layers[0];
  }
  context.pooled = frame.take<Real>(batch * d_);
  context.norm = norm(batch);
  context.real_norm = norm(batch);
  context.imag_norm = norm(batch);
  return context;
}

template <class Real>
void Network<Real>::embed(const std::uint64_t* configurations, std::size_t batch,
                          Context& context) const {
  const auto sites = static_cast<std::size_t>(shape_.patch_sites());
  Real* out = context.patches;
  for (std::size_t s = 0; s < batch; ++s) {
    const std::uint64_t* words = configurations + s * words_;
    for (const std::int32_t site : patch_sites_) *out++ = static_cast<Real>(spin(words, site));
  }
  dense<Real>(TensorView<Real, 2>(context.residual, batch * n_, d_),
              TensorView<const Real, 2>(context.patches, batch * n_, sites),
              kernel(table_.embed, sites, d_), at(table_.embed.bias));
}

template <class Real>
void Network<Real>::attend(std::size_t layer, std::size_t batch, LayerContext& context,
                           Workspace& workspace) const {
  using Rows = TensorView<Real, 2>;
  using ConstRows = TensorView<const Real, 2>;
  const LayerOffsets& offsets = table_.layers[layer];
  const std::size_t rows = batch * n_;
  const ConstRows in(context.norm1.out, rows, d_);
  dense<Real>(Rows(context.value, rows, d_), in, kernel(offsets.value, d_, d_),
              at(offsets.value.bias));
  if (!shape_.has_query_key()) {
    mix_tokens<Real>(TensorView<Real, 3>(context.mixed, batch, n_, d_),
                     TensorView<const Real, 3>(context.value, batch, n_, d_),
                     ConstRows(mixing_weights(layer), positions_.positions, d_),
                     positions_.forward);
    return;
  }
  dense<Real>(Rows(context.query, rows, d_), in, kernel(offsets.query, d_, d_),
              at(offsets.query.bias));
  dense<Real>(Rows(context.key, rows, d_), in, kernel(offsets.key, d_, d_), at(offsets.key.bias));
  const std::size_t padded = padded_tokens(n_);
  for (std::size_t s = 0; s < batch; ++s) {
    const std::size_t at_sample = s * n_ * d_;
    softmax_attention<Real>(
        Rows(context.mixed + at_sample, n_, d_),
        TensorView<Real, 3>(context.softmax + s * heads_ * n_ * padded, heads_, n_, padded),
        ConstRows(context.query + at_sample, n_, d_), ConstRows(context.key + at_sample, n_, d_),
        ConstRows(context.value + at_sample, n_, d_),
        TensorView<const Real, 3>(softmax_positions(layer), heads_, n_, padded), shape_.attention,
        workspace);
  }
}

template <class Real>
void Network<Real>::head(std::size_t batch, Context& context) const {
  using Rows = TensorView<Real, 2>;
  using ConstRows = TensorView<const Real, 2>;
  const HeadOffsets& offsets = table_.head;
  for (std::size_t s = 0; s < batch; ++s) {
    Real* sum = context.pooled + s * d_;
    std::fill_n(sum, d_, Real(0));
    for (std::size_t i = 0; i < n_; ++i) {
      const Real* token = context.residual + (s * n_ + i) * d_;
#pragma omp simd
      for (std::size_t c = 0; c < d_; ++c) sum[c] += token[c];
    }
  }
  const auto norm = [&](const Real* in, NormOffsets o, NormContext& out) {
    layer_norm<Real>(Rows(out.out, batch, d_), ConstRows(in, batch, d_), at(o.scale), at(o.bias),
                     out.normalised, out.inverse_std);
  };
  norm(context.pooled, offsets.norm, context.norm);
  const ConstRows z(context.norm.out, batch, d_);
  // The products land where their norms then work in place.
  dense<Real>(Rows(context.real_norm.out, batch, d_), z, kernel(offsets.real, d_, d_),
              at(offsets.real.bias));
  dense<Real>(Rows(context.imag_norm.out, batch, d_), z, kernel(offsets.imag, d_, d_),
              at(offsets.imag.bias));
  norm(context.real_norm.out, offsets.real_norm, context.real_norm);
  norm(context.imag_norm.out, offsets.imag_norm, context.imag_norm);
}

template <class Real>
void Network<Real>::forward(const std::uint64_t* configurations, std::size_t batch,
                            Context& context, Workspace& workspace) const {
  using Rows = TensorView<Real, 2>;
  using ConstRows = TensorView<const Real, 2>;
  PLAQUETTE_REQUIRE(batch <= micro_batch(), batch, " configurations, ", micro_batch(), " allowed");
  const std::size_t rows = batch * n_;
  const Rows x(context.residual, rows, d_);
  const auto norm = [&](NormOffsets o, NormContext& out) {
    layer_norm<Real>(Rows(out.out, rows, d_), x, at(o.scale), at(o.bias), out.normalised,
                     out.inverse_std);
  };
  embed(configurations, batch, context);
  for (std::size_t l = 0; l < table_.layers.size(); ++l) {
    const LayerOffsets& offsets = table_.layers[l];
    LayerContext& layer = context.layers[l];
    norm(offsets.norm1, layer.norm1);
    attend(l, batch, layer, workspace);
    dense<Real>(x, ConstRows(layer.mixed, rows, d_), kernel(offsets.output, d_, d_),
                at(offsets.output.bias), Accumulate::yes);
    norm(offsets.norm2, layer.norm2);
    dense_without_bias<Real>(Rows(layer.hidden, rows, hidden_),
                             ConstRows(layer.norm2.out, rows, d_), kernel(offsets.up, d_, hidden_));
    bias_gelu<Real>(Rows(layer.activated, rows, hidden_), Rows(layer.hidden, rows, hidden_),
                    at(offsets.up.bias));
    dense<Real>(x, ConstRows(layer.activated, rows, hidden_), kernel(offsets.down, hidden_, d_),
                at(offsets.down.bias), Accumulate::yes);
  }
  head(batch, context);
}

template <class Real>
void Network<Real>::log_psi(const std::uint64_t* configurations,
                            std::span<std::complex<double>> out, Workspace& workspace) const {
  auto frame = workspace.frame();
  Context context = allocate(frame, out.size(), Keep::no);
  forward(configurations, out.size(), context, workspace);
  for (std::size_t s = 0; s < out.size(); ++s) {
    const Real* u = context.real_norm.out + s * d_;
    const Real* v = context.imag_norm.out + s * d_;
    double re = 0;
    double im = 0;
    for (std::size_t c = 0; c < d_; ++c) {
      const ComplexPair<Real> term = log_cosh(u[c], v[c]);
      re += static_cast<double>(term.re);
      im += static_cast<double>(term.im);
    }
    out[s] = {re, im};
  }
}

template <class Real>
void Network<Real>::softmax_weights(const std::uint64_t* configurations, std::size_t batch,
                                    std::span<double> out, Workspace& workspace) const {
  const std::size_t layers = table_.layers.size();
  PLAQUETTE_REQUIRE(shape_.has_query_key(), "a factored network has no softmax");
  PLAQUETTE_REQUIRE(out.size() == batch * layers * heads_ * n_ * n_, out.size(), " weights");
  auto frame = workspace.frame();
  Context context = allocate(frame, batch, Keep::yes);
  forward(configurations, batch, context, workspace);
  const std::size_t padded = padded_tokens(n_);
  double* next = out.data();
  for (std::size_t s = 0; s < batch; ++s) {
    for (std::size_t l = 0; l < layers; ++l) {
      for (std::size_t head = 0; head < heads_; ++head) {
        const Real* weights = context.layers[l].softmax + (s * heads_ + head) * n_ * padded;
        for (std::size_t i = 0; i < n_; ++i) {
          for (std::size_t j = 0; j < n_; ++j) {
            *next++ = static_cast<double>(weights[j * padded + i]);
          }
        }
      }
    }
  }
}

template <class Real>
std::size_t Network<Real>::log_psi_workspace() const {
  return Workspace::measure([&](Workspace::Frame& frame) {
    allocate(frame, micro_batch(), Keep::no);
    if (shape_.has_query_key()) frame.take<Real>(softmax_attention_scratch(n_, d_ / heads_));
  });
}

template class Network<float>;
template class Network<double>;

std::unique_ptr<WaveFunction> make_wave_function(const NetworkShape& shape, Precision precision) {
  if (precision == Precision::fp32) return std::make_unique<Network<float>>(shape);
  return std::make_unique<Network<double>>(shape);
}

}  // namespace plaquette::cpu
