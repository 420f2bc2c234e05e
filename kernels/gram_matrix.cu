#include "kernels/gram_matrix.h"

#include "kernels/warp.cuh"

/// Mirroring goes through shared memory in 32×32 tiles, so that both the read of the lower triangle
/// and the write of the upper one are coalesced; tiles are padded by a column against bank
/// conflicts. Blocks above the diagonal have nothing to read and end at once.

namespace plaquette::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kTileRows = 8;
constexpr int kThreads = 256;

__global__ void mirror_kernel(double* matrix, std::size_t n) {
  __shared__ double tile[kTile][kTile + 1];
  if (blockIdx.x > blockIdx.y) return;
  const std::size_t first_row = static_cast<std::size_t>(blockIdx.y) * kTile;
  const std::size_t first_column = static_cast<std::size_t>(blockIdx.x) * kTile;
  for (int t = static_cast<int>(threadIdx.y); t < kTile; t += kTileRows) {
    const std::size_t i = first_row + t;
    const std::size_t j = first_column + threadIdx.x;
    if (i < n && j < i) tile[t][threadIdx.x] = matrix[i * n + j];
  }
  __syncthreads();
  for (int t = static_cast<int>(threadIdx.y); t < kTile; t += kTileRows) {
    const std::size_t i = first_column + t;
    const std::size_t j = first_row + threadIdx.x;
    if (j < n && i < j) matrix[i * n + j] = tile[threadIdx.x][t];
  }
}

__global__ void copy_diagonal_kernel(double* diagonal, const double* matrix, std::size_t n) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) diagonal[i] = matrix[i * n + i];
}

__global__ void set_shifted_diagonal_kernel(double* matrix, const double* diagonal, double shift,
                                            std::size_t n) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) matrix[i * n + i] = diagonal[i] + shift;
}

}  // namespace

void mirror_lower_triangle(TensorView<double, 2> matrix, cudaStream_t stream) {
  const std::size_t n = matrix.extent(0);
  require_shape("matrix", matrix, {n, n});
  const dim3 grid(blocks_for(n, kTile), blocks_for(n, kTile, kMostBlocksAcross));
  launch(mirror_kernel, {grid, dim3(kTile, kTileRows), 0, stream}, matrix.data(), n);
}

void copy_diagonal(double* diagonal, TensorView<const double, 2> matrix, cudaStream_t stream) {
  const std::size_t n = matrix.extent(0);
  require_shape("matrix", matrix, {n, n});
  launch(copy_diagonal_kernel, {blocks_for(n, kThreads), kThreads, 0, stream}, diagonal,
         matrix.data(), n);
}

void set_shifted_diagonal(TensorView<double, 2> matrix, const double* diagonal, double shift,
                          cudaStream_t stream) {
  const std::size_t n = matrix.extent(0);
  require_shape("matrix", matrix, {n, n});
  launch(set_shifted_diagonal_kernel, {blocks_for(n, kThreads), kThreads, 0, stream}, matrix.data(),
         diagonal, shift, n);
}

}  // namespace plaquette::cuda
