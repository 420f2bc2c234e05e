#pragma once

#include <algorithm>
#include <cstddef>

namespace plaquette {

/// Half-open range of indices.
struct IndexRange {
  std::size_t begin;
  std::size_t end;
  std::size_t size() const { return end - begin; }
};

/// Cuts [0, total) into pieces of `piece` elements, the last one shorter. The cut depends on the
/// problem alone, never on the thread count or a memory limit: that is what keeps every sum, and
/// so every result, the same on any machine share.
struct FixedPartition {
  std::size_t total;
  std::size_t piece;

  std::size_t count() const { return (total + piece - 1) / piece; }
  IndexRange operator[](std::size_t index) const {
    return {index * piece, std::min(total, (index + 1) * piece)};
  }
};

}  // namespace plaquette
