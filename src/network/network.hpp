#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "network/network_layout.hpp"
#include "network/wave_function.hpp"
#include "plaquette/model/operation_work.hpp"
#include "plaquette/model/parameter_table.hpp"
#include "plaquette/model/system.hpp"

namespace plaquette {

/// Just runs every operation.
struct NoProbe {
  template <class Run>
  void operator()(Operation, const OperationWork&, const Run& run) const {
    run();
  }
};

/// The Vision Transformer of Rende & Viteritti (arXiv 2405.18874), layer by layer: the order of its
/// operations, forward and backward, and what passes between them. `Operations` is what a backend
/// does with the tensors (cpu/operations.hpp, cuda/operations.hpp: the same names and signatures);
/// it owns the parameters in the form that suits it. Where a backend fuses operations, it offers
/// the fused one as well, and a forward pass that keeps nothing takes that: where
/// `Operations::kFusesFeedForward`, feed_forward stands for norm, up, GELU, down and residual;
/// where `Operations::kFusesFirstLayer` and it pays, first_layer for embedding and first attention.
///
/// Legend: B samples, n tokens, R = B n rows, d channels. A probe sees every operation with its
/// work and runs it.
template <class Operations>
class Network final : public Differentiable<typename Operations::Real> {
 public:
  using Real = typename Operations::Real;
  using Layout = NetworkLayout<Operations>;
  using Keep = typename Layout::Keep;
  using Configurations = TensorView<const std::uint64_t, 2>;  // (B, words)

  /// `arguments` make the operations, after shape and table.
  template <class... Arguments>
  Network(const System& system, const Layout& layout, Arguments&&... arguments)
      : table_(system.parameters),
        layout_(layout),
        operations_(system.network, system.parameters, std::forward<Arguments>(arguments)...) {}

  /// theta (P), host memory, in the order of ParameterTable.
  void set_parameters(std::span<const double> theta) {
    PLAQUETTE_REQUIRE(theta.size() == table_.size, theta.size(), " parameters");
    operations_.set_parameters(theta);
  }

  std::size_t window() const override { return layout_.window(); }
  std::size_t gradient_window() const override { return layout_.gradient_window(); }

  void log_psi(ComplexPair<double>* out, Configurations configurations,
               Workspace& workspace) const override {
    const NoProbe probe;
    evaluate(out, configurations, workspace, probe);
  }

  void gradients(const GradientBlock<Real>& block, Configurations configurations,
                 Workspace& workspace) const override {
    const NoProbe probe;
    differentiate(block, configurations, workspace, probe);
  }

  template <class Probe>
  void evaluate(ComplexPair<double>* out, Configurations configurations, Workspace& workspace,
                Probe& probe) const {
    require_batch(configurations, window());
    auto frame = workspace.frame();
    const Context context = layout_.context(frame, configurations.extent(0), Keep::no);
    Pass<Probe>{*this, context, workspace, probe}.forward(configurations, out);
  }

  template <class Probe>
  void differentiate(const GradientBlock<Real>& block, Configurations configurations,
                     Workspace& workspace, Probe& probe) const {
    require_batch(configurations, gradient_window());
    auto frame = workspace.frame();
    const Context context = layout_.context(frame, configurations.extent(0), Keep::yes);
    Pass<Probe> pass{*this, context, workspace, probe};
    pass.forward(configurations, nullptr);
    pass.backward(block, layout_.cotangents(frame, context.batch));
  }

  /// Softmax of every layer and head to the host: out (B, layers, h, n, n), B ≤ gradient_window().
  void softmax_weights(std::span<double> out, Configurations configurations,
                       Workspace& workspace) const {
    const NetworkSizes& s = layout_.sizes();
    const std::size_t batch = configurations.extent(0);
    const std::size_t maps = s.heads * s.tokens * s.tokens;
    PLAQUETTE_REQUIRE(s.softmax, "a factored network has no softmax");
    PLAQUETTE_REQUIRE(out.size() == batch * s.layers * maps, out.size(), " weights");
    require_batch(configurations, gradient_window());
    auto frame = workspace.frame();
    const Context context = layout_.context(frame, batch, Keep::yes);
    const NoProbe probe;
    Pass<const NoProbe>{*this, context, workspace, probe}.forward(configurations, nullptr);
    for (std::size_t l = 0; l < s.layers; ++l) {
      // Sample b's maps of this layer start at (b·layers + l)·maps.
      operations_.read_softmax(out.subspan(l * maps), s.layers * maps, context.layers[l].softmax,
                               batch);
    }
  }

 private:
  using Context = NetworkContext<Real>;
  using Layer = LayerContext<Real>;
  using Norm = NormContext<Real>;
  using Cotangents = NetworkCotangents<Real>;

  static void require_batch(Configurations configurations, std::size_t most) {
    PLAQUETTE_REQUIRE(configurations.extent(0) <= most, configurations.extent(0),
                      " configurations, ", most, " allowed");
  }

  /// One forward pass, and from what it leaves one backward pass.
  template <class Probe>
  struct Pass {
    const Network& network;
    const Context& context;
    Workspace& workspace;
    Probe& probe;

    const Operations& operations() const { return network.operations_; }
    const ParameterTable& table() const { return network.table_; }
    const NetworkSizes& sizes() const { return network.layout_.sizes(); }
    std::size_t batch() const { return context.batch; }
    std::size_t rows() const { return batch() * sizes().tokens; }

    static TensorView<Real, 2> view(Real* data, std::size_t rows, std::size_t width) {
      return TensorView<Real, 2>(data, rows, width);
    }
    static TensorView<const Real, 2> read(const Real* data, std::size_t rows, std::size_t width) {
      return TensorView<const Real, 2>(data, rows, width);
    }
    /// (samples, n, d).
    TensorView<Real, 3> tokens(Real* data, std::size_t samples) const {
      return TensorView<Real, 3>(data, samples, sizes().tokens, sizes().channels);
    }
    TensorView<const Real, 3> read_tokens(const Real* data, std::size_t samples) const {
      return TensorView<const Real, 3>(data, samples, sizes().tokens, sizes().channels);
    }

    // ---- forward

    /// Leaves the context; log ψ goes to `out`, unless that is null.
    void forward(Configurations configurations, ComplexPair<double>* out) {
      first_attention(configurations);
      feed_forward(table().layers[0], context.layers[0]);
      for (std::size_t l = 1; l < sizes().layers; ++l) {
        attention(l, table().layers[l], context.layers[l]);
        feed_forward(table().layers[l], context.layers[l]);
      }
      head(out);
    }

    void first_attention(Configurations configurations) {
      if constexpr (Operations::kFusesFirstLayer) {
        if (!context.kept && Operations::first_layer_pays(sizes())) {
          return fused_first_layer(configurations);
        }
      }
      probe(Operation::embed,
            dense_work(rows(), sizes().patch_sites, sizes().channels, sizeof(Real)), [&] {
              operations().embed(tokens(context.residual, batch()), context.patches,
                                 configurations);
            });
      attention(0, table().layers[0], context.layers[0]);
    }

    void fused_first_layer(Configurations configurations) requires(Operations::kFusesFirstLayer) {
      const NetworkSizes& s = sizes();
      const OperationWork work =
          first_layer_work(batch(), s.tokens, s.channels, s.positions, s.patch_sites, sizeof(Real));
      probe(Operation::first_layer, work, [&] {
        operations().first_layer(tokens(context.residual, batch()), configurations, workspace);
      });
    }

    void norm(const Norm& norm, const Real* x, std::size_t row_count, NormOffsets offsets) {
      probe(Operation::layer_norm, layer_norm_work(row_count, sizes().channels, sizeof(Real)),
            [&] { operations().layer_norm(norm, read(x, row_count, sizes().channels), offsets); });
    }

    void dense(Real* out, const Real* x, std::size_t row_count, const DenseOffsets& offsets,
               Accumulate accumulate = Accumulate::no) {
      probe(Operation::dense, dense_work(row_count, offsets.in, offsets.out, sizeof(Real)), [&] {
        operations().dense(view(out, row_count, offsets.out), read(x, row_count, offsets.in),
                           offsets, accumulate);
      });
    }

    void attention(std::size_t l, const LayerOffsets& offsets, const Layer& layer) {
      norm(layer.norm1, context.residual, rows(), offsets.norm1);
      dense(layer.value, layer.norm1.out, rows(), offsets.value);
      if (sizes().softmax) {
        dense(layer.query, layer.norm1.out, rows(), offsets.query);
        dense(layer.key, layer.norm1.out, rows(), offsets.key);
        probe(Operation::softmax_attention,
              softmax_work(batch(), sizes().tokens, sizes().channels, sizes().heads, sizeof(Real)),
              [&] {
                operations().softmax_attention(tokens(layer.mixed, batch()), layer.softmax,
                                               read_tokens(layer.query, batch()),
                                               read_tokens(layer.key, batch()),
                                               read_tokens(layer.value, batch()), l, workspace);
              });
      } else {
        probe(Operation::token_mixing,
              mixing_work(batch(), sizes().tokens, sizes().channels, sizeof(Real)), [&] {
                operations().mix_tokens(tokens(layer.mixed, batch()),
                                        read_tokens(layer.value, batch()), l);
              });
      }
      dense(context.residual, layer.mixed, rows(), offsets.output, Accumulate::yes);
    }

    void feed_forward(const LayerOffsets& offsets, const Layer& layer) {
      const std::size_t hidden = sizes().hidden;
      if constexpr (Operations::kFusesFeedForward) {
        if (!context.kept) return fused_feed_forward(offsets);
      }
      norm(layer.norm2, context.residual, rows(), offsets.norm2);
      OperationWork work = dense_work(rows(), sizes().channels, hidden, sizeof(Real));
      work += elementwise_work(rows() * hidden, kGeluFlops, 0, sizeof(Real));
      probe(Operation::dense_gelu, work, [&] {
        operations().dense_gelu(view(layer.activated, rows(), hidden),
                                context.kept ? layer.hidden : nullptr,
                                read(layer.norm2.out, rows(), sizes().channels), offsets.up);
      });
      dense(context.residual, layer.activated, rows(), offsets.down, Accumulate::yes);
    }

    void fused_feed_forward(const LayerOffsets& offsets) requires(Operations::kFusesFeedForward) {
      const std::size_t d = sizes().channels;
      const std::size_t hidden = sizes().hidden;
      OperationWork work = elementwise_work(rows() * d, 9, 2, sizeof(Real));
      work += {dense_work(rows(), d, hidden, 0).flops + dense_work(rows(), hidden, d, 0).flops,
               static_cast<double>(2 * d * hidden * sizeof(Real))};
      work += elementwise_work(rows() * hidden, kGeluFlops, 0, sizeof(Real));
      probe(Operation::feed_forward, work, [&] {
        operations().feed_forward(view(context.residual, rows(), d), offsets.norm2, offsets.up,
                                  offsets.down, workspace);
      });
    }

    void head(ComplexPair<double>* out) {
      const std::size_t d = sizes().channels;
      const HeadOffsets& offsets = table().head;
      probe(Operation::head, elementwise_work(rows() * d, 1, 1, sizeof(Real)), [&] {
        operations().pool_tokens(view(context.pooled, batch(), d),
                                 read_tokens(context.residual, batch()));
      });
      norm(context.norm, context.pooled, batch(), offsets.norm);
      dense(context.u, context.norm.out, batch(), offsets.real);
      dense(context.v, context.norm.out, batch(), offsets.imag);
      norm(context.real_norm, context.u, batch(), offsets.real_norm);
      norm(context.imag_norm, context.v, batch(), offsets.imag_norm);
      if (out == nullptr) return;
      probe(Operation::head, elementwise_work(batch() * d, 10, 2, sizeof(Real)), [&] {
        operations().log_cosh_sum(out, read(context.real_norm.out, batch(), d),
                                  read(context.imag_norm.out, batch(), d));
      });
    }

    // ---- backward; every cotangent exists for Re log ψ and for Im log ψ

    void backward(const GradientBlock<Real>& block, const Cotangents& c) {
      head_backward(block, c);
      for (std::size_t l = sizes().layers; l-- > 0;) {
        feed_forward_backward(block, c, table().layers[l], context.layers[l]);
        attention_backward(block, c, l, table().layers[l], context.layers[l]);
      }
      dense_gradient(block, table().embed, context.patches, c.residual, sizes().tokens);
    }

    void head_backward(const GradientBlock<Real>& block, const Cotangents& c) {
      const std::size_t d = sizes().channels;
      const HeadOffsets& offsets = table().head;
      probe(Operation::head_backward, elementwise_work(batch() * d, 10, 6, sizeof(Real)), [&] {
        operations().head_cotangents(view(c.u, 2 * batch(), d), view(c.v, 2 * batch(), d),
                                     read(context.real_norm.out, batch(), d),
                                     read(context.imag_norm.out, batch(), d));
      });
      branch_backward(block, c.u, c.product, context.real_norm, offsets.real_norm, offsets.real);
      branch_backward(block, c.v, c.product, context.imag_norm, offsets.imag_norm, offsets.imag);
      probe(Operation::head_backward, elementwise_work(2 * batch() * d, 1, 3, sizeof(Real)),
            [&] { operations().add(view(c.u, 2 * batch(), d), read(c.v, 2 * batch(), d)); });
      norm_gradient(block, offsets.norm, context.norm, c.u, 1);
      norm_backward(c.v, c.u, context.norm, offsets.norm, batch(), Accumulate::no);
      // The pool is a sum over tokens: each gets the same cotangent.
      probe(Operation::head_backward, elementwise_work(2 * rows() * d, 0, 1, sizeof(Real)), [&] {
        operations().broadcast_to_tokens(tokens(c.residual, 2 * batch()),
                                         read(c.v, 2 * batch(), d));
      });
    }

    /// Back through one of the head's two Dense → LayerNorm branches; `cotangent` becomes that of
    /// their common input.
    void branch_backward(const GradientBlock<Real>& block, Real* cotangent, Real* product,
                         const Norm& norm, NormOffsets norm_offsets, const DenseOffsets& offsets) {
      norm_gradient(block, norm_offsets, norm, cotangent, 1);
      norm_backward(product, cotangent, norm, norm_offsets, batch(), Accumulate::no);
      dense_gradient(block, offsets, context.norm.out, product, 1);
      dense_backward(cotangent, product, offsets, batch(), Accumulate::no);
    }

    void feed_forward_backward(const GradientBlock<Real>& block, const Cotangents& c,
                               const LayerOffsets& offsets, const Layer& layer) {
      const std::size_t hidden = sizes().hidden;
      dense_gradient(block, offsets.down, layer.activated, c.residual, sizes().tokens);
      dense_backward(c.hidden, c.residual, offsets.down, rows(), Accumulate::no);
      probe(Operation::gelu_backward, elementwise_work(2 * rows() * hidden, 16, 3, sizeof(Real)),
            [&] {
              operations().gelu_backward(view(c.hidden, 2 * rows(), hidden),
                                         read(layer.hidden, rows(), hidden));
            });
      dense_gradient(block, offsets.up, layer.norm2.out, c.hidden, sizes().tokens);
      dense_backward(c.channels, c.hidden, offsets.up, rows(), Accumulate::no);
      norm_gradient(block, offsets.norm2, layer.norm2, c.channels, sizes().tokens);
      norm_backward(c.residual, c.channels, layer.norm2, offsets.norm2, rows(), Accumulate::yes);
    }

    void attention_backward(const GradientBlock<Real>& block, const Cotangents& c, std::size_t l,
                            const LayerOffsets& offsets, const Layer& layer) {
      dense_gradient(block, offsets.output, layer.mixed, c.residual, sizes().tokens);
      dense_backward(c.channels, c.residual, offsets.output, rows(), Accumulate::no);
      weights_backward(block, c, l, layer);
      projection_backward(block, c, offsets.value, layer, c.value, Accumulate::no);
      if (sizes().softmax) {
        projection_backward(block, c, offsets.query, layer, c.query, Accumulate::yes);
        projection_backward(block, c, offsets.key, layer, c.key, Accumulate::yes);
      }
      norm_gradient(block, offsets.norm1, layer.norm1, c.channels, sizes().tokens);
      norm_backward(c.residual, c.channels, layer.norm1, offsets.norm1, rows(), Accumulate::yes);
    }

    /// Back through Σ_j α_ij value_j.
    void weights_backward(const GradientBlock<Real>& block, const Cotangents& c, std::size_t l,
                          const Layer& layer) {
      const NetworkSizes& s = sizes();
      const std::size_t table_size = s.heads * s.positions;
      if (s.softmax) {
        const OperationWork work =
            softmax_backward_work(batch(), s.tokens, s.channels, s.heads, table_size, sizeof(Real));
        probe(Operation::softmax_attention_backward, work, [&] {
          operations().softmax_attention_backward(
              {tokens(c.query, 2 * batch()), tokens(c.key, 2 * batch()),
               tokens(c.value, 2 * batch())},
              block, read_tokens(c.channels, 2 * batch()),
              {layer.softmax, read_tokens(layer.query, batch()), read_tokens(layer.key, batch()),
               read_tokens(layer.value, batch())},
              l, workspace);
        });
        return;
      }
      probe(Operation::token_mixing_backward,
            mixing_backward_work(batch(), s.tokens, s.channels, table_size, sizeof(Real)), [&] {
              operations().mix_tokens_backward(tokens(c.value, 2 * batch()), block,
                                               read_tokens(c.channels, 2 * batch()),
                                               read_tokens(layer.value, batch()), l, workspace);
            });
    }

    /// Back through one of the value, query and key products into `channels`.
    void projection_backward(const GradientBlock<Real>& block, const Cotangents& c,
                             const DenseOffsets& offsets, const Layer& layer, const Real* dy,
                             Accumulate accumulate) {
      dense_gradient(block, offsets, layer.norm1.out, dy, sizes().tokens);
      dense_backward(c.channels, dy, offsets, rows(), accumulate);
    }

    /// dx (+)= dy·kernelᵀ for both parts of `row_count` rows.
    void dense_backward(Real* dx, const Real* dy, const DenseOffsets& offsets,
                        std::size_t row_count, Accumulate accumulate) {
      probe(Operation::dense_backward,
            dense_work(2 * row_count, offsets.in, offsets.out, sizeof(Real)), [&] {
              operations().dense_backward(view(dx, 2 * row_count, offsets.in),
                                          read(dy, 2 * row_count, offsets.out), offsets,
                                          accumulate);
            });
    }

    void norm_backward(Real* dx, const Real* dy, const Norm& norm, NormOffsets offsets,
                       std::size_t row_count, Accumulate accumulate) {
      const std::size_t d = sizes().channels;
      probe(Operation::layer_norm_backward, elementwise_work(2 * row_count * d, 9, 3, sizeof(Real)),
            [&] {
              operations().layer_norm_backward(view(dx, 2 * row_count, d),
                                               read(dy, 2 * row_count, d), norm, offsets,
                                               accumulate);
            });
    }

    /// The T rows of each sample: T = n in the layers, 1 in the head.
    void norm_gradient(const GradientBlock<Real>& block, NormOffsets offsets, const Norm& norm,
                       const Real* dy, std::size_t T) {
      const std::size_t d = sizes().channels;
      probe(Operation::weight_gradient, elementwise_work(batch() * T * d, 6, 3, sizeof(Real)), [&] {
        operations().norm_gradient(block, offsets,
                                   TensorView<const Real, 3>(norm.normalised, batch(), T, d),
                                   TensorView<const Real, 3>(dy, 2 * batch(), T, d), workspace);
      });
    }
    void dense_gradient(const GradientBlock<Real>& block, const DenseOffsets& offsets,
                        const Real* x, const Real* dy, std::size_t T) {
      probe(Operation::weight_gradient,
            weight_gradient_work(batch(), T, offsets.in, offsets.out, sizeof(Real)), [&] {
              operations().dense_gradient(
                  block, offsets, TensorView<const Real, 3>(x, batch(), T, offsets.in),
                  TensorView<const Real, 3>(dy, 2 * batch(), T, offsets.out), workspace);
            });
    }
  };

  const ParameterTable table_;
  const Layout layout_;
  Operations operations_;
};

}  // namespace plaquette
