#include "plaquette/io/subject_results.hpp"

#include <cstdint>
#include <system_error>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/provenance.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

void record_magnet(Results& results, const Subject& subject) {
  record_magnet(results, subject.configuration.job);
  results.text("couplings_from", subject.couplings_from);
}

void record_correlations(Results& results, const Measurement& found, const Lattice& lattice) {
  const Results::Shape grid{static_cast<std::size_t>(lattice.rows),
                            static_cast<std::size_t>(lattice.columns)};
  results.number("staggered_magnetisation_squared", *found.staggered);
  if (found.stripe) results.number("stripe_magnetisation_squared", *found.stripe);
  results.array("spin_correlations", grid, found.spin_correlations);
  results.array("structure_factor", grid, found.structure_factor);
  results.array("bond_energies", {found.bond_energies.size()}, found.bond_energies);
  for (const DimerCorrelations& dimer : found.dimers) {
    results.array("dimer_correlations/" + dimer.kind, grid, dimer.values);
  }
}

void record_maps(Results& results, const AttentionStudy& found) {
  const NetworkShape& shape = found.shape;
  const auto layers = static_cast<std::size_t>(shape.layers);
  const auto heads = static_cast<std::size_t>(shape.heads);
  const auto n = static_cast<std::size_t>(shape.tokens());
  const Results::Shape maps{layers, heads, n, n};
  results.array("mean", maps, found.maps.mean);
  results.array("mean_over_heads", {layers, n, n}, found.mean_over_heads());
  results.array("position", maps, found.position);
  results.array("spread", {layers, heads}, found.maps.spread);
  results.array("spread_by_displacement",
                {layers, heads, static_cast<std::size_t>(shape.token_rows),
                 static_cast<std::size_t>(shape.token_columns)},
                found.maps.spread_by_displacement);
  if (shape.has_query_key()) {
    results.array("softmax", maps, found.maps.softmax);
    results.array("softmax_spread", {layers, heads}, found.maps.softmax_spread);
  }
  if (!found.inputs.empty()) {
    results.array("input_maps", {found.count, layers, heads, n, n}, found.inputs);
  }
}

}  // namespace

Results results_of(const Measurement& found, const Subject& subject) {
  const Job& job = subject.configuration.job;
  Results results;
  record_magnet(results, subject);
  if (job.sampler == SamplerKind::exchange) {
    results.integer("chains", static_cast<std::int64_t>(job.chains));
  }
  results.integer("samples", static_cast<std::int64_t>(found.samples));
  results.number("energy_per_site", found.energy.mean);
  results.number("energy_error", found.energy.error);
  results.number("variance", found.variance.mean);
  results.number("variance_error", found.variance.error);
  results.number("v_score", found.v_score.mean);
  results.number("v_score_error", found.v_score.error);
  results.number("acceptance", found.acceptance);
  results.number("r_hat", found.r_hat);
  results.number("tau", found.tau);
  if (!found.spin_correlations.empty()) {
    record_correlations(results, found, make_lattice(job.lattice, job.L));
  }
  if (subject.directory) results.integer("step", static_cast<std::int64_t>(subject.state.step));
  return results;
}

Results results_of(const AttentionStudy& found, const Subject& subject) {
  const NetworkShape& shape = found.shape;
  Results results;
  record_magnet(results, subject);
  results.text("attention", std::string(word(shape.attention)));
  results.integer("layers", shape.layers);
  results.integer("heads", shape.heads);
  results.integer("token_rows", shape.token_rows);
  results.integer("token_columns", shape.token_columns);
  results.integer("inputs", static_cast<std::int64_t>(found.count));
  record_maps(results, found);
  if (found.freezing) {
    results.number("energy_per_site", found.freezing->energy);
    results.number("frozen_energy_per_site", found.freezing->frozen);
    results.number("freezing_change", found.freezing->change);
  }
  return results;
}

ResultFiles::ResultFiles(const Subject& subject, const std::string& out, const std::string& stem,
                         Overwrite overwrite) {
  if (out.empty() && !subject.directory) return;
  const std::filesystem::path root =
      out.empty() ? subject.directory->root : std::filesystem::path(out);
  if (std::filesystem::exists(root) && !std::filesystem::is_directory(root)) {
    throw InputError(concat("--out ", root.string(), ": is not a directory"));
  }
  json_ = root / (stem + ".json");
  hdf5_ = root / (stem + ".h5");
  for (const std::filesystem::path& file : {*json_, hdf5_}) {
    if (overwrite == Overwrite::no && std::filesystem::exists(file)) {
      throw InputError(concat(file.string(),
                              ": exists; give another --out, or --force to replace "
                              "it"));
    }
  }
}

void ResultFiles::write(const Results& results) const {
  if (!json_) return;
  std::error_code error;
  std::filesystem::create_directories(json_->parent_path(), error);
  if (error) throw IoError(concat("--out ", json_->parent_path().string(), ": ", error.message()));
  results.write(*json_, hdf5_);
}

std::string ResultFiles::message() const {
  return json_ ? concat("written to ", json_->string(), " and ", hdf5_.string()) : "";
}

}  // namespace plaquette
