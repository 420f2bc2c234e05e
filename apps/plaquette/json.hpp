#pragma once

#include <nlohmann/json.hpp>

#include "fmt/core.h"
#include "plaquette/backend/memory_plan.hpp"
#include "plaquette/io/json_text.hpp"

namespace plaquette {

/// The document on stdout.
inline void print_json(const nlohmann::ordered_json& document) {
  fmt::print("{}\n", json_text(document, 2));
}

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
