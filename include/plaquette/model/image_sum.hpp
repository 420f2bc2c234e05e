#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "plaquette/base/host_device.hpp"
#include "plaquette/model/activations.hpp"

namespace plaquette {

/// Below this part of Σ_g |ψ(g s)| a projected amplitude is what rounding left of terms that
/// cancel: it is zero. Single precision leaves some 1e-6 in log ψ, double precision some 1e-14.
template <class Real>
inline constexpr double kCancelled = std::numeric_limits<Real>::digits < 30 ? 1e-5 : 1e-12;

/// log Σ_g χ_g e^{a_g} without overflow, a_g = log ψ(g s). Turns `terms` (G) from a_g into the
/// shares χ_g e^{a_g}/Σ. Where the terms cancel to less than `cancelled` of their moduli, or all
/// vanish, the amplitude is zero: −∞, and every share is 0.
PLAQUETTE_HD inline ComplexPair<double> combine_images(ComplexPair<double>* terms,
                                                       const ComplexPair<double>* characters,
                                                       std::size_t count, double cancelled) {
  double largest = terms[0].re;
  for (std::size_t g = 1; g < count; ++g) {
    if (terms[g].re > largest) largest = terms[g].re;
  }
  if (largest == -HUGE_VAL) {
    for (std::size_t g = 0; g < count; ++g) terms[g] = {0, 0};
    return {-HUGE_VAL, 0};
  }
  double re = 0;
  double im = 0;
  double moduli = 0;
  for (std::size_t g = 0; g < count; ++g) {
    const double modulus = std::exp(terms[g].re - largest);
    const double a = modulus * std::cos(terms[g].im);
    const double b = modulus * std::sin(terms[g].im);
    const ComplexPair<double> character = characters[g];
    terms[g] = {character.re * a - character.im * b, character.re * b + character.im * a};
    re += terms[g].re;
    im += terms[g].im;
    moduli += modulus;
  }
  const double norm = re * re + im * im;
  if (norm <= cancelled * cancelled * moduli * moduli) {
    for (std::size_t g = 0; g < count; ++g) terms[g] = {0, 0};
    return {-HUGE_VAL, 0};
  }
  for (std::size_t g = 0; g < count; ++g) {
    const ComplexPair<double> term = terms[g];
    terms[g] = {(term.re * re + term.im * im) / norm, (term.im * re - term.re * im) / norm};
  }
  return {largest + 0.5 * std::log(norm), std::atan2(im, re)};
}

}  // namespace plaquette
