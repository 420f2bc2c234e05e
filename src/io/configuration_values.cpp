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

/// The options whose value depends on the magnet.
constexpr const char* kChosenKeys[] = {"marshall",       "patch",      "d-model",
                                       "sampling-power", "chains",     "steps",
                                       "optimizer",      "diag-shift", "diag-shift-end"};

/// Takes one option of `chosen`; the flag that says the same: --marshall, --patch 1.
std::string take(const ConfigurationOption& option, const Configuration& chosen,
                 Configuration& target) {
  std::string value = option.write(chosen);
  std::erase(value, '"');
  option.read(target, value);
  if (option.negation.empty()) return concat("--", option.key, ' ', value);
  return concat("--", value == "true" ? option.key : option.negation);
}

/// Chooses by the magnet what was not given; the flags that say the same.
std::string choose_left_open(const ConfigurationValues& given, Configuration& target) {
  Job& job = target.job;
  std::vector<std::string_view> keys(std::begin(kChosenKeys), std::end(kChosenKeys));
  if (!given.has("symmetry")) {
    job.symmetry = default_symmetry(job);
    keys.insert(keys.begin() + 1, "symmetry");
  }
  Configuration chosen = target;
  chosen.job = default_job(job);
  // A shift that is given alone is meant to stay, not to move towards the end of another's
  // schedule.
  if (given.has("diag-shift") && !given.has("diag-shift-schedule") &&
      !given.has("diag-shift-end")) {
    job.diag_shift_schedule = ScheduleKind::constant;
  }
  std::string flags;
  for (const std::string_view key : keys) {
    if (given.has(key) || (key == "chains" && given.has("samples"))) continue;
    if (!flags.empty()) flags += ' ';
    flags += take(configuration_option(key), chosen, target);
  }
  if (!given.has("chains") && !given.has("samples")) job.samples = job.chains;
  return flags;
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
  configuration.job.symmetry = default_symmetry(configuration.job);
  configuration.job = default_job(configuration.job);
  return configuration;
}

}  // namespace plaquette
