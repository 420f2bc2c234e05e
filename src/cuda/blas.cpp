#include "cuda/blas.hpp"

#include <limits>

#include "cuda/library_error.hpp"

namespace plaquette::cuda {
namespace {

int narrow(std::size_t value) {
  PLAQUETTE_REQUIRE(value <= std::size_t{std::numeric_limits<int>::max()}, value, " elements");
  return static_cast<int>(value);
}

cublasOperation_t operation(Transpose transpose) {
  return transpose == Transpose::no ? CUBLAS_OP_N : CUBLAS_OP_T;
}

cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t a_op, cublasOperation_t b_op, int m,
                    int n, int k, const float* a, int lda, const float* b, int ldb, float beta,
                    float* c, int ldc) {
  const float one = 1;
  return cublasSgemm(handle, a_op, b_op, m, n, k, &one, a, lda, b, ldb, &beta, c, ldc);
}
cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t a_op, cublasOperation_t b_op, int m,
                    int n, int k, const double* a, int lda, const double* b, int ldb, double beta,
                    double* c, int ldc) {
  const double one = 1;
  return cublasDgemm(handle, a_op, b_op, m, n, k, &one, a, lda, b, ldb, &beta, c, ldc);
}

}  // namespace

struct Blas::Handle {
  Handle() { PLAQUETTE_CUDA(cublasCreate(&get)); }
  ~Handle() { cublasDestroy(get); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  cublasHandle_t get = nullptr;
};

Blas::Blas(const Stream& stream, FloatProducts products)
    : handle_(std::make_unique<Handle>()), stream_(stream.get()) {
  PLAQUETTE_CUDA(cublasSetStream(handle_->get, stream_));
  PLAQUETTE_CUDA(cublasSetMathMode(handle_->get, products == FloatProducts::tf32
                                                     ? CUBLAS_TF32_TENSOR_OP_MATH
                                                     : CUBLAS_DEFAULT_MATH));
}

Blas::~Blas() = default;

template <class Real>
void Blas::product(Real* c, std::size_t c_stride, Factor<Real> a, Factor<Real> b,
                   ProductShape shape, Real keep) const {
  if (shape.rows == 0 || shape.columns == 0) return;
  // cuBLAS counts columns first: our row-major c is its cᵀ = bᵀ·aᵀ.
  PLAQUETTE_CUDA(gemm(handle_->get, operation(b.transpose), operation(a.transpose),
                      narrow(shape.columns), narrow(shape.rows), narrow(shape.inner), b.data,
                      narrow(b.stride), a.data, narrow(a.stride), keep, c, narrow(c_stride)));
}

template void Blas::product<float>(float*, std::size_t, Factor<float>, Factor<float>, ProductShape,
                                   float) const;
template void Blas::product<double>(double*, std::size_t, Factor<double>, Factor<double>,
                                    ProductShape, double) const;

void Blas::apply(double* y, Factor<double> a, std::size_t rows, std::size_t columns,
                 const double* x, double keep) const {
  const double one = 1;
  const auto stored = a.transpose == Transpose::no ? CUBLAS_OP_T : CUBLAS_OP_N;
  PLAQUETTE_CUDA(cublasDgemv(handle_->get, stored, narrow(columns), narrow(rows), &one, a.data,
                             narrow(a.stride), x, 1, &keep, y, 1));
}

}  // namespace plaquette::cuda
