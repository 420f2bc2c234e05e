#include "plaquette/io/description.hpp"

#include <nlohmann/json.hpp>

#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/configuration.hpp"
#include "plaquette/io/model_file.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

nlohmann::ordered_json description_of_model(const std::filesystem::path& path) {
  const Model model = read_model(path);
  return {{"model", path.string()},
          {"lattice", word(model.lattice)},
          {"L", model.L},
          {"patch", model.network.patch},
          {"d_model", model.network.d_model},
          {"heads", model.network.heads},
          {"layers", model.network.layers},
          {"ffn_ratio", model.network.ffn_ratio},
          {"attention", word(model.network.attention)},
          {"translation_invariant", model.network.translation_invariant},
          {"parameter_count", model.parameters.size()}};
}

nlohmann::ordered_json pair(std::complex<double> z) { return {z.real(), z.imag()}; }

}  // namespace

nlohmann::ordered_json description_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return description_of_model(path);
  const RunDirectory directory{path};
  require_run(directory);
  nlohmann::ordered_json found = description_of_model(directory.model());
  const Checkpoint checkpoint = read_checkpoint(directory.checkpoint());
  found["step"] = checkpoint.state.step;
  found["steps"] = read_configuration(directory.configuration()).job.steps;
  found["seconds"] = checkpoint.seconds;
  return found;
}

nlohmann::ordered_json description_of(const ConfigurationBatch& states, const Amplitudes& found) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < states.count(); ++k) {
    nlohmann::ordered_json row{{"configuration", format_configuration(states[k], states.sites())},
                               {"log_psi", pair(found.log_psi[k])}};
    if (!found.local_energies.empty()) row["local_energy"] = pair(found.local_energies[k]);
    rows.push_back(std::move(row));
  }
  return rows;
}

nlohmann::ordered_json description_of(const MemoryPlan& plan) {
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
