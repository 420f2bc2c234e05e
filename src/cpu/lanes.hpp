#pragma once

#include <cstddef>
#include <cstring>

namespace plaquette::cpu {

/// W lanes of Real as one vector register value; loads and stores may be unaligned.
template <class Real, int W>
struct Lanes {
  typedef Real Type __attribute__((vector_size(W * sizeof(Real))));
  static Type load(const Real* from) {
    Type value;
    std::memcpy(&value, from, sizeof(value));
    return value;
  }
  static void store(Real* to, Type value) { std::memcpy(to, &value, sizeof(value)); }
};

/// Bytes of the widest vector register that the target has.
#if defined(__AVX512F__)
inline constexpr int kRegisterBytes = 64;
#elif defined(__AVX__)
inline constexpr int kRegisterBytes = 32;
#else
inline constexpr int kRegisterBytes = 16;
#endif

/// Lanes of the widest register.
template <class Real>
inline constexpr int kRegisterLanes = kRegisterBytes / static_cast<int>(sizeof(Real));

namespace detail {

/// Folds W lanes into one, taking up what is left of the array (fewer than W elements) on the way
/// down: no remainder loop, no chain of scalar additions.
template <int W, class Real, class Term>
Real fold(typename Lanes<Real, W>::Type sum, const Real* x, std::size_t left, Term&& term) {
  if constexpr (W == 1) {
    return sum[0];
  } else {
    using Half = Lanes<Real, W / 2>;
    Real lanes[W];
    Lanes<Real, W>::store(lanes, sum);
    auto half = Half::load(lanes) + Half::load(lanes + W / 2);
    if (left >= W / 2) {
      half += term(Half::load(x));
      x += W / 2;
      left -= W / 2;
    }
    return fold<W / 2>(half, x, left, term);
  }
}

}  // namespace detail

/// Σ term(x_c) over `count` elements; `term` maps lanes to lanes. The order is fixed by `count`.
template <class Real, class Term>
Real sum_lanes(const Real* x, std::size_t count, Term&& term) {
  constexpr int W = kRegisterLanes<Real>;
  typename Lanes<Real, W>::Type sum = {};
  std::size_t c = 0;
  for (; c + W <= count; c += W) sum += term(Lanes<Real, W>::load(x + c));
  return detail::fold<W>(sum, x + c, count - c, term);
}

}  // namespace plaquette::cpu
