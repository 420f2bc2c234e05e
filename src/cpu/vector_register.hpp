#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// One vector register of `Bytes` bytes; where the instructions have none that wide, the compiler
/// makes do with several. Included by the files that are compiled for one set of
/// instructions, and private to each of them: the linker must never take one processor's code for
/// another's.
namespace plaquette::cpu {
namespace {

/// Copies the first `count` < 2·W elements in pieces of W, W/2, …, 1: no call, no loop.
template <int W, class Real>
inline void copy_first(Real* to, const Real* from, std::size_t count) {
  if ((count & W) != 0) {
    std::memcpy(to, from, W * sizeof(Real));
    to += W;
    from += W;
  }
  if constexpr (W > 1) copy_first<W / 2>(to, from, count);
}

template <class Real, int Bytes>
struct Register {
  static constexpr std::size_t kLanes = Bytes / sizeof(Real);
  static constexpr bool kSingle = std::is_same_v<Real, float>;
  using Bits = std::conditional_t<kSingle, std::int32_t, std::int64_t>;
  typedef Real Value __attribute__((vector_size(Bytes)));
  typedef Bits Integer __attribute__((vector_size(Bytes)));

  static Value load(const Real* from) {
    Value value;
    std::memcpy(&value, from, sizeof(value));
    return value;
  }
  static Value broadcast(Real x) {
    return x - Value{};  // exact, of −0 too
  }
  static void store(Real* to, const Value& value) { std::memcpy(to, &value, sizeof(value)); }

  /// a·b + c, rounded once. Left to the compiler it would be so only where it optimises.
  static Value multiply_add(const Value& a, const Value& b, const Value& c);

  /// The first `count` elements, fewer than a register's; the other lanes hold 0.
  static Value load_first(const Real* from, std::size_t count);
  static void store_first(Real* to, const Value& value, std::size_t count);

  /// Lane by lane. Of a NaN in `a` and a number in `b` they are the number.
  static Value smaller(const Value& a, const Value& b);
  static Value larger(const Value& a, const Value& b);

  /// `value` in the first `count` lanes, 0 in the others.
  static Value keep_first(const Value& value, std::size_t count) {
    Integer lane;
    for (std::size_t l = 0; l < kLanes; ++l) lane[l] = static_cast<Bits>(l);
    const Integer kept = lane < static_cast<Bits>(count);
    Integer bits;
    std::memcpy(&bits, &value, sizeof(bits));
    bits &= kept;
    Value out;
    std::memcpy(&out, &bits, sizeof(out));
    return out;
  }
};

#if defined(__AVX512F__)

/// A mask of the first `count` lanes.
template <class Real>
inline auto first_lanes(std::size_t count) {
  using Mask = std::conditional_t<std::is_same_v<Real, float>, __mmask16, __mmask8>;
  return static_cast<Mask>((1u << count) - 1);
}

#else

/// All bits set in the first `count` lanes.
template <class Real>
inline __m256i first_lanes(std::size_t count) {
  static constexpr std::int32_t kEdge[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const std::size_t words = count * sizeof(Real) / sizeof(std::int32_t);
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kEdge + 8 - words));
}

#endif

template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value Register<Real, Bytes>::multiply_add(const Value& a,
                                                                                 const Value& b,
                                                                                 const Value& c) {
#if defined(__AVX512F__)
  if constexpr (Bytes == 64 && kSingle) return _mm512_fmadd_ps(a, b, c);
  if constexpr (Bytes == 64 && !kSingle) return _mm512_fmadd_pd(a, b, c);
#else
  if constexpr (Bytes == 32 && kSingle) return _mm256_fmadd_ps(a, b, c);
  if constexpr (Bytes == 32 && !kSingle) return _mm256_fmadd_pd(a, b, c);
#endif
  Value out;
  for (std::size_t l = 0; l < kLanes; ++l) {
    if constexpr (kSingle) {
      out[l] = __builtin_fmaf(a[l], b[l], c[l]);
    } else {
      out[l] = __builtin_fma(a[l], b[l], c[l]);
    }
  }
  return out;
}

template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value Register<Real, Bytes>::load_first(const Real* from,
                                                                               std::size_t count) {
#if defined(__AVX512F__)
  if constexpr (Bytes == 64 && kSingle)
    return _mm512_maskz_loadu_ps(first_lanes<Real>(count), from);
  if constexpr (Bytes == 64 && !kSingle)
    return _mm512_maskz_loadu_pd(first_lanes<Real>(count), from);
#else
  if constexpr (Bytes == 32 && kSingle) return _mm256_maskload_ps(from, first_lanes<Real>(count));
  if constexpr (Bytes == 32 && !kSingle) return _mm256_maskload_pd(from, first_lanes<Real>(count));
#endif
  alignas(Bytes) Real lanes[kLanes] = {};
  copy_first<kLanes / 2>(lanes, from, count);
  return load(lanes);
}

template <class Real, int Bytes>
inline void Register<Real, Bytes>::store_first(Real* to, const Value& value, std::size_t count) {
#if defined(__AVX512F__)
  if constexpr (Bytes == 64 && kSingle) {
    return _mm512_mask_storeu_ps(to, first_lanes<Real>(count), value);
  }
  if constexpr (Bytes == 64 && !kSingle) {
    return _mm512_mask_storeu_pd(to, first_lanes<Real>(count), value);
  }
#endif
  // A masked store of AVX2 takes dozens of cycles on some processors.
  alignas(Bytes) Real lanes[kLanes];
  store(lanes, value);
  copy_first<kLanes / 2>(to, lanes, count);
}

template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value Register<Real, Bytes>::smaller(const Value& a,
                                                                            const Value& b) {
  // The compiler makes a comparison and a blend of the conditional.
#if defined(__AVX512F__)
  if constexpr (Bytes == 64 && kSingle) return _mm512_min_ps(a, b);
  if constexpr (Bytes == 64 && !kSingle) return _mm512_min_pd(a, b);
#else
  if constexpr (Bytes == 32 && kSingle) return _mm256_min_ps(a, b);
  if constexpr (Bytes == 32 && !kSingle) return _mm256_min_pd(a, b);
#endif
  return a < b ? a : b;
}

template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value Register<Real, Bytes>::larger(const Value& a,
                                                                           const Value& b) {
#if defined(__AVX512F__)
  if constexpr (Bytes == 64 && kSingle) return _mm512_max_ps(a, b);
  if constexpr (Bytes == 64 && !kSingle) return _mm512_max_pd(a, b);
#else
  if constexpr (Bytes == 32 && kSingle) return _mm256_max_ps(a, b);
  if constexpr (Bytes == 32 && !kSingle) return _mm256_max_pd(a, b);
#endif
  return a > b ? a : b;
}

}  // namespace
}  // namespace plaquette::cpu
