#include "job_options.hpp"

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "plaquette/backend/registry.hpp"
#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/symmetry_text.hpp"

namespace plaquette {
namespace {

/// Keys that say how to run, not what to compute. Of `bonds` the content counts, not the name.
const std::set<std::string> kHowToRun = {"steps", "backend", "threads", "memory-limit", "stage",
                                         "checkpoint-every", "checkpoint-minutes", "initial-model",
                                         "bonds",
                                         // A run may be continued with another projection.
                                         "symmetry"};

void define_physics(Options& options, JobOptions& target) {
  options.word("--lattice", target.job.lattice, "lattice");
  options.integer("--L", target.job.L, "linear size, even");
  define_couplings(options, target.job.couplings, target.bonds_file);
}

void define_network(Options& options, NetworkChoice& network) {
  options.integer("--patch", network.patch, "patch size b, divides L");
  options.integer("--d-model", network.d_model, "channels d");
  options.integer("--heads", network.heads, "heads h, divides d");
  options.integer("--layers", network.layers, "encoder layers");
  options.integer("--ffn-ratio", network.ffn_ratio, "hidden width of the FFN over d");
  options.word("--attention", network.attention, "attention mechanism");
  options.flag("--translation-invariant", network.translation_invariant,
               "position tables depend on differences (default), or on pairs of patches",
               "--no-translation-invariant");
}

void define_optimisation(Options& options, Job& job) {
  options.integer("--steps", job.steps, "optimisation steps");
  options.word("--optimizer", job.optimizer, "optimiser");
  options.number("--learning-rate", job.learning_rate, "learning rate");
  options.word("--schedule", job.schedule, "learning-rate schedule");
  options.integer("--schedule-steps", job.schedule_steps, "length of the schedules; 0: --steps");
  options.integer("--schedule-start", job.schedule_start, "step from which the schedules run");
  options.number("--diag-shift", job.diag_shift, "diagonal shift");
  options.word("--diag-shift-schedule", job.diag_shift_schedule, "diagonal-shift schedule");
  options.number("--diag-shift-end", job.diag_shift_end, "where that schedule ends");
  options.number("--momentum", job.momentum, "momentum of spring and march");
  options.number("--march-decay", job.march_decay, "decay of march's second moment");
  options.number("--norm-limit", job.norm_limit, "spring: cap on an update's length; 0: none");
}

void define_precision(Options& options, PrecisionPolicy& policy) {
  options.define(
      "--precision", "arithmetic of the network (" + allowed_words<Precision>() + ")",
      [&policy](const std::string& given) {
        const std::optional<Precision> parsed = parse_word<Precision>(given);
        if (!parsed) {
          throw InputError(
              concat("--precision ", given, ": must be one of ", allowed_words<Precision>()));
        }
        policy.sampling = policy.local_energy = policy.log_derivatives = *parsed;
      },
      [&policy] { return Options::quoted(word(policy.sampling)); });
  options.flag("--tf32", policy.tf32, "fp32 on a GPU: faster products, with ten bits of mantissa");
}

}  // namespace

BackendKind JobOptions::chosen_backend() const { return backend.value_or(preferred_backend()); }

void define_couplings(Options& options, Couplings& couplings, std::string& bonds_file) {
  options.number("--J1", couplings.J1, "nearest-neighbour coupling");
  options.number("--J2", couplings.J2,
                 "next-nearest-neighbour coupling; shastry-sutherland: of the dimers");
  options.flag("--marshall", couplings.marshall, "rotate one sublattice (Marshall sign rule)",
               "--no-marshall");
  options.text("--bonds", bonds_file, "file of bonds i j Jz Jxy, in place of J1 and J2");
}

void define_symmetry(Options& options, SymmetryChoice& symmetry) {
  options.define(
      "--symmetry", "project on: none, or some of translations, c4v, spin-flip, with commas",
      [&symmetry](const std::string& given) { symmetry = parse_symmetry(given); },
      [&symmetry] { return Options::quoted(symmetry_text(symmetry)); });
}

void resolve_couplings(const Options& options, const Lattice& lattice,
                       const std::string& bonds_file, Couplings& couplings) {
  if (bonds_file.empty()) return;
  couplings.bonds = read_bonds(options.path("--bonds", bonds_file), lattice.sites());
}

void define_sampling(Options& options, Job& job) {
  options.word("--sampler", job.sampler, "how configurations are drawn");
  options.count("--chains", job.chains, "Markov chains");
  options.count("--samples", job.samples, "samples a step, a multiple of the chains");
  options.integer("--sweeps", job.sweeps, "sweeps between samples of a chain");
  options.integer("--thermalisation", job.thermalisation, "sweeps before the first step");
  options.integer("--exchange-range", job.exchange_range, "exchange up to the k-th neighbour");
  options.number("--sampling-power", job.sampling_power,
                 "chains follow |psi|^power; below 2 rare configurations are seen, and weighted");
  options.seed("--seed", job.seed, "seed of every random number");
}

void resolve_chains(const Options& options, Job& job) {
  if (options.given("--chains") && !options.given("--samples")) job.samples = job.chains;
  if (options.given("--samples") && !options.given("--chains")) job.chains = job.samples;
}

void define_resources(Options& options, JobOptions& target) {
  define_precision(options, target.job.precision);
  options.define(
      "--backend", "where to compute (auto, " + allowed_words<BackendKind>() + ")",
      [&target](const std::string& given) {
        target.backend = parse_word<BackendKind>(given);
        if (!target.backend && given != "auto") {
          throw InputError(
              concat("--backend ", given, ": must be one of auto, ", allowed_words<BackendKind>()));
        }
      },
      [&target] { return Options::quoted(target.backend ? word(*target.backend) : "auto"); });
  options.integer("--threads", target.resources.threads, "CPU threads; 0: all");
  options.define(
      "--memory-limit",
      "bytes the backend may hold, such as 8G; 0: 80 % of what is free, 95 % on a GPU",
      [&target](const std::string& given) {
        if (given == "0") {
          target.resources.memory_limit = 0;
        } else {
          target.resources.memory_limit = Options::parse_bytes("--memory-limit", given);
        }
      },
      [&target] { return concat('"', target.resources.memory_limit, '"'); });
}

void define_job_options(Options& options, JobOptions& target) {
  define_physics(options, target);
  define_network(options, target.job.network);
  define_symmetry(options, target.job.symmetry);
  define_sampling(options, target.job);
  define_optimisation(options, target.job);
  define_resources(options, target);
  options.integer("--checkpoint-every", target.checkpoint_every, "steps between checkpoints");
  options.number("--checkpoint-minutes", target.checkpoint_minutes,
                 "or minutes, whichever comes first");
  options.integer("--attention-every", target.job.attention_every,
                  "steps between looks at the spread of the attention; 0: never");
  options.integer("--stage", target.stage, "stage of a resumed run that this configuration is");
  options.text("--initial-model", target.initial_model, "start from this model's parameters");
}

void resolve_job_options(const Options& options, JobOptions& target) {
  Job& job = target.job;
  resolve_couplings(options, make_lattice(job.lattice, job.L), target.bonds_file, job.couplings);
  if (!target.initial_model.empty()) {
    target.initial_model = options.path("--initial-model", target.initial_model);
  }
  resolve_chains(options, job);
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

JobOptions read_configuration(const std::filesystem::path& path) {
  JobOptions target;
  Options options("resume", "");
  define_job_options(options, target);
  options.configuration_file("--config");
  try {
    if (!options.parse({"--config", path.string()})) throw InputError("unexpected help");
    resolve_job_options(options, target);
  } catch (const InputError& error) {
    throw InputError(concat(path.string(), ": ", error.what()));
  }
  return target;
}

std::string configuration_text(const JobOptions& target) {
  JobOptions copy = target;
  Options options("run", "");
  define_job_options(options, copy);
  return options.to_toml();
}

bool same_job(const std::string& a, const std::string& b) {
  using Keys = std::map<std::string, std::string>;
  const auto keys_of = [](const std::string& text) {
    Keys keys;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t equals = line.find(" = ");
      if (equals == std::string::npos) {
        keys["bonds' lines"] += line + "\n";
      } else if (!kHowToRun.contains(line.substr(0, equals))) {
        keys[line.substr(0, equals)] = line.substr(equals + 3);
      }
    }
    return keys;
  };
  const Keys defaults = keys_of(configuration_text({}));
  const auto complete = [&](const std::string& text) {
    Keys keys = keys_of(text);
    keys.insert(defaults.begin(), defaults.end());
    return keys;
  };
  return complete(a) == complete(b);
}

void require_belongs(const RunDirectory& directory, const JobOptions& options,
                     const Checkpoint& checkpoint) {
  if (!same_job(job_fingerprint(options), checkpoint.job_fingerprint)) {
    const bool bonds = !options.job.couplings.bonds.empty();
    throw InputError(concat(directory.configuration().string(), bonds ? " or bonds.txt" : "",
                            ": has changed since the checkpoint was written; only steps, backend, "
                            "threads, memory-limit, symmetry and checkpoint intervals may change. "
                            "With other options, start anew: plaquette run --initial-model ",
                            directory.model().string()));
  }
  try {
    require_fits(checkpoint.state, options.job);
  } catch (const InputError& error) {
    throw InputError(concat(directory.root.string(), ": the checkpoint ", error.what()));
  }
}

std::string job_fingerprint(const JobOptions& target) {
  std::istringstream lines(configuration_text(target));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!kHowToRun.contains(line.substr(0, line.find(' ')))) kept += line + "\n";
  }
  return kept + (target.job.couplings.bonds.empty() ? "" : bonds_text(target.job.couplings.bonds));
}

}  // namespace plaquette
