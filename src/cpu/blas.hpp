#pragma once

#include <cblas.h>

#include <cstddef>

namespace plaquette::cpu {

/// Row-major matrix products through the CPU's BLAS, one thread a call: parallelism is over
/// batches, so that no result depends on the thread count.

enum class Transpose { no, yes };

namespace detail {

inline CBLAS_TRANSPOSE cblas(Transpose t) {
  return t == Transpose::yes ? CblasTrans : CblasNoTrans;
}

}  // namespace detail

/// c (m, n) = a·b + beta·c, with op(a) (m, k), op(b) (k, n); leading dimensions are row lengths.
inline void gemm(Transpose ta, Transpose tb, std::size_t m, std::size_t n, std::size_t k,
                 const float* a, std::size_t lda, const float* b, std::size_t ldb, float beta,
                 float* c, std::size_t ldc) {
  cblas_sgemm(CblasRowMajor, detail::cblas(ta), detail::cblas(tb), static_cast<int>(m),
              static_cast<int>(n), static_cast<int>(k), 1.0f, a, static_cast<int>(lda), b,
              static_cast<int>(ldb), beta, c, static_cast<int>(ldc));
}

inline void gemm(Transpose ta, Transpose tb, std::size_t m, std::size_t n, std::size_t k,
                 const double* a, std::size_t lda, const double* b, std::size_t ldb, double beta,
                 double* c, std::size_t ldc) {
  cblas_dgemm(CblasRowMajor, detail::cblas(ta), detail::cblas(tb), static_cast<int>(m),
              static_cast<int>(n), static_cast<int>(k), 1.0, a, static_cast<int>(lda), b,
              static_cast<int>(ldb), beta, c, static_cast<int>(ldc));
}

/// Keeps the BLAS from starting threads of its own. Called by every backend; idempotent.
void use_one_blas_thread();

/// Name of the kernels that the BLAS chose for this processor.
const char* blas_core_name();

}  // namespace plaquette::cpu
