#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "plaquette/backend/memory_plan.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/vmc/amplitudes.hpp"

namespace plaquette {

/// What a model file or a run directory holds: the network, and how far the run has come. Throws
/// InputError.
nlohmann::ordered_json description_of(const std::filesystem::path& path);

/// One object a configuration, with the local energy where there is one.
nlohmann::ordered_json description_of(const ConfigurationBatch& states, const Amplitudes& found);

/// Bytes by item, and in all.
nlohmann::ordered_json description_of(const MemoryPlan& plan);

}  // namespace plaquette
