#pragma once

#include <vector>

#include "cuda/device_memory.hpp"
#include "kernels/position_map.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/position_lists.hpp"

namespace plaquette::cuda {

/// PositionLists in device memory.
class DevicePositionLists {
 public:
  DevicePositionLists(const NetworkShape& shape, cudaStream_t stream)
      : DevicePositionLists(PositionLists(shape), stream) {}

  const PositionMap& map() const { return map_; }
  TensorView<const std::int32_t, 2> forward() const { return index(map_.forward); }
  TensorView<const std::int32_t, 2> backward() const { return index(map_.backward); }

 private:
  DevicePositionLists(const PositionLists& lists, cudaStream_t stream)
      : pairs_(lists.tokens * lists.tokens),
        positions_(joined(lists), stream),
        map_{lists.tokens, lists.positions, lists.pairs_per_position, list(0), list(1),
             list(2),      list(3)} {}

  static std::vector<std::int32_t> joined(const PositionLists& lists) {
    std::vector<std::int32_t> all;
    for (const auto* list : {&lists.forward, &lists.backward, &lists.pair_i, &lists.pair_j}) {
      all.insert(all.end(), list->begin(), list->end());
    }
    return all;
  }
  const std::int32_t* list(std::size_t number) const { return positions_.data() + number * pairs_; }
  TensorView<const std::int32_t, 2> index(const std::int32_t* positions) const {
    return TensorView<const std::int32_t, 2>(positions, map_.tokens, map_.tokens);
  }

  std::size_t pairs_;                     // n²
  DeviceBuffer<std::int32_t> positions_;  // forward, backward, pair_i, pair_j: n² numbers each
  PositionMap map_;
};

}  // namespace plaquette::cuda
