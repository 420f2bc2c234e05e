#include "cuda/cholesky.hpp"

#include <cstdint>
#include <vector>

#include "cuda/library_error.hpp"

namespace plaquette::cuda {
namespace {

/// cuSOLVER counts columns first: our upper triangle is its lower one.
constexpr cublasFillMode_t kTriangle = CUBLAS_FILL_MODE_LOWER;

struct Handle {
  Handle() { PLAQUETTE_CUDA(cusolverDnCreate(&get)); }
  ~Handle() { cusolverDnDestroy(get); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  cusolverDnHandle_t get = nullptr;
};

struct Parameters {
  Parameters() { PLAQUETTE_CUDA(cusolverDnCreateParams(&get)); }
  ~Parameters() { cusolverDnDestroyParams(get); }
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;
  cusolverDnParams_t get = nullptr;
};

struct ScratchBytes {
  std::size_t device = 0;
  std::size_t host = 0;
};

ScratchBytes scratch_bytes(const Handle& handle, const Parameters& parameters, std::size_t n) {
  ScratchBytes bytes;
  const auto size = static_cast<std::int64_t>(n);
  PLAQUETTE_CUDA(cusolverDnXpotrf_bufferSize(handle.get, parameters.get, kTriangle, size,
                                             CUDA_R_64F, nullptr, size, CUDA_R_64F, &bytes.device,
                                             &bytes.host));
  return bytes;
}

}  // namespace

struct Cholesky::Solver {
  Solver(std::size_t n_, const Stream& stream_)
      : n(static_cast<std::int64_t>(n_)),
        stream(stream_.get()),
        bytes(scratch_bytes(handle, parameters, n_)),
        device_scratch(bytes.device),
        host_scratch(bytes.host),
        info(1) {
    PLAQUETTE_CUDA(cusolverDnSetStream(handle.get, stream));
  }

  Handle handle;
  Parameters parameters;
  std::int64_t n;
  cudaStream_t stream;
  ScratchBytes bytes;
  DeviceBuffer<std::byte> device_scratch;
  std::vector<std::byte> host_scratch;
  DeviceBuffer<int> info;
};

Cholesky::Cholesky(std::size_t n, const Stream& stream)
    : solver_(std::make_unique<Solver>(n, stream)) {}

Cholesky::~Cholesky() = default;

std::size_t Cholesky::device_bytes(std::size_t n) {
  return scratch_bytes(Handle{}, Parameters{}, n).device + sizeof(int);
}

bool Cholesky::factor(double* matrix) {
  Solver& s = *solver_;
  PLAQUETTE_CUDA(cusolverDnXpotrf(s.handle.get, s.parameters.get, kTriangle, s.n, CUDA_R_64F,
                                  matrix, s.n, CUDA_R_64F, s.device_scratch.data(), s.bytes.device,
                                  s.host_scratch.data(), s.bytes.host, s.info.data()));
  int info = 0;
  s.info.download({&info, 1}, s.stream);
  PLAQUETTE_REQUIRE(info >= 0, "argument ", -info, " of cusolverDnXpotrf");
  return info == 0;
}

void Cholesky::solve(const double* matrix, double* x) {
  Solver& s = *solver_;
  PLAQUETTE_CUDA(cusolverDnXpotrs(s.handle.get, s.parameters.get, kTriangle, s.n, 1, CUDA_R_64F,
                                  matrix, s.n, CUDA_R_64F, x, s.n, s.info.data()));
}

}  // namespace plaquette::cuda
