#include <algorithm>
#include <complex>
#include <memory>

#include "cpu/wave_function.hpp"
#include "kernels/bias.h"
#include "kernels/gelu.h"
#include "kernels/head.h"
#include "kernels/layer_norm.h"
#include "kernels/patch_embedding.h"
#include "kernels/softmax_attention.h"
#include "kernels/token_mixing.h"
#include "kernels/weight_gradient.h"
#include "plaquette/model/parameter_table.hpp"
#include "reference/gradient.hpp"
#include "simt/simt_test.hpp"
#include "support/network_case.hpp"

/// The whole network, forward and backward, put together from the kernels as the CUDA backend does
/// (matrix products are plain loops here), against the oracle and the CPU backend.

namespace plaquette::test {
namespace {

using Real = double;
using Rows = TensorView<Real, 2>;
using Tokens = TensorView<Real, 3>;

/// c = a·b + keep·c, or a·bᵀ if `transposed`; a (rows, inner), c (rows, columns).
void product(Real* c, const Real* a, const Real* b, std::size_t rows, std::size_t inner,
             std::size_t columns, bool transposed, Real keep) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      Real sum = 0;
      for (std::size_t k = 0; k < inner; ++k) {
        sum += a[i * inner + k] * b[transposed ? j * inner + k : k * columns + j];
      }
      c[i * columns + j] = sum + (keep == 0 ? 0 : keep * c[i * columns + j]);
    }
  }
}

struct Norm {
  std::vector<Real> out, unit, inverse;
};
struct Layer {
  Norm norm1, norm2;
  std::vector<Real> value, query, key, softmax, mixed, hidden, activated;
};

/// One forward pass and, from what it leaves, one backward pass.
class KernelNetwork {
 public:
  KernelNetwork(const NetworkShape& shape, const std::vector<double>& theta, std::size_t batch)
      : shape_(shape),
        table_(make_parameter_table(shape)),
        theta_(theta),
        lists_(shape),
        B_(batch),
        n_(static_cast<std::size_t>(shape.tokens())),
        d_(static_cast<std::size_t>(shape.d_model)),
        f_(static_cast<std::size_t>(shape.hidden())),
        h_(static_cast<std::size_t>(shape.heads)),
        b2_(static_cast<std::size_t>(shape.patch_sites())),
        layers_(table_.layers.size()) {}

  std::vector<ComplexPair<double>> log_psi(const std::vector<std::uint64_t>& states) {
    const std::size_t rows = B_ * n_;
    std::vector<std::int32_t> sites;
    for (std::size_t k = 0; k < n_ * b2_; ++k) {
      sites.push_back(patch_site(shape_, static_cast<int>(k / b2_), static_cast<int>(k % b2_)));
    }
    x_.resize(rows * d_);
    patches_.resize(rows * b2_);
    cuda::patch_embedding<Real>(Tokens(x_.data(), B_, n_, d_), patches_.data(),
                                const_view(states, B_, states.size() / B_),
                                const_view(sites, n_, b2_), weights(table_.embed.kernel, b2_, d_),
                                at(table_.embed.bias), nullptr);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const LayerOffsets& offsets = table_.layers[l];
      Layer& layer = layers_[l];
      norm(layer.norm1, x_, rows, offsets.norm1);
      attend(layer, offsets);
      cuda::add_bias<Real>(Rows(x_.data(), rows, d_), at(offsets.output.bias), nullptr);
      product(x_.data(), layer.mixed.data(), at(offsets.output.kernel), rows, d_, d_, false, 1);
      norm(layer.norm2, x_, rows, offsets.norm2);
      layer.hidden.resize(rows * f_);
      layer.activated.resize(rows * f_);
      product(layer.hidden.data(), layer.norm2.out.data(), at(offsets.up.kernel), rows, d_, f_,
              false, 0);
      cuda::bias_gelu<Real>(Rows(layer.activated.data(), rows, f_),
                            const_view(layer.hidden, rows, f_), at(offsets.up.bias),
                            layer.hidden.data(), nullptr);
      cuda::add_bias<Real>(Rows(x_.data(), rows, d_), at(offsets.down.bias), nullptr);
      product(x_.data(), layer.activated.data(), at(offsets.down.kernel), rows, f_, d_, false, 1);
    }
    return head();
  }

  void gradients(const cuda::GradientBlock<double>& block) {
    std::vector<Real> du(2 * B_ * d_), dv(2 * B_ * d_), dx(2 * B_ * n_ * d_);
    cuda::head_cotangents<Real>(Rows(du.data(), 2 * B_, d_), Rows(dv.data(), 2 * B_, d_),
                                const_view(real_.out, B_, d_), const_view(imag_.out, B_, d_),
                                nullptr);
    const HeadOffsets& offsets = table_.head;
    branch(block, du, real_, offsets.real_norm, offsets.real);
    branch(block, dv, imag_, offsets.imag_norm, offsets.imag);
    cuda::add_residual<Real>(Rows(du.data(), 2 * B_, d_), const_view(dv, 2 * B_, d_), nullptr);
    norm_gradient(block, offsets.norm, norm_, du, 1);
    through_norm(dv, du, norm_, offsets.norm, B_, cuda::Accumulate::no);
    cuda::broadcast_to_tokens<Real>(Tokens(dx.data(), 2 * B_, n_, d_), const_view(dv, 2 * B_, d_),
                                    nullptr);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      feed_forward(block, dx, layers_[l], table_.layers[l]);
      attention(block, dx, layers_[l], table_.layers[l]);
    }
    dense_gradient(block, table_.embed, patches_, b2_, dx, d_, n_);
  }

 private:
  const Real* at(std::size_t offset) const { return theta_.data() + offset; }
  TensorView<const Real, 2> weights(std::size_t offset, std::size_t in, std::size_t out) const {
    return TensorView<const Real, 2>(at(offset), in, out);
  }
  cuda::PositionMap map() const { return view_of(lists_); }

  void norm(Norm& norm, const std::vector<Real>& x, std::size_t rows, NormOffsets offsets) {
    norm.out.resize(rows * d_);
    norm.unit.resize(rows * d_);
    norm.inverse.resize(rows);
    cuda::layer_norm<Real>(Rows(norm.out.data(), rows, d_), const_view(x, rows, d_),
                           at(offsets.scale), at(offsets.bias), norm.unit.data(),
                           norm.inverse.data(), nullptr);
  }

  void dense(std::vector<Real>& out, const std::vector<Real>& in, DenseOffsets offsets) {
    out.resize(in.size());
    const std::size_t rows = in.size() / d_;
    cuda::broadcast_bias<Real>(Rows(out.data(), rows, d_), at(offsets.bias), nullptr);
    product(out.data(), in.data(), at(offsets.kernel), rows, d_, d_, false, 1);
  }

  void attend(Layer& layer, const LayerOffsets& offsets) {
    const auto view = [&](const std::vector<Real>& x) { return const_view(x, B_, n_, d_); };
    dense(layer.value, layer.norm1.out, offsets.value);
    layer.mixed.resize(layer.value.size());
    const Tokens mixed(layer.mixed.data(), B_, n_, d_);
    const auto table = weights(offsets.position, h_, lists_.positions);
    if (!shape_.has_query_key()) {
      cuda::mix_tokens<Real>(mixed, view(layer.value), table, const_view(lists_.forward, n_, n_),
                             nullptr);
      return;
    }
    dense(layer.query, layer.norm1.out, offsets.query);
    dense(layer.key, layer.norm1.out, offsets.key);
    layer.softmax.resize(B_ * h_ * n_ * n_);
    cuda::softmax_attention<Real>(mixed, layer.softmax.data(), view(layer.query), view(layer.key),
                                  view(layer.value), table, shape_.attention, map(), nullptr);
  }

  std::vector<ComplexPair<double>> head() {
    std::vector<Real> pooled(B_ * d_), u, v;
    cuda::pool_tokens<Real>(Rows(pooled.data(), B_, d_), const_view(x_, B_, n_, d_), nullptr);
    norm(norm_, pooled, B_, table_.head.norm);
    dense(u, norm_.out, table_.head.real);
    dense(v, norm_.out, table_.head.imag);
    norm(real_, u, B_, table_.head.real_norm);
    norm(imag_, v, B_, table_.head.imag_norm);
    std::vector<ComplexPair<double>> out(B_);
    cuda::log_cosh_sum<Real>(out.data(), const_view(real_.out, B_, d_),
                             const_view(imag_.out, B_, d_), nullptr);
    return out;
  }

  void dense_gradient(const cuda::GradientBlock<double>& block, DenseOffsets offsets,
                      const std::vector<Real>& x, std::size_t in, const std::vector<Real>& dy,
                      std::size_t out, std::size_t tokens) {
    cuda::dense_gradient<Real, double>(block, offsets, const_view(x, B_, tokens, in),
                                       const_view(dy, 2 * B_, tokens, out), nullptr);
  }
  void norm_gradient(const cuda::GradientBlock<double>& block, NormOffsets offsets,
                     const Norm& norm, const std::vector<Real>& dy, std::size_t tokens) {
    cuda::norm_gradient<Real, double>(block, offsets.scale, offsets.bias,
                                      const_view(norm.unit, B_, tokens, d_),
                                      const_view(dy, 2 * B_, tokens, d_), nullptr);
  }
  void through_norm(std::vector<Real>& dx, const std::vector<Real>& dy, const Norm& norm,
                    NormOffsets offsets, std::size_t rows, cuda::Accumulate accumulate) {
    cuda::layer_norm_backward<Real>(Rows(dx.data(), 2 * rows, d_), const_view(dy, 2 * rows, d_),
                                    const_view(norm.unit, rows, d_), norm.inverse.data(),
                                    at(offsets.scale), accumulate, nullptr);
  }

  void branch(const cuda::GradientBlock<double>& block, std::vector<Real>& cotangent,
              const Norm& norm, NormOffsets norm_offsets, DenseOffsets offsets) {
    norm_gradient(block, norm_offsets, norm, cotangent, 1);
    std::vector<Real> inner(cotangent.size());
    through_norm(inner, cotangent, norm, norm_offsets, B_, cuda::Accumulate::no);
    dense_gradient(block, offsets, norm_.out, d_, inner, d_, 1);
    product(cotangent.data(), inner.data(), at(offsets.kernel), 2 * B_, d_, d_, true, 0);
  }

  void feed_forward(const cuda::GradientBlock<double>& block, std::vector<Real>& dx,
                    const Layer& layer, const LayerOffsets& offsets) {
    const std::size_t all = 2 * B_ * n_;
    std::vector<Real> hidden(all * f_), channels(all * d_);
    dense_gradient(block, offsets.down, layer.activated, f_, dx, d_, n_);
    product(hidden.data(), dx.data(), at(offsets.down.kernel), all, d_, f_, true, 0);
    cuda::gelu_backward<Real>(Rows(hidden.data(), all, f_), const_view(layer.hidden, B_ * n_, f_),
                              nullptr);
    dense_gradient(block, offsets.up, layer.norm2.out, d_, hidden, f_, n_);
    product(channels.data(), hidden.data(), at(offsets.up.kernel), all, f_, d_, true, 0);
    norm_gradient(block, offsets.norm2, layer.norm2, channels, n_);
    through_norm(dx, channels, layer.norm2, offsets.norm2, B_ * n_, cuda::Accumulate::yes);
  }

  void attention(const cuda::GradientBlock<double>& block, std::vector<Real>& dx,
                 const Layer& layer, const LayerOffsets& offsets) {
    const std::size_t all = 2 * B_ * n_;
    std::vector<Real> channels(all * d_), dv(all * d_), dq(all * d_), dk(all * d_);
    dense_gradient(block, offsets.output, layer.mixed, d_, dx, d_, n_);
    product(channels.data(), dx.data(), at(offsets.output.kernel), all, d_, d_, true, 0);
    const auto cotangent = const_view(channels, 2 * B_, n_, d_);
    const auto view = [&](const std::vector<Real>& x) { return const_view(x, B_, n_, d_); };
    const auto out = [&](std::vector<Real>& x) { return Tokens(x.data(), 2 * B_, n_, d_); };
    const auto table = weights(offsets.position, h_, lists_.positions);
    if (shape_.has_query_key()) {
      cuda::softmax_attention_backward<Real, double>(
          {out(dq), out(dk), out(dv)}, block, offsets.position, cotangent,
          {const_view(layer.softmax, B_, h_, n_, n_), view(layer.query), view(layer.key),
           view(layer.value), table},
          shape_.attention, map(), nullptr);
    } else {
      cuda::mix_tokens<Real>(out(dv), cotangent, table, const_view(lists_.backward, n_, n_),
                             nullptr);
      cuda::mix_tokens_position_gradient<Real, double>(block, offsets.position, cotangent,
                                                       view(layer.value), h_, map(), nullptr);
    }
    projection(block, offsets.value, layer, dv, channels, 0);
    if (shape_.has_query_key()) {
      projection(block, offsets.query, layer, dq, channels, 1);
      projection(block, offsets.key, layer, dk, channels, 1);
    }
    norm_gradient(block, offsets.norm1, layer.norm1, channels, n_);
    through_norm(dx, channels, layer.norm1, offsets.norm1, B_ * n_, cuda::Accumulate::yes);
  }

  void projection(const cuda::GradientBlock<double>& block, DenseOffsets offsets,
                  const Layer& layer, const std::vector<Real>& dy, std::vector<Real>& channels,
                  Real keep) {
    dense_gradient(block, offsets, layer.norm1.out, d_, dy, d_, n_);
    product(channels.data(), dy.data(), at(offsets.kernel), 2 * B_ * n_, d_, d_, true, keep);
  }

  NetworkShape shape_;
  ParameterTable table_;
  const std::vector<double>& theta_;
  PositionLists lists_;
  std::size_t B_, n_, d_, f_, h_, b2_;
  std::vector<Layer> layers_;
  std::vector<Real> x_, patches_;
  Norm norm_, real_, imag_;
};

/// Collects derivatives as a dense (2B, P) array.
class DenseSink final : public cpu::GradientSink {
 public:
  DenseSink(std::size_t batch, std::size_t parameters)
      : batch_(batch), parameters_(parameters), rows(2 * batch * parameters) {}
  bool wants(IndexRange) const override { return true; }
  void take(cpu::Part, std::size_t, std::size_t, std::span<const float>) override { FAIL(); }
  void take(cpu::Part part, std::size_t sample, std::size_t offset,
            std::span<const double> values) override {
    const std::size_t row = static_cast<std::size_t>(part) * batch_ + sample;
    std::copy(values.begin(), values.end(),
              rows.begin() + static_cast<std::ptrdiff_t>(row * parameters_ + offset));
  }

 private:
  std::size_t batch_, parameters_;

 public:
  std::vector<double> rows;
};

void check_network(const NetworkCase& network_case, std::size_t batch) {
  SCOPED_TRACE(network_case.name());
  const NetworkShape shape = network_case.shape();
  const ParameterTable table = network_case.table();
  const auto theta = random_parameters(table, 3);
  const oracle::OracleNetwork exact = make_oracle(network_case, theta);
  const auto spins = random_spins(network_case.sites(), batch, 5);
  const std::vector<std::uint64_t> states = pack(spins).words();

  KernelNetwork network(shape, theta, batch);
  const auto log_psi = network.log_psi(states);
  // Far above what a few hundred roundings a path add up to, far below any wrong formula.
  constexpr double kRelative = 1e-11;
  for (std::size_t s = 0; s < batch; ++s) {
    const std::complex<double> expected = oracle::log_psi(exact, spins[s]);
    EXPECT_NEAR(log_psi[s].re, expected.real(), kRelative * (1 + std::abs(expected)));
    EXPECT_NEAR(log_psi[s].im, expected.imag(), kRelative * (1 + std::abs(expected)));
  }

  const auto twin = cpu::make_wave_function(shape, Precision::fp64);
  twin->set_parameters(theta);
  Workspace workspace(twin->gradient_workspace());
  DenseSink sink(batch, table.size);
  twin->gradients(states.data(), batch, sink, workspace);
  FencedBuffer<double> rows(2 * batch * table.size);
  network.gradients({rows.data(), table.size, batch, 0, 0, table.size});
  double largest = 1;
  for (const double value : sink.rows) largest = std::max(largest, std::abs(value));
  for (const NamedTensor& tensor : table.tensors) {
    for (std::size_t row = 0; row < 2 * batch; ++row) {
      for (std::size_t k = 0; k < tensor.size(); ++k) {
        const std::size_t element = row * table.size + tensor.offset + k;
        ASSERT_NEAR(rows[element], sink.rows[element], kRelative * largest)
            << tensor.name << ' ' << k << ", row " << row;
      }
    }
    // The oracle differentiates numerically, to about 1e-8: a few elements will do.
    const std::size_t k = tensor.size() / 2;
    const auto slope = oracle::gradient(exact, spins[0], tensor.name, k);
    EXPECT_NEAR(rows[tensor.offset + k], slope.real(), 1e-6 * largest) << tensor.name;
    EXPECT_NEAR(rows[batch * table.size + tensor.offset + k], slope.imag(), 1e-6 * largest)
        << tensor.name;
  }
  EXPECT_TRUE(rows.fences_intact());
}

TEST(KernelNetwork, AgreesWithTheOracleAndTheCpuBackend) {
  for (const Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
    for (const bool translation_invariant : {true, false}) {
      NetworkChoice choice{.patch = 2,
                           .d_model = 8,
                           .heads = 2,
                           .layers = 2,
                           .attention = attention,
                           .translation_invariant = translation_invariant};
      check_network({LatticeKind::square, 4, choice}, 3);
      choice.d_model = 12;
      choice.heads = 3;
      choice.layers = 1;
      choice.ffn_ratio = 2;
      check_network({LatticeKind::chain, 10, choice}, 2);
    }
  }
}

}  // namespace
}  // namespace plaquette::test
