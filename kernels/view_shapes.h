#pragma once

#include <cstddef>
#include <source_location>
#include <stdexcept>
#include <string>

#include "plaquette/base/errors.hpp"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/gradient_block.hpp"

namespace plaquette::cuda {

/// What launchers ask of their arguments before a kernel reads past an end. All throw
/// std::logic_error that names the launcher's file and line, the argument and the values.

template <int Rank>
std::string shape_text(const std::size_t (&extents)[Rank]) {
  std::string text = "(";
  for (const std::size_t extent : extents) text += concat(text == "(" ? "" : ", ", extent);
  return text + ")";
}

/// `view` has these extents.
template <class T, int Rank>
void require_shape(const char* name, const TensorView<T, Rank>& view,
                   const std::size_t (&extents)[Rank],
                   std::source_location where = std::source_location::current()) {
  std::size_t own[Rank];
  bool same = true;
  for (int axis = 0; axis < Rank; ++axis) {
    own[axis] = view.extent(axis);
    same = same && own[axis] == extents[axis];
  }
  if (same) return;
  throw std::logic_error(concat(where.file_name(), ':', where.line(), ": ", name, " is ",
                                shape_text(own), ", must be ", shape_text(extents)));
}

/// `whole` is a multiple of `part`; none of either will do.
inline void require_multiple(const char* name, std::size_t whole, std::size_t part,
                             std::source_location where = std::source_location::current()) {
  if (part == 0 ? whole == 0 : whole % part == 0) return;
  throw std::logic_error(concat(where.file_name(), ':', where.line(), ": ", name, " is ", whole,
                                ", must be a multiple of ", part));
}

/// `count` is at most `limit`.
inline void require_at_most(const char* name, std::size_t count, std::size_t limit,
                            std::source_location where = std::source_location::current()) {
  if (count <= limit) return;
  throw std::logic_error(concat(where.file_name(), ':', where.line(), ": ", name, " is ", count,
                                ", must be at most ", limit));
}

/// 64-bit words of a configuration.
inline std::size_t words_holding(std::size_t sites) { return sites / 64 + (sites % 64 != 0); }

/// The block has rows for `batch` samples, as long as its columns.
template <class Out>
void require_room(const GradientBlock<Out>& block, std::size_t batch,
                  std::source_location where = std::source_location::current()) {
  require_at_most("first_sample + batch", block.first_sample + batch, block.samples, where);
  require_at_most("end - begin", block.end - block.begin, block.row_stride, where);
}

}  // namespace plaquette::cuda
