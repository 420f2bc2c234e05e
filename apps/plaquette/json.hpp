#pragma once

#include <nlohmann/json.hpp>

#include "plaquette/backend/memory_plan.hpp"

namespace plaquette {

inline nlohmann::ordered_json memory_plan_json(const MemoryPlan& plan) {
  nlohmann::ordered_json items = nlohmann::ordered_json::array();
  for (const MemoryPlan::Item& item : plan.items) {
    items.push_back({{"name", item.name}, {"bytes", item.bytes}});
  }
  return {{"items", items},
          {"total_bytes", plan.total()},
          {"limit_bytes", plan.limit},
          {"parameters_per_block", plan.parameters_per_block}};
}

}  // namespace plaquette
