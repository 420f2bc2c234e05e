#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "plaquette/base/host_device.hpp"

namespace plaquette {

/// eˣ that a host compiler can vectorise: no branch, no call. Relative error below 4 ulp;
/// arguments are clamped to where the result is a normal number. On the device it is the device's
/// own exp, which is already a handful of instructions.
template <class Real>
PLAQUETTE_HD inline Real exponential(Real x) {
#if defined(__CUDA_ARCH__)
  return exp(x);
#else
  // x = k·log 2 + r with |r| ≤ ½ log 2; adding 1.5·2^(mantissa bits − 1) rounds to an integer and
  // leaves it in the low bits. log 2 in two parts keeps r exact.
  if constexpr (std::is_same_v<Real, double>) {
    x = x > 708.0 ? 708.0 : x;
    x = x < -708.0 ? -708.0 : x;
    const double shifted = x * 1.4426950408889634 + 0x1.8p52;
    const double k = shifted - 0x1.8p52;
    const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    const auto scale = (std::bit_cast<std::uint64_t>(shifted) << 52) + (std::uint64_t{1023} << 52);
    return p * std::bit_cast<double>(scale);
  } else {
    x = x > 87.0f ? 87.0f : x;
    x = x < -87.0f ? -87.0f : x;
    const float shifted = x * 1.44269504f + 0x1.8p23f;
    const float k = shifted - 0x1.8p23f;
    const float r = (x - k * 0x1.62e400p-1f) - k * 0x1.7f7d1cp-20f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const auto scale = (std::bit_cast<std::uint32_t>(shifted) << 23) + (std::uint32_t{127} << 23);
    return p * std::bit_cast<float>(scale);
  }
#endif
}

/// The sigmoid of 2y, y = √(2/π)(x + 0.044715 x³), which is ½(1 + tanh y).
template <class Real>
PLAQUETTE_HD inline Real gelu_gate(Real x) {
  const Real y = Real(0.79788456080286535588) * (x + Real(0.044715) * x * x * x);
  return Real(1) / (Real(1) + exponential(Real(-2) * y));
}

/// GELU in its tanh form: ½ x (1 + tanh y).
template <class Real>
PLAQUETTE_HD inline Real gelu(Real x) {
  return x * gelu_gate(x);
}

/// d gelu / dx = g + 2 x g (1 − g) y', with g the gate.
template <class Real>
PLAQUETTE_HD inline Real gelu_derivative(Real x) {
  const Real gate = gelu_gate(x);
  const Real dy = Real(0.79788456080286535588) * (Real(1) + Real(3 * 0.044715) * x * x);
  return gate + Real(2) * x * gate * (Real(1) - gate) * dy;
}

/// A complex number as two reals, usable on host and device.
template <class Real>
struct ComplexPair {
  Real re;
  Real im;
};

/// log cosh(u + iv) without overflow: z + log(1 + e^{−2z}) − log 2 with z = ±(u + iv), Re z ≥ 0.
template <class Real>
PLAQUETTE_HD inline ComplexPair<Real> log_cosh(Real u, Real v) {
  const Real re = u < 0 ? -u : u;
  const Real im = u < 0 ? -v : v;
  const Real decay = std::exp(Real(-2) * re);
  const Real a = decay * std::cos(Real(2) * im);  // e^{−2z} = a − i b
  const Real b = decay * std::sin(Real(2) * im);
  // log|1 + a − ib|² = log1p(2a + a² + b²): no cancellation where e^{−2z} is small. Near a zero of
  // cosh it is 1 + a that is small, and exact.
  const Real far = std::log1p(a * (Real(2) + a) + b * b);
  const Real near = std::log((Real(1) + a) * (Real(1) + a) + b * b);
  return {re + Real(0.5) * (a < Real(-0.5) ? near : far) - Real(0.69314718055994530942),
          im - std::atan2(b, Real(1) + a)};
}

/// tanh(u + iv), the derivative of log_cosh: (1 − e^{−2z}) / (1 + e^{−2z}), sign restored.
template <class Real>
PLAQUETTE_HD inline ComplexPair<Real> log_cosh_derivative(Real u, Real v) {
  const Real re = u < 0 ? -u : u;
  const Real im = u < 0 ? -v : v;
  const Real decay = std::exp(Real(-2) * re);
  const Real a = decay * std::cos(Real(2) * im);
  const Real b = decay * std::sin(Real(2) * im);
  const Real norm = (Real(1) + a) * (Real(1) + a) + b * b;
  // (1 − a + ib)(1 + a + ib) = 1 − a² − b² + 2ib
  const Real sign = u < 0 ? Real(-1) : Real(1);
  return {sign * (Real(1) - decay * decay) / norm, sign * Real(2) * b / norm};
}

}  // namespace plaquette
