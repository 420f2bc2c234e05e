#include <malloc.h>

#include <bit>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "cuda/blas.hpp"
#include "cuda/cholesky.hpp"
#include "cuda/device.hpp"
#include "cuda/device_memory.hpp"
#include "cuda/scan.hpp"
#include "plaquette/base/errors.hpp"

/// A device of host memory: what src/cuda asks of the CUDA runtime, cuBLAS, cuSOLVER and CUB, in
/// plain loops, so that the whole CUDA backend runs where there is no GPU. Fresh memory is full of
/// NaN, so that whatever is read before it is written shows.

namespace plaquette::cuda {

namespace {
constexpr std::size_t kFreeBytes = std::size_t{4} << 30;

/// Memory that is given back stays the program's: the next backend finds its pages there.
const bool pages_are_kept = mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1;
}  // namespace

void* allocate_device_memory(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw CapacityError("the simulated device is full");
  std::memset(memory, 0xff, bytes);
  return memory;
}
void release_device_memory(void* memory) noexcept { std::free(memory); }

void copy_to_device(void* to, const void* from, std::size_t bytes, cudaStream_t) {
  std::memcpy(to, from, bytes);
}
void copy_to_host(void* to, const void* from, std::size_t bytes, cudaStream_t) {
  std::memcpy(to, from, bytes);
}
void copy_on_device(void* to, const void* from, std::size_t bytes, cudaStream_t) {
  std::memcpy(to, from, bytes);
}
void fill_with_zeros(void* memory, std::size_t bytes, cudaStream_t) {
  if (bytes > 0) std::memset(memory, 0, bytes);
}

Stream::Stream() = default;
Stream::~Stream() = default;
void Stream::synchronize() const {}

DeviceStatus device_status() { return {true, "simulated device"}; }
std::size_t free_device_memory() { return kFreeBytes; }

struct Blas::Handle {
  FloatProducts products;
};
Blas::Blas(const Stream& stream, FloatProducts products)
    : handle_(std::make_unique<Handle>(products)), stream_(stream.get()) {}
Blas::~Blas() = default;

namespace {
template <class Real>
Real element(const Factor<Real>& factor, std::size_t row, std::size_t column) {
  return factor.transpose == Transpose::no ? factor.data[row * factor.stride + column]
                                           : factor.data[column * factor.stride + row];
}

/// The nearest number with ten bits of mantissa, ties away from zero: PTX's cvt.rna.tf32.f32.
float rounded_to_tf32(float value) {
  if (!std::isfinite(value)) return value;
  constexpr std::uint32_t kDropped = (1u << 13) - 1;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + (kDropped + 1) / 2) & ~kDropped);
}

/// A factor's element as a product of these takes it.
float product_operand(float value, FloatProducts products) {
  return products == FloatProducts::tf32 ? rounded_to_tf32(value) : value;
}
double product_operand(double value, FloatProducts) { return value; }
}  // namespace

/// As BLAS, reads c only where it is kept: fresh memory is not a number.
template <class Real>
void Blas::product(Real* c, std::size_t c_stride, Factor<Real> a, Factor<Real> b,
                   ProductShape shape, Real keep) const {
  for (std::size_t i = 0; i < shape.rows; ++i) {
    for (std::size_t j = 0; j < shape.columns; ++j) {
      Real sum = 0;
      for (std::size_t k = 0; k < shape.inner; ++k) {
        sum += product_operand(element(a, i, k), handle_->products) *
               product_operand(element(b, k, j), handle_->products);
      }
      Real& out = c[i * c_stride + j];
      out = sum + (keep == 0 ? Real(0) : keep * out);
    }
  }
}
template void Blas::product<float>(float*, std::size_t, Factor<float>, Factor<float>, ProductShape,
                                   float) const;
template void Blas::product<double>(double*, std::size_t, Factor<double>, Factor<double>,
                                    ProductShape, double) const;

void Blas::apply(double* y, Factor<double> a, std::size_t rows, std::size_t columns,
                 const double* x, double keep) const {
  const bool transposed = a.transpose == Transpose::yes;
  const std::size_t out = transposed ? columns : rows;
  const std::size_t inner = transposed ? rows : columns;
  for (std::size_t i = 0; i < out; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < inner; ++k) sum += element(a, i, k) * x[k];
    y[i] = sum + (keep == 0 ? 0.0 : keep * y[i]);
  }
}

struct Cholesky::Solver {
  std::size_t n;
};
Cholesky::Cholesky(std::size_t n, const Stream&) : solver_(std::make_unique<Solver>(n)) {}
Cholesky::~Cholesky() = default;
std::size_t Cholesky::device_bytes(std::size_t) { return 0; }

/// UᵀU by rows, in the upper triangle.
bool Cholesky::factor(double* matrix) {
  const std::size_t n = solver_->n;
  for (std::size_t i = 0; i < n; ++i) {
    double* row = matrix + i * n;
    for (std::size_t k = 0; k < i; ++k) {
      const double* above = matrix + k * n;
      for (std::size_t j = i; j < n; ++j) row[j] -= above[i] * above[j];
    }
    if (!(row[i] > 0)) return false;
    const double root = std::sqrt(row[i]);
    for (std::size_t j = i; j < n; ++j) row[j] /= root;
  }
  return true;
}

void Cholesky::solve(const double* matrix, double* x) {
  const std::size_t n = solver_->n;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) x[i] -= matrix[k * n + i] * x[k];
    x[i] /= matrix[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) x[i] -= matrix[i * n + k] * x[k];
    x[i] /= matrix[i * n + i];
  }
}

std::size_t exclusive_scan_bytes(std::size_t) { return 1; }
void exclusive_scan(std::uint32_t* numbers, std::size_t count, void*, std::size_t, cudaStream_t) {
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint32_t number = numbers[k];
    numbers[k] = sum;
    sum += number;
  }
}

}  // namespace plaquette::cuda
