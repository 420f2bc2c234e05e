#include "plaquette/io/json_text.hpp"

#include <nlohmann/json.hpp>

namespace plaquette {

std::string json_text(const nlohmann::ordered_json& document, int indentation) {
  return document.dump(indentation, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace plaquette
