#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/launch.cuh"
#include "kernels/warp.cuh"
#include "simt/simt_test.hpp"

/// What the executor promises: it runs right kernels right in every order of threads, and shows
/// what is wrong with wrong ones.

namespace plaquette::test {
namespace {

constexpr int kThreads = 64;

template <bool kHasBarrier>
__global__ void reverse_kernel(float* out, const float* in) {
  __shared__ float values[kThreads];
  values[threadIdx.x] = in[threadIdx.x];
  if (kHasBarrier) __syncthreads();
  out[threadIdx.x] = values[kThreads - 1 - threadIdx.x];
}

/// Whether a kernel that reverses 64 numbers does so.
bool reverses(void (*kernel)(float*, const float*)) {
  const auto in = random_numbers<float>(kThreads, 1);
  FencedBuffer<float> out(kThreads);
  cuda::launch(kernel, {1, kThreads, 0, nullptr}, out.data(), in.data());
  return std::equal(in.rbegin(), in.rend(), out.data());
}

TEST(Executor, RunsAKernelWithBarriersInEveryOrder) {
  over_thread_orders([] { EXPECT_TRUE(reverses(reverse_kernel<true>)); });
}

TEST(Executor, ShowsAMissingBarrier) {
  over_thread_orders([] { EXPECT_FALSE(reverses(reverse_kernel<false>)); });
}

template <bool kHasBarrier>
__global__ void rotate_in_place_kernel(float* out, const float* in) {
  __shared__ float values[kThreads];
  values[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  const float mine = values[kThreads - 1 - threadIdx.x];
  if (kHasBarrier) __syncthreads();
  values[threadIdx.x] = mine;
  __syncthreads();
  out[threadIdx.x] = values[threadIdx.x];
}

TEST(Executor, ShowsAnOverwriteBeforeEverybodyHasRead) {
  over_thread_orders([] {
    EXPECT_TRUE(reverses(rotate_in_place_kernel<true>));
    EXPECT_FALSE(reverses(rotate_in_place_kernel<false>));
  });
}

template <bool kHasBarrier>
__global__ void neighbour_lane_kernel(float* out, const float* in) {
  __shared__ float values[kThreads];
  values[threadIdx.x] = in[threadIdx.x];
  if (kHasBarrier) __syncwarp();
  out[threadIdx.x] = values[threadIdx.x ^ 1u];
}

TEST(Executor, ShowsAMissingWarpBarrier) {
  const auto in = random_numbers<float>(kThreads, 2);
  const auto right = [&](auto* kernel) {
    FencedBuffer<float> out(kThreads);
    cuda::launch(kernel, {1, kThreads, 0, nullptr}, out.data(), in.data());
    for (int k = 0; k < kThreads; ++k) {
      if (!(out[k] == in[k ^ 1])) return false;
    }
    return true;
  };
  over_thread_orders([&] {
    EXPECT_TRUE(right(neighbour_lane_kernel<true>));
    EXPECT_FALSE(right(neighbour_lane_kernel<false>));
  });
}

template <bool kHasBarrier>
__global__ void sum_then_overwrite_kernel(float* out, const float* in) {
  __shared__ float values[kThreads];
  values[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = values[kThreads - 1 - threadIdx.x];
  if (kHasBarrier) __syncthreads();
  values[threadIdx.x] = cuda::warp_sum(1.0f);  // a warp's exchange keeps no other warp waiting
}

TEST(Executor, ShowsThatAWarpMayRunAhead) {
  over_thread_orders([] {
    EXPECT_TRUE(reverses(sum_then_overwrite_kernel<true>));
    EXPECT_FALSE(reverses(sum_then_overwrite_kernel<false>));
  });
}

/// The message of the error that a kernel ends with.
template <class Kernel>
std::string failure_of(Kernel* kernel, unsigned threads) {
  try {
    cuda::launch(kernel, {1, threads, 0, nullptr});
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

__global__ void half_waits_kernel() {
  if (threadIdx.x < 32) __syncthreads();
}
__global__ void two_barriers_kernel() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}
__global__ void half_shuffles_kernel() {
  if (threadIdx.x < 16) __shfl_xor_sync(cuda::kAllLanes, 1, 1);
  __syncthreads();
}
__global__ void reads_an_absent_lane_kernel() { __shfl_sync(0x0000ffffu, 1, 20); }
__global__ void throws_kernel() {
  __syncthreads();
  if (threadIdx.x == 5) throw InputError("thread 5");
  __syncthreads();
}

TEST(Executor, ShowsADivergentBarrier) {
  over_thread_orders([] {
    EXPECT_NE(failure_of(half_waits_kernel, 64).find("divergent barrier"), std::string::npos);
    EXPECT_NE(failure_of(half_waits_kernel, 64).find("has ended"), std::string::npos);
    EXPECT_NE(failure_of(two_barriers_kernel, 64).find("divergent barrier"), std::string::npos);
    EXPECT_NE(failure_of(half_shuffles_kernel, 32).find("divergent barrier"), std::string::npos);
    EXPECT_NE(failure_of(reads_an_absent_lane_kernel, 16).find("lane 20"), std::string::npos);
    EXPECT_EQ(failure_of(throws_kernel, 64), "thread 5");
  });
}

__global__ void shared_start_kernel(double* out) {
  __shared__ double fixed[2];
  const double* dynamic = cuda::dynamic_shared<double>();
  out[2 * blockIdx.x] = fixed[1];
  out[2 * blockIdx.x + 1] = dynamic[1];
  __syncthreads();
  fixed[1] = 1;
  cuda::dynamic_shared<double>()[1] = 1;
}

TEST(Executor, SharedMemoryStartsAsNaNInEveryBlock) {
  FencedBuffer<double> out(6);
  cuda::launch(shared_start_kernel, {3, 1, 2 * sizeof(double), nullptr}, out.data());
  for (std::size_t k = 0; k < out.size(); ++k) EXPECT_TRUE(std::isnan(out[k])) << k;
}

__global__ void indices_kernel(unsigned* out) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] += 1;
}

TEST(Executor, VisitsEveryIndexOnce) {
  std::vector<unsigned> visits(2 * 3 * 4 * 5 * 2 * 3, 0);
  cuda::launch(indices_kernel, {dim3(2, 3, 4), dim3(5, 2, 3), 0, nullptr}, visits.data());
  for (const unsigned count : visits) EXPECT_EQ(count, 1u);
}

__global__ void warp_kernel(double* sums, float* largest, unsigned* votes, unsigned* total) {
  const unsigned lane = threadIdx.x % 32;
  const unsigned warp = threadIdx.x / 32;
  const double sum = cuda::warp_sum(static_cast<double>(threadIdx.x));
  const float most = cuda::warp_max(-static_cast<float>(threadIdx.x));
  const unsigned vote = __ballot_sync(cuda::kAllLanes, lane % 3 == 0);
  sums[threadIdx.x] = sum;
  if (lane == 0) largest[warp] = most;
  if (lane == 0) votes[warp] = vote;
  if (lane == 31) atomicAdd(total, static_cast<unsigned>(__popc(vote)));
}

TEST(Executor, WarpsExchangeAndVote) {
  over_thread_orders([] {
    FencedBuffer<double> sums(64);
    FencedBuffer<float> largest(2);
    FencedBuffer<unsigned> votes(2);
    unsigned total = 0;
    cuda::launch(warp_kernel, {1, 64, 0, nullptr}, sums.data(), largest.data(), votes.data(),
                 &total);
    for (int k = 0; k < 64; ++k) EXPECT_EQ(sums[k], k < 32 ? 496 : 1520);
    EXPECT_EQ(largest[1], -32.0f);
    EXPECT_EQ(votes[0], 0x49249249u);
    EXPECT_EQ(total, 22u);
    EXPECT_TRUE(sums.fences_intact() && largest.fences_intact() && votes.fences_intact());
  });
}

#if defined(__SANITIZE_ADDRESS__)
__global__ void stray_kernel(double* out, int shared_index, int global_index) {
  auto* shared = cuda::dynamic_shared<double>();
  shared[shared_index] = 1;
  __syncthreads();
  out[global_index] = shared[0];
}

/// The sanitizer sees what kernels do to shared and global memory, on their fibers.
TEST(ExecutorDeathTest, StrayWritesEndTheProgram) {
  const auto run = [](int shared_index, int global_index) {
    FencedBuffer<double> out(3);
    cuda::launch(stray_kernel, {1, 2, 2 * sizeof(double), nullptr}, out.data(), shared_index,
                 global_index);
  };
  EXPECT_NO_FATAL_FAILURE(run(0, 2));
  EXPECT_DEATH(run(2, 0), "heap-buffer-overflow");
  EXPECT_DEATH(run(0, 3), "use-after-poison");
  EXPECT_DEATH(run(0, -1), "use-after-poison");
}
#endif

TEST(Executor, RefusesWhatNoDeviceRuns) {
  EXPECT_THROW(cuda::launch(throws_kernel, {1, 1025, 0, nullptr}), std::logic_error);
  EXPECT_THROW(cuda::launch(throws_kernel, {dim3(1, 65536), 1, 0, nullptr}), std::logic_error);
  EXPECT_THROW(cuda::launch(throws_kernel, {1, 1, 228 * 1024, nullptr}), std::logic_error);
  EXPECT_NO_THROW(cuda::launch(throws_kernel, {0, 64, 0, nullptr}));  // no blocks, no launch
}

}  // namespace
}  // namespace plaquette::test
