#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace plaquette {

/// What a model file or a run directory holds: the network, and how far the run has come. Throws
/// InputError.
nlohmann::ordered_json description_of(const std::filesystem::path& path);

}  // namespace plaquette
