#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/base/host_device.hpp"

namespace plaquette {

/// A configuration is N spins packed into 64-bit words: bit i of the sequence is 1 for s_i = +1
/// (Sᶻ = +½) and 0 for s_i = −1. Unused high bits are 0.

PLAQUETTE_HD constexpr int words_for(int sites) { return (sites + 63) / 64; }

PLAQUETTE_HD constexpr bool spin_up(const std::uint64_t* words, int site) {
  return (words[site >> 6] >> (site & 63)) & 1u;
}

/// s_i = ±1.
PLAQUETTE_HD constexpr int spin(const std::uint64_t* words, int site) {
  return spin_up(words, site) ? 1 : -1;
}

PLAQUETTE_HD constexpr bool antiparallel(const std::uint64_t* words, int i, int j) {
  return spin_up(words, i) != spin_up(words, j);
}

/// Exchanges two antiparallel spins, which is flipping both.
PLAQUETTE_HD constexpr void exchange_spins(std::uint64_t* words, int i, int j) {
  words[i >> 6] ^= std::uint64_t{1} << (i & 63);
  words[j >> 6] ^= std::uint64_t{1} << (j & 63);
}

/// Owns a batch of configurations on the host, one after the other.
class ConfigurationBatch {
 public:
  ConfigurationBatch() = default;
  ConfigurationBatch(int sites, std::size_t count)
      : sites_(sites), count_(count), words_(count * words_for(sites), 0) {}
  /// Adopts packed words. Throws std::logic_error if their number does not fit.
  ConfigurationBatch(int sites, std::vector<std::uint64_t> words)
      : sites_(sites), count_(words.size() / words_for(sites)), words_(std::move(words)) {
    PLAQUETTE_REQUIRE(words_.size() == count_ * words_for(sites), words_.size(), " words");
  }

  int sites() const { return sites_; }
  int words_per_configuration() const { return words_for(sites_); }
  std::size_t count() const { return count_; }
  std::uint64_t* operator[](std::size_t k) { return words_.data() + k * words_for(sites_); }
  const std::uint64_t* operator[](std::size_t k) const {
    return words_.data() + k * words_for(sites_);
  }
  const std::vector<std::uint64_t>& words() const { return words_; }

 private:
  int sites_ = 0;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> words_;  // (count, words_for(sites))
};

/// Σ_i s_i, twice the magnetisation.
inline int spin_sum(const std::uint64_t* words, int sites) {
  int sum = 0;
  for (int i = 0; i < sites; ++i) sum += spin(words, i);
  return sum;
}

/// Reads `+`/`-` or `1`/`0`, one character a site, into `words`. Throws InputError that names the
/// length, character or magnetisation that is wrong; only Σ s = 0 is accepted.
inline void parse_configuration(std::string_view text, int sites, std::uint64_t* words) {
  if (static_cast<int>(text.size()) != sites) {
    throw InputError(concat("configuration has ", text.size(), " characters, the lattice has ",
                            sites, " sites"));
  }
  for (int w = 0; w < words_for(sites); ++w) words[w] = 0;
  for (int i = 0; i < sites; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c != '+' && c != '-' && c != '1' && c != '0') {
      throw InputError(concat("configuration has the character '", c, "' at site ", i,
                              "; allowed are + and -, or 1 and 0"));
    }
    if (c == '+' || c == '1') words[i >> 6] |= std::uint64_t{1} << (i & 63);
  }
  if (const int sum = spin_sum(words, sites); sum != 0) {
    throw InputError(concat("configuration has ", (sites + sum) / 2, " up and ", (sites - sum) / 2,
                            " down spins; the Sz = 0 sector has ", sites / 2, " of each"));
  }
}

/// The `+`/`-` form of a configuration.
inline std::string format_configuration(const std::uint64_t* words, int sites) {
  std::string text(static_cast<std::size_t>(sites), '-');
  for (int i = 0; i < sites; ++i) {
    if (spin_up(words, i)) text[static_cast<std::size_t>(i)] = '+';
  }
  return text;
}

}  // namespace plaquette
