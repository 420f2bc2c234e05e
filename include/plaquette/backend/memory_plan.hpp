#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace plaquette {

/// What a backend will hold, decided from shapes and the limit before anything is allocated.
struct MemoryPlan {
  struct Item {
    std::string name;
    std::size_t bytes;
  };
  std::vector<Item> items;
  std::size_t limit = 0;  ///< bytes it may use
  /// Columns and samples of the log-derivative matrix held at once; P and M if all of it fits.
  std::size_t parameters_per_block = 0;
  std::size_t samples_per_block = 0;

  std::size_t total() const {
    std::size_t sum = 0;
    for (const Item& item : items) sum += item.bytes;
    return sum;
  }
};

}  // namespace plaquette
