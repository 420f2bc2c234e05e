#pragma once

#include <cstdint>

#include "plaquette/base/host_device.hpp"

namespace plaquette {

/// Counter-based random numbers: a value is a pure function of where it is used, so that CPU and
/// GPU, any thread count and any restart walk the same chains.
/// Philox4x32-10 of Salmon et al., SC'11 (doi:10.1145/2063384.2063405).

/// What a random number is for; different purposes never share a counter.
enum class Purpose : std::uint32_t { chain_start = 1, exchange_move = 2, initial_parameter = 3 };

struct PhiloxBlock {
  std::uint32_t word[4];
};

namespace detail {

PLAQUETTE_HD constexpr std::uint32_t high_word(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(a) * b) >> 32);
}

}  // namespace detail

/// The raw generator: ten rounds on a 128-bit counter under a 64-bit key.
PLAQUETTE_HD constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::uint64_t key) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53u;
  constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57u;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9u;
  constexpr std::uint32_t kWeyl1 = 0xBB67AE85u;
  std::uint32_t key0 = static_cast<std::uint32_t>(key);
  std::uint32_t key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const PhiloxBlock previous = counter;
    counter.word[0] = detail::high_word(kMultiplier1, previous.word[2]) ^ previous.word[1] ^ key0;
    counter.word[1] = kMultiplier1 * previous.word[2];
    counter.word[2] = detail::high_word(kMultiplier0, previous.word[0]) ^ previous.word[3] ^ key1;
    counter.word[3] = kMultiplier0 * previous.word[0];
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return counter;
}

/// Where a random number is used.
struct RandomKey {
  std::uint32_t chain;  ///< chain, or the element's index
  std::uint64_t sweep;  ///< sweeps since the run began
  std::uint32_t move;   ///< proposal within the sweep; below 2^24
  Purpose purpose;
};

/// The four random words that belong to `where` under `seed`.
PLAQUETTE_HD constexpr PhiloxBlock philox(std::uint64_t seed, RandomKey where) {
  return philox4x32(
      PhiloxBlock{{where.chain, (where.move << 8) | static_cast<std::uint32_t>(where.purpose),
                   static_cast<std::uint32_t>(where.sweep),
                   static_cast<std::uint32_t>(where.sweep >> 32)}},
      seed);
}

/// Uniform in [0, 1) with 53 bits, from words 2 and 3.
PLAQUETTE_HD constexpr double uniform(const PhiloxBlock& block) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(block.word[3]) << 32) | block.word[2];
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

/// Uniform in {0, …, count−1}, from words 0 and 1; the bias is below count·2⁻⁶⁴.
PLAQUETTE_HD constexpr std::uint32_t uniform_index(const PhiloxBlock& block, std::uint32_t count) {
  const std::uint64_t low = static_cast<std::uint64_t>(block.word[0]) * count;
  const std::uint64_t high = static_cast<std::uint64_t>(block.word[1]) * count;
  return static_cast<std::uint32_t>((high + (low >> 32)) >> 32);
}

}  // namespace plaquette
