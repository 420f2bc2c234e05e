#include "plaquette/io/run_summary.hpp"
#include "plaquette/io/json_text.hpp"

#include <nlohmann/json.hpp>

#include "plaquette/io/atomic_file.hpp"

namespace plaquette {

std::string to_json(const RunSummary& summary) {
  const StepRecord& found = summary.measured;
  nlohmann::ordered_json json;
  json["energy_per_site"] = found.energy;
  json["energy_error"] = found.energy_error;
  json["variance"] = found.variance;
  json["v_score"] = found.v_score;
  json["acceptance"] = found.acceptance;
  json["steps"] = summary.steps;
  json["seconds"] = summary.seconds;
  json["parameter_count"] = summary.parameters;
  json["symmetry"] = summary.symmetry;
  json["backend"] = summary.backend;
  json["version"] = summary.version;
  return json_text(json, 2);
}

void write_summary(const RunDirectory& directory, const RunSummary& summary) {
  write_text_atomically(directory.summary(), to_json(summary) + "\n");
}

}  // namespace plaquette
