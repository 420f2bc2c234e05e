#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace plaquette {

/// The document with so many blanks of indentation; on one line if that is negative. Names of files
/// need not be UTF-8, JSON must be: what is not is written as U+FFFD.
std::string json_text(const nlohmann::ordered_json& document, int indentation);

}  // namespace plaquette
