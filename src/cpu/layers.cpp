#include "cpu/layers.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/lanes.hpp"

namespace plaquette::cpu {

template <class Real>
void layer_norm(TensorView<Real, 2> out, TensorView<const Real, 2> x, const Real* scale,
                const Real* bias, Real* normalised, Real* inverse_std) {
  const std::size_t d = x.extent(1);
  const Real inverse_d = Real(1) / static_cast<Real>(d);
  for (std::size_t row = 0; row < x.extent(0); ++row) {
    const Real* in = x.data() + row * d;
    Real* y = out.data() + row * d;
    const Real mean = inverse_d * sum_lanes(in, d, [](auto lanes) { return lanes; });
    const Real squares =
        sum_lanes(in, d, [mean](auto lanes) { return (lanes - mean) * (lanes - mean); });
    const Real inverse = Real(1) / std::sqrt(squares * inverse_d + static_cast<Real>(kNormEpsilon));
    Real* unit = normalised + row * d;
#pragma omp simd
    for (std::size_t c = 0; c < d; ++c) {
      unit[c] = (in[c] - mean) * inverse;
      y[c] = unit[c] * scale[c] + bias[c];
    }
    inverse_std[row] = inverse;
  }
}

template <class Real>
void layer_norm_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                         TensorView<const Real, 2> normalised, const Real* inverse_std,
                         const Real* scale, Accumulate accumulate) {
  // With g = scale·dy and x̂ the normalised input: dx = (g − mean(g) − x̂·mean(g x̂)) / std.
  const std::size_t d = dx.extent(1);
  const Real inverse_d = Real(1) / static_cast<Real>(d);
  const Real keep = accumulate == Accumulate::yes ? Real(1) : Real(0);
  for (std::size_t row = 0; row < dx.extent(0); ++row) {
    const Real* g = dy.data() + row * d;
    const Real* unit = normalised.data() + row * d;
    Real* out = dx.data() + row * d;
    Real sum = 0;
    Real projection = 0;
#pragma omp simd reduction(+ : sum, projection)
    for (std::size_t c = 0; c < d; ++c) {
      sum += g[c] * scale[c];
      projection += g[c] * scale[c] * unit[c];
    }
    const Real mean = sum * inverse_d;
    const Real slope = projection * inverse_d;
    const Real inverse = inverse_std[row];
    if (accumulate == Accumulate::no) std::fill_n(out, d, Real(0));
#pragma omp simd
    for (std::size_t c = 0; c < d; ++c) {
      out[c] = keep * out[c] + (g[c] * scale[c] - mean - unit[c] * slope) * inverse;
    }
  }
}

#define PLAQUETTE_INSTANTIATE(Real)                                                      \
  template void layer_norm(TensorView<Real, 2>, TensorView<const Real, 2>, const Real*,  \
                           const Real*, Real*, Real*);                                   \
  template void layer_norm_backward(TensorView<Real, 2>, TensorView<const Real, 2>,      \
                                    TensorView<const Real, 2>, const Real*, const Real*, \
                                    Accumulate);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
