#pragma once

#include <nlohmann/json.hpp>

#include "fmt/core.h"
#include "plaquette/io/json_text.hpp"

namespace plaquette {

/// The document on stdout.
inline void print_json(const nlohmann::ordered_json& document) {
  fmt::print("{}\n", json_text(document, 2));
}

}  // namespace plaquette
