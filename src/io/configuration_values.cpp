#include "plaquette/io/configuration_values.hpp"

#include <algorithm>

#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/vmc/default_job.hpp"

namespace plaquette {

void ConfigurationValues::add(const ConfigurationOption& option, std::string text,
                              std::string origin) {
  values_.push_back({&option, std::move(text), std::move(origin)});
}

void ConfigurationValues::add(ConfigurationValues later) {
  std::move(later.values_.begin(), later.values_.end(), std::back_inserter(values_));
}

bool ConfigurationValues::has(std::string_view key) const {
  return std::any_of(values_.begin(), values_.end(),
                     [&](const Value& value) { return value.option->key == key; });
}

void ConfigurationValues::apply(Configuration& target) const {
  for (const Value& value : values_) {
    try {
      value.option->read(target, value.text);
    } catch (const InputError& error) {
      throw InputError(concat(value.origin, ": ", error.what()));
    }
  }
}

void resolve_couplings(const ConfigurationValues& given, Configuration& target) {
  Couplings& couplings = target.job.couplings;
  if (given.has("bonds") && !target.bonds_file.empty()) {
    const Lattice lattice = make_lattice(target.job.lattice, target.job.L);
    couplings.bonds = read_bonds(target.bonds_file, lattice.sites());
  } else if (given.has("J1") || given.has("J2") || given.has("bonds")) {
    couplings.bonds.clear();
    target.bonds_file.clear();
  }
}

namespace {

void resolve_magnet(const ConfigurationValues& given, Configuration& target) {
  // A size that no lattice has must not hide behind what follows from it.
  (void)make_lattice(target.job.lattice, target.job.L);
  resolve_couplings(given, target);
}

/// What follows from other options.
void resolve_the_rest(const ConfigurationValues& given, Configuration& target) {
  Job& job = target.job;
  // Of the chains and the samples, one that was not given follows the other.
  if (given.has("chains") && !given.has("samples")) job.samples = job.chains;
  if (given.has("samples") && !given.has("chains")) job.chains = job.samples;
  if (job.schedule_steps == 0) job.schedule_steps = job.steps;
  if (target.checkpoint_every < 1) {
    throw InputError(
        concat("--checkpoint-every ", target.checkpoint_every, ": must be at least 1"));
  }
  if (!(target.checkpoint_minutes > 0)) {
    throw InputError(
        concat("--checkpoint-minutes ", target.checkpoint_minutes, ": must be above 0"));
  }
}

/// Chooses by the magnet what was not given; the flags that say the same.
std::string choose_left_open(const ConfigurationValues& given, Configuration& target) {
  Job& job = target.job;
  std::string chosen;
  const auto choose = [&](std::string_view key, auto& field, auto value, const auto& flag) {
    if (given.has(key)) return;
    field = value;
    chosen += (chosen.empty() ? "" : " ") + std::string(flag);
  };
  const bool marshall = default_marshall(job);
  choose("marshall", job.couplings.marshall, marshall, marshall ? "--marshall" : "--no-marshall");
  const SymmetryChoice symmetry = default_symmetry(job);
  choose("symmetry", job.symmetry, symmetry, concat("--symmetry ", symmetry_text(symmetry)));
  const int patch = default_patch(job);
  choose("patch", job.network.patch, patch, concat("--patch ", patch));
  const int d_model = default_d_model(job);
  choose("d-model", job.network.d_model, d_model, concat("--d-model ", d_model));
  const double power = default_sampling_power(job);
  choose("sampling-power", job.sampling_power, power, concat("--sampling-power ", power));
  if (!given.has("chains") && !given.has("samples")) {
    const std::size_t chains = default_chains(job);
    choose("chains", job.chains, chains, concat("--chains ", chains));
    job.samples = chains;
  }
  const int steps = default_steps(job);
  choose("steps", job.steps, steps, concat("--steps ", steps));
  // A shift that is given alone is meant to stay, not to move towards the end of another's
  // schedule.
  if (given.has("diag-shift") && !given.has("diag-shift-schedule") &&
      !given.has("diag-shift-end")) {
    job.diag_shift_schedule = ScheduleKind::constant;
  }
  return chosen;
}
}  // namespace

void resolve(const ConfigurationValues& given, Configuration& target) {
  resolve_magnet(given, target);
  resolve_the_rest(given, target);
}

std::string resolve_search(const ConfigurationValues& given, Configuration& target) {
  resolve_magnet(given, target);
  std::string chosen = choose_left_open(given, target);
  resolve_the_rest(given, target);
  return chosen;
}

Configuration default_configuration() {
  Configuration configuration;
  configuration.job = default_job();
  return configuration;
}

}  // namespace plaquette
