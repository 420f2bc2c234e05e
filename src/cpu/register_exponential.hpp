#pragma once

#include <cstring>

#include "cpu/vector_register.hpp"

/// Included by the files that are compiled for one set of instructions, as register_tiles.hpp.
namespace plaquette::cpu {
namespace {

/// 2^t for |t| < 125 (double: 1021), which t is clamped to: the integer part goes into the
/// exponent, the fraction in [−½, ½] into a polynomial, the Chebyshev interpolant of (2^r − 1)/r,
/// with a relative error below 3e-9 (double: 7e-18).
template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value exponential2(typename Register<Real, Bytes>::Value t) {
  using R = Register<Real, Bytes>;
  using Value = typename R::Value;
  using Integer = typename R::Integer;
  constexpr bool kSingle = R::kSingle;
  const Value limit = Value{} + (kSingle ? Real(125) : Real(1021));
  t = R::larger(R::smaller(t, limit), -limit);
  // Adding 1.5·2^(mantissa bits − 1) rounds to an integer, left in the low bits.
  const Value shifted = t + (kSingle ? Real(0x1.8p23) : Real(0x1.8p52));
  const Value r = t - (shifted - (kSingle ? Real(0x1.8p23) : Real(0x1.8p52)));
  // By pairs of coefficients (Estrin): a short chain matters more than one product less.
  const Value r2 = r * r;
  Value p;
  if constexpr (kSingle) {
    const Value low = r * 0.24022650760568126945f + 0.69314718802622878106f;
    const Value middle = r * 0.0096180825572778514913f + 0.055503571142190778186f;
    const Value high = r * 0.00015453162945120690177f + 0.0013390863364671234381f;
    p = (high * r2 + middle) * r2 + low;
  } else {
    const Value r4 = r2 * r2;
    const Value c0 = r * 0.2402265069591009822 + 0.69314718055994530942;
    const Value c2 = r * 0.0096181291076068885273 + 0.055504108664821594339;
    const Value c4 = r * 0.00015403530441736050155 + 0.001333355814641693531;
    const Value c6 = r * 1.3215442587921689653e-6 + 0.000015252733829836118394;
    const Value c8 = r * 7.0725859492692236999e-9 + 1.0178062445845773521e-7;
    const Value high = r2 * 4.4549605981865183938e-10 + c8;
    p = (high * r4 + (c6 * r2 + c4)) * r4 + (c2 * r2 + c0);
  }
  p = p * r + Real(1);
  Integer bits;
  Integer exponent;
  std::memcpy(&bits, &p, sizeof(p));
  std::memcpy(&exponent, &shifted, sizeof(shifted));
  bits += exponent << (kSingle ? 23 : 52);
  std::memcpy(&p, &bits, sizeof(p));
  return p;
}

}  // namespace
}  // namespace plaquette::cpu
