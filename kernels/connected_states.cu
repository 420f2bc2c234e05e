#include "kernels/connected_states.h"

#include <limits>

#include "kernels/warp.cuh"

/// A warp walks the bonds of one sample 32 at a time and votes on which of them connect: the vote
/// counts them, and tells every lane where in the list its bond goes, in the order of bonds. The
/// sample's words and the bonds are read by all warps and stay in cache.

namespace plaquette::cuda {
namespace {

constexpr int kRowsPerBlock = 4;
constexpr int kThreads = 128;

/// Whether bond number `bond` exists and connects `state` to another state.
__device__ bool connects(const BondList& bonds, std::uint32_t bond, const std::uint64_t* state) {
  return bond < bonds.count && antiparallel(state, bonds.bonds[bond].i, bonds.bonds[bond].j);
}

__global__ void count_kernel(std::uint32_t* counts, const std::uint64_t* samples,
                             std::size_t sample_count, int words, BondList bonds) {
  const auto [sample, lane] = WarpRow::mine();
  if (sample > sample_count) return;
  std::uint32_t count = 0;
  if (sample < sample_count) {
    const std::uint64_t* state = samples + sample * words;
    for (std::uint32_t first = 0; first < bonds.count; first += kWarp) {
      count += __popc(__ballot_sync(kAllLanes, connects(bonds, first + lane, state)));
    }
  }
  if (lane == 0) counts[sample] = count;
}

__global__ void list_kernel(ConnectedState* list, const std::uint32_t* offsets,
                            const std::uint64_t* samples, std::size_t sample_count, int words,
                            BondList bonds) {
  const auto [sample, lane] = WarpRow::mine();
  if (sample >= sample_count) return;
  const std::uint64_t* state = samples + sample * words;
  std::size_t next = offsets[sample];
  for (std::uint32_t first = 0; first < bonds.count; first += kWarp) {
    const bool mine = connects(bonds, first + lane, state);
    const unsigned connecting = __ballot_sync(kAllLanes, mine);
    const unsigned before_mine = connecting & ((1u << lane) - 1u);
    if (mine) list[next + __popc(before_mine)] = {static_cast<std::uint32_t>(sample), first + lane};
    next += __popc(connecting);
  }
}

__global__ void configurations_kernel(std::uint64_t* out, const ConnectedState* list,
                                      std::size_t begin, const std::uint64_t* samples,
                                      std::size_t batch, int words, BondList bonds) {
  const std::size_t element = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::size_t row = element / words;
  if (row >= batch) return;
  const int word = static_cast<int>(element % words);
  const ConnectedState connected = list[begin + row];
  const Bond& bond = bonds.bonds[connected.bond];
  // exchange_spins on the one word that this thread owns.
  std::uint64_t bits = samples[static_cast<std::size_t>(connected.sample) * words + word];
  if (bond.i >> 6 == word) bits ^= std::uint64_t{1} << (bond.i & 63);
  if (bond.j >> 6 == word) bits ^= std::uint64_t{1} << (bond.j & 63);
  out[element] = bits;
}

/// The list names samples, and its offsets count states, in 32 bits.
void require_countable(std::size_t samples, BondList bonds) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  require_at_most("samples", samples, bonds.count == 0 ? kMost : kMost / bonds.count);
}

}  // namespace

void count_connected(std::uint32_t* counts, TensorView<const std::uint64_t, 2> samples,
                     BondList bonds, cudaStream_t stream) {
  require_countable(samples.extent(0), bonds);
  const std::size_t rows = samples.extent(0) + 1;
  launch(count_kernel, {blocks_for(rows, kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         counts, samples.data(), samples.extent(0), samples.extent(1), bonds);
}

void list_connected(ConnectedState* list, const std::uint32_t* offsets,
                    TensorView<const std::uint64_t, 2> samples, BondList bonds,
                    cudaStream_t stream) {
  require_countable(samples.extent(0), bonds);
  launch(list_kernel,
         {blocks_for(samples.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         list, offsets, samples.data(), samples.extent(0), samples.extent(1), bonds);
}

void connected_configurations(TensorView<std::uint64_t, 2> out, const ConnectedState* list,
                              std::size_t begin, TensorView<const std::uint64_t, 2> samples,
                              BondList bonds, cudaStream_t stream) {
  require_shape("out", out, {out.extent(0), samples.extent(1)});
  launch(configurations_kernel, {blocks_for(out.size(), kThreads), kThreads, 0, stream}, out.data(),
         list, begin, samples.data(), out.extent(0), out.extent(1), bonds);
}

}  // namespace plaquette::cuda
