#include "cpu/attention.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/lanes.hpp"
#include "cpu/product_kernels.hpp"

namespace plaquette::cpu {

namespace {

/// Channels [begin, begin + W) of up to S samples at a time: the weight is loaded once for all of
/// them, and sums stay in registers.
template <class Real, int W, int S>
void mix_block(Real* out, const Real* in, std::size_t sample_stride, std::size_t n, std::size_t d,
               std::size_t begin, const Real* weights, const std::int32_t* index) {
  using L = Lanes<Real, W>;
  for (std::size_t i = 0; i < n; ++i) {
    typename L::Type sum[S] = {};
    for (std::size_t j = 0; j < n; ++j) {
      const auto weight = L::load(weights + static_cast<std::size_t>(index[i * n + j]) * d + begin);
      for (int s = 0; s < S; ++s) {
        sum[s] +=
            weight * L::load(in + static_cast<std::size_t>(s) * sample_stride + j * d + begin);
      }
    }
    for (int s = 0; s < S; ++s) {
      L::store(out + static_cast<std::size_t>(s) * sample_stride + i * d + begin, sum[s]);
    }
  }
}

/// Splits d into register-wide pieces: as many of W lanes as fit, the rest by halves.
template <class Real, int W, int S>
void mix_channels(Real* out, const Real* in, std::size_t sample_stride, std::size_t n,
                  std::size_t d, std::size_t begin, const Real* weights,
                  const std::int32_t* index) {
  std::size_t c = begin;
  for (; c + W <= d; c += W) {
    mix_block<Real, W, S>(out, in, sample_stride, n, d, c, weights, index);
  }
  if constexpr (W > 1) {
    if (c < d) mix_channels<Real, W / 2, S>(out, in, sample_stride, n, d, c, weights, index);
  }
}

/// out (columns, padded rows) = scale·in (rows, columns of one head)ᵀ, zero-padded.
template <class Real>
void transpose_head(Real* out, const Real* in, std::size_t rows, std::size_t padded,
                    std::size_t columns, std::size_t stride, Real scale) {
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t i = 0; i < rows; ++i) out[c * padded + i] = scale * in[i * stride + c];
    for (std::size_t i = rows; i < padded; ++i) out[c * padded + i] = 0;
  }
}

}  // namespace

template <class Real>
void mix_tokens(TensorView<Real, 3> out, TensorView<const Real, 3> in,
                TensorView<const Real, 2> weights, const std::vector<std::int32_t>& index) {
  constexpr int kLanes = kRegisterLanes<Real>;
  constexpr std::size_t kSamples = 4;
  const std::size_t batch = in.extent(0);
  const std::size_t n = in.extent(1);
  const std::size_t d = in.extent(2);
  std::size_t s = 0;
  for (; s + kSamples <= batch; s += kSamples) {
    mix_channels<Real, kLanes, kSamples>(out.data() + s * n * d, in.data() + s * n * d, n * d, n, d,
                                         0, weights.data(), index.data());
  }
  for (; s < batch; ++s) {
    mix_channels<Real, kLanes, 1>(out.data() + s * n * d, in.data() + s * n * d, n * d, n, d, 0,
                                  weights.data(), index.data());
  }
}

template <class Real>
void mix_tokens_position_gradient(TensorView<Real, 2> gradient, TensorView<const Real, 2> cotangent,
                                  TensorView<const Real, 2> value, const PositionLists& map,
                                  Workspace& workspace) {
  const std::size_t d = value.extent(1);
  const std::size_t heads = gradient.extent(0);
  const std::size_t r = d / heads;
  auto frame = workspace.frame();
  Real* channel = frame.take<Real>(d);
  for (std::size_t p = 0; p < map.positions; ++p) {
    std::fill_n(channel, d, Real(0));
    for (std::size_t q = 0; q < map.pairs_per_position; ++q) {
      const std::size_t pair = p * map.pairs_per_position + q;
      const Real* left = cotangent.data() + static_cast<std::size_t>(map.pair_i[pair]) * d;
      const Real* right = value.data() + static_cast<std::size_t>(map.pair_j[pair]) * d;
#pragma omp simd
      for (std::size_t c = 0; c < d; ++c) channel[c] += left[c] * right[c];
    }
    for (std::size_t head = 0; head < heads; ++head) {
      Real sum = 0;
      for (std::size_t c = head * r; c < (head + 1) * r; ++c) sum += channel[c];
      gradient(head, p) = sum;
    }
  }
}

template <class Real>
void softmax_attention(TensorView<Real, 2> out, TensorView<Real, 3> softmax,
                       const SoftmaxOperands<Real>& in, PositionRole role, Workspace& workspace) {
  const std::size_t r = out.extent(1) / softmax.extent(0);
  auto frame = workspace.frame();
  product_kernels<Real>().softmax_attention({.out = out.data(),
                                             .query = in.query.data(),
                                             .key = in.key.data(),
                                             .value = in.value.data(),
                                             .table = in.position.data(),
                                             .weights = softmax.data(),
                                             .scratch = frame.take<Real>(2 * r * kSoftmaxStrip),
                                             .tokens = out.extent(0),
                                             .padded = softmax.extent(2),
                                             .channels = out.extent(1),
                                             .head_width = r,
                                             .scale = Real(1) / std::sqrt(static_cast<Real>(r)),
                                             .table_inside = role == PositionRole::inside_softmax});
}

namespace {

/// One head's arrays in the backward pass; query i is contiguous, rows are padded.
template <class Real>
struct HeadBackward {
  std::size_t head, n, padded, r;
  const Real* softmax;     // (n_j, padded)
  const Real* table;       // (n_j, padded)
  Real* query_t;           // (r, padded) scaled
  Real* cotangent_t;       // (r, padded)
  Real* query_gradient_t;  // (r, padded)
  Real* projection;        // (padded)
  Real* d_weight;          // (n_j, padded)

  /// dα = dA·Vᵀ, dV = αᵀ·dA and Σ_j softmax_ij dα_ij.
  void through_values(TensorView<Real, 2> d_value, TensorView<const Real, 2> value, Real beside) {
    std::fill_n(projection, padded, Real(0));
    for (std::size_t j = 0; j < n; ++j) {
      Real* row = d_weight + j * padded;
      std::fill_n(row, padded, Real(0));
      for (std::size_t c = 0; c < r; ++c) {
        const Real v = value(j, head * r + c);
        Real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = 0; i < padded; ++i) {
          const Real da = cotangent_t[c * padded + i];
          row[i] += v * da;
          sum += da * (softmax[j * padded + i] + beside * table[j * padded + i]);
        }
        d_value(j, head * r + c) = sum;
      }
#pragma omp simd
      for (std::size_t i = 0; i < padded; ++i) projection[i] += softmax[j * padded + i] * row[i];
    }
  }

  /// dS_ij = softmax_ij (dα_ij − Σ_j softmax_ij dα_ij), in place.
  void through_softmax() {
    for (std::size_t j = 0; j < n; ++j) {
      Real* row = d_weight + j * padded;
#pragma omp simd
      for (std::size_t i = 0; i < padded; ++i) {
        row[i] = softmax[j * padded + i] * (row[i] - projection[i]);
      }
    }
  }

  /// Σ of the weights' cotangents over the pairs of every position.
  void sum_positions(TensorView<Real, 2> gradient, const PositionLists& map) const {
    Real* out = &gradient(head, 0);
    std::fill_n(out, map.positions, Real(0));
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) {
        out[map.backward[j * n + i]] += d_weight[j * padded + i];
      }
    }
  }

  void through_scores(const SoftmaxGradient<Real>& gradient, TensorView<const Real, 2> key,
                      Real scale) {
    std::fill_n(query_gradient_t, r * padded, Real(0));
    for (std::size_t j = 0; j < n; ++j) {
      const Real* row = d_weight + j * padded;
      for (std::size_t c = 0; c < r; ++c) {
        const Real k = key(j, head * r + c);
        Real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = 0; i < padded; ++i) {
          query_gradient_t[c * padded + i] += k * row[i];
          sum += query_t[c * padded + i] * row[i];
        }
        gradient.key(j, head * r + c) = sum;
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t c = 0; c < r; ++c) {
        gradient.query(i, head * r + c) = scale * query_gradient_t[c * padded + i];
      }
    }
  }
};

}  // namespace

template <class Real>
void softmax_attention_backward(const SoftmaxGradient<Real>& gradient,
                                TensorView<const Real, 2> cotangent,
                                TensorView<const Real, 3> softmax, const SoftmaxOperands<Real>& in,
                                PositionRole role, const PositionLists& map, Workspace& workspace) {
  const std::size_t n = cotangent.extent(0);
  const std::size_t d = cotangent.extent(1);
  const std::size_t padded = softmax.extent(2);
  const std::size_t r = d / softmax.extent(0);
  const Real scale = Real(1) / std::sqrt(static_cast<Real>(r));
  const bool inside = role == PositionRole::inside_softmax;
  auto frame = workspace.frame();
  HeadBackward<Real> work{.head = 0,
                          .n = n,
                          .padded = padded,
                          .r = r,
                          .softmax = nullptr,
                          .table = nullptr,
                          .query_t = frame.take<Real>(r * padded),
                          .cotangent_t = frame.take<Real>(r * padded),
                          .query_gradient_t = frame.take<Real>(r * padded),
                          .projection = frame.take<Real>(padded),
                          .d_weight = frame.take<Real>(n * padded)};
  for (std::size_t head = 0; head < softmax.extent(0); ++head) {
    work.head = head;
    work.softmax = &softmax(head, 0, 0);
    work.table = &in.position(head, 0, 0);
    transpose_head(work.query_t, in.query.data() + head * r, n, padded, r, d, scale);
    transpose_head(work.cotangent_t, cotangent.data() + head * r, n, padded, r, d, Real(1));
    work.through_values(gradient.value, in.value, inside ? Real(0) : Real(1));
    if (!inside) work.sum_positions(gradient.position, map);
    work.through_softmax();
    if (inside) work.sum_positions(gradient.position, map);
    work.through_scores(gradient, in.key, scale);
  }
}

#define PLAQUETTE_INSTANTIATE(Real)                                                           \
  template void mix_tokens(TensorView<Real, 3>, TensorView<const Real, 3>,                    \
                           TensorView<const Real, 2>, const std::vector<std::int32_t>&);      \
  template void mix_tokens_position_gradient(TensorView<Real, 2>, TensorView<const Real, 2>,  \
                                             TensorView<const Real, 2>, const PositionLists&, \
                                             Workspace&);                                     \
  template void softmax_attention(TensorView<Real, 2>, TensorView<Real, 3>,                   \
                                  const SoftmaxOperands<Real>&, PositionRole, Workspace&);    \
  template void softmax_attention_backward(                                                   \
      const SoftmaxGradient<Real>&, TensorView<const Real, 2>, TensorView<const Real, 3>,     \
      const SoftmaxOperands<Real>&, PositionRole, const PositionLists&, Workspace&);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
