#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <source_location>

/// Extents of a grid or block, as in CUDA.
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

/// Runs CUDA kernels on the host: the threads of a block are fibers, blocks run one after the
/// other. A fiber runs until it waits or ends, and a warp runs as far ahead of the others as
/// barriers let it, so an access that no barrier orders gives different results in different thread
/// orders, or reads the NaN bytes that shared memory starts with.
namespace plaquette::simt {

/// What sm_90 offers a block.
inline constexpr std::size_t kSharedMemoryLimit = 227 * 1024;
inline constexpr unsigned kWarpSize = 32;

struct ThreadOrder {
  enum class Kind { forward, reverse, shuffled };
  Kind kind = Kind::forward;
  std::uint64_t seed = 0;  ///< of `shuffled`
};

/// Order of threads, and of blocks, of every grid launched from now on.
void set_thread_order(ThreadOrder order);

struct GridShape {
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes;
};

/// Calls `thread` once for every thread of the grid. Throws what a thread throws, and
/// std::logic_error where threads of a block wait at different barriers, or where one has ended
/// and others wait, or the shape is beyond the device's.
void run_grid(const GridShape& shape, const std::function<void()>& thread);

/// Indices of the thread that is running.
struct ThreadPlace {
  dim3 thread, block, block_extent, grid_extent;
};
const ThreadPlace& this_thread();

using Site = std::source_location;

/// Waits for all threads of the block.
void block_barrier(const Site& site);
/// Waits for the lanes in `mask` that have not ended.
void warp_barrier(unsigned mask, const Site& site);
unsigned lane();
std::byte* dynamic_shared_memory();

/// An exchange of up to 8 bytes between the lanes of `mask`: deposit, read what others have given,
/// withdraw. `given` throws std::logic_error if lane `from` takes no part.
void deposit(unsigned mask, const void* value, std::size_t bytes, const Site& site);
const void* given(unsigned from);
void withdraw(unsigned mask, const Site& site);

/// `value` of lane `from`.
template <class T>
T shuffle(unsigned mask, T value, unsigned from, const Site& site) {
  static_assert(sizeof(T) <= 8);
  deposit(mask, &value, sizeof(T), site);
  std::memcpy(&value, given(from), sizeof(T));
  withdraw(mask, site);
  return value;
}

/// One bit a lane: whether its predicate holds.
unsigned ballot(unsigned mask, bool predicate, const Site& site);

}  // namespace plaquette::simt
