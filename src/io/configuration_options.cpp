#include "plaquette/io/configuration_options.hpp"

#include <algorithm>

#include "plaquette/io/symmetry_text.hpp"

namespace plaquette {
namespace {

using enum OptionGroup;
using Role::how_to_run;
using Role::identity;
using Role::origin;

/// What an option is called and what it is, beside its form and its field.
struct Naming {
  const char* key;
  const char* help;
  Role role = identity;
  const char* negation = "";
};

/// `at(configuration)` is the field.
template <class Value, class Access>
ConfigurationOption option(OptionGroup group, const Form<Value>& form, const Access& at,
                           const Naming& naming) {
  return {.key = naming.key,
          .help = naming.help,
          .group = group,
          .role = naming.role,
          .notation = form.notation,
          .allowed = form.allowed,
          .negation = naming.negation,
          .read =
              [form, at](Configuration& target, const std::string& text) {
                std::optional<Value> value = form.read(text);
                if (!value) throw InputError("must be " + form.allowed);
                at(target) = std::move(*value);
              },
          .write = [form, at](const Configuration& source) { return form.write(at(source)); }};
}

template <class Enum, class Access>
ConfigurationOption word_option(OptionGroup group, const Access& at, const Naming& naming) {
  ConfigurationOption made = option(group, word_form<Enum>(), at, naming);
  made.help += " (" + allowed_words<Enum>() + ")";
  return made;
}

using Options = std::vector<ConfigurationOption>;

/// The field of a configuration that `path` leads to.
#define PLAQUETTE_AT(path) \
  [](auto& from) -> auto& { return from.path; }

void add_magnet(Options& all) {
  all.push_back(
      word_option<LatticeKind>(magnet, PLAQUETTE_AT(job.lattice), {"lattice", "lattice"}));
  all.push_back(option(magnet, integer_form(), PLAQUETTE_AT(job.L), {"L", "linear size, even"}));
  all.push_back(option(magnet, finite_form(), PLAQUETTE_AT(job.couplings.J1),
                       {"J1", "nearest-neighbour coupling"}));
  all.push_back(
      option(magnet, finite_form(), PLAQUETTE_AT(job.couplings.J2),
             {"J2", "next-nearest-neighbour coupling; shastry-sutherland: of the dimers"}));
  all.push_back(option(
      magnet, truth_form(), PLAQUETTE_AT(job.couplings.marshall),
      {"marshall", "rotate one sublattice (Marshall sign rule); run: on for J1 > 0 without --bonds",
       identity, "no-marshall"}));
  all.push_back(option(magnet, path_form(), PLAQUETTE_AT(bonds_file),
                       {"bonds", "file of bonds i j Jz Jxy, in place of J1 and J2", origin}));
}

void add_network(Options& all) {
  const auto integer = [&](const auto& at, const Naming& naming) {
    all.push_back(option(network, integer_form(), at, naming));
  };
  integer(PLAQUETTE_AT(job.network.patch),
          {"patch", "patch size b, divides L; run: 1, or 2 above 36 sites"});
  integer(PLAQUETTE_AT(job.network.d_model), {"d-model", "channels d"});
  integer(PLAQUETTE_AT(job.network.heads), {"heads", "heads h, divides d"});
  integer(PLAQUETTE_AT(job.network.layers), {"layers", "encoder layers"});
  integer(PLAQUETTE_AT(job.network.ffn_ratio), {"ffn-ratio", "hidden width of the FFN over d"});
  all.push_back(word_option<Attention>(network, PLAQUETTE_AT(job.network.attention),
                                       {"attention", "attention mechanism"}));
  all.push_back(option(network, truth_form(), PLAQUETTE_AT(job.network.translation_invariant),
                       {"translation-invariant",
                        "position tables depend on differences (default), or on pairs of patches",
                        identity, "no-translation-invariant"}));
}

ConfigurationOption symmetry_option() {
  // A run may be continued with another projection.
  return {
      .key = "symmetry",
      .help =
          "project on: none, or some of translations, c4v, spin-flip, with commas; run: c4v on 4x4",
      .group = symmetry,
      .role = how_to_run,
      .notation = Notation::text_or_texts,
      .allowed = "a text such as \"translations,c4v\", or a list of texts",
      .negation = "",
      .read = [](Configuration& target,
                 const std::string& text) { target.job.symmetry = parse_symmetry(text); },
      .write =
          [](const Configuration& source) {
            return toml_string(symmetry_text(source.job.symmetry));
          }};
}

void add_sampling(Options& all) {
  const auto add = [&](const auto& form, const auto& at, const Naming& naming) {
    all.push_back(option(sampling, form, at, naming));
  };
  all.push_back(word_option<SamplerKind>(sampling, PLAQUETTE_AT(job.sampler),
                                         {"sampler", "how configurations are drawn"}));
  add(count_form(), PLAQUETTE_AT(job.chains), {"chains", "Markov chains"});
  add(count_form(), PLAQUETTE_AT(job.samples),
      {"samples", "samples a step, a multiple of the chains"});
  add(integer_form(), PLAQUETTE_AT(job.sweeps), {"sweeps", "sweeps between samples of a chain"});
  add(integer_form(), PLAQUETTE_AT(job.thermalisation),
      {"thermalisation", "sweeps before the first step"});
  add(integer_form(), PLAQUETTE_AT(job.exchange_range),
      {"exchange-range", "exchange up to the k-th neighbour"});
  add(finite_form(), PLAQUETTE_AT(job.sampling_power),
      {"sampling-power",
       "chains follow |psi|^power; below 2 rare configurations are seen, and weighted; run: 1, or "
       "2 above 20 sites"});
  add(seed_form(), PLAQUETTE_AT(job.seed), {"seed", "seed of every random number"});
}

void add_optimisation(Options& all) {
  const auto add = [&](const auto& form, const auto& at, const Naming& naming) {
    all.push_back(option(optimisation, form, at, naming));
  };
  const auto schedule = [&](const auto& at, const Naming& naming) {
    all.push_back(word_option<ScheduleKind>(optimisation, at, naming));
  };
  add(integer_form(), PLAQUETTE_AT(job.steps), {"steps", "optimisation steps", how_to_run});
  all.push_back(word_option<Optimizer>(optimisation, PLAQUETTE_AT(job.optimizer),
                                       {"optimizer", "optimiser"}));
  add(finite_form(), PLAQUETTE_AT(job.learning_rate), {"learning-rate", "learning rate"});
  schedule(PLAQUETTE_AT(job.schedule), {"schedule", "learning-rate schedule"});
  add(integer_form(), PLAQUETTE_AT(job.schedule_steps),
      {"schedule-steps", "length of the schedules; 0: --steps"});
  add(integer_form(), PLAQUETTE_AT(job.schedule_start),
      {"schedule-start", "step from which the schedules run"});
  add(finite_form(), PLAQUETTE_AT(job.diag_shift), {"diag-shift", "diagonal shift"});
  schedule(PLAQUETTE_AT(job.diag_shift_schedule),
           {"diag-shift-schedule", "diagonal-shift schedule"});
  add(finite_form(), PLAQUETTE_AT(job.diag_shift_end),
      {"diag-shift-end", "where that schedule ends"});
  add(finite_form(), PLAQUETTE_AT(job.momentum), {"momentum", "momentum of spring and march"});
  add(finite_form(), PLAQUETTE_AT(job.march_decay),
      {"march-decay", "decay of march's second moment"});
  add(finite_form(), PLAQUETTE_AT(job.norm_limit),
      {"norm-limit", "spring: cap on an update's length; 0: none"});
}

/// `auto`, or the word of a backend.
Form<std::optional<BackendKind>> backend_form() {
  using Chosen = std::optional<BackendKind>;
  return {.notation = Notation::text,
          .allowed = "one of auto, " + allowed_words<BackendKind>(),
          .read = [](const std::string& text) -> std::optional<Chosen> {
            if (text == "auto") return Chosen{};
            const Chosen kind = parse_word<BackendKind>(text);
            return kind ? std::optional<Chosen>(kind) : std::nullopt;
          },
          .write = [](const Chosen& kind) { return toml_string(kind ? word(*kind) : "auto"); }};
}

/// One word for every phase of a step.
ConfigurationOption precision_option() {
  const Form<Precision> form = word_form<Precision>();
  return {.key = "precision",
          .help = "arithmetic of the network (" + allowed_words<Precision>() + ")",
          .group = resources,
          .role = identity,
          .notation = form.notation,
          .allowed = form.allowed,
          .negation = "",
          .read =
              [form](Configuration& target, const std::string& text) {
                const std::optional<Precision> given = form.read(text);
                if (!given) throw InputError("must be " + form.allowed);
                PrecisionPolicy& policy = target.job.precision;
                policy.sampling = policy.local_energy = policy.log_derivatives = *given;
              },
          .write =
              [form](const Configuration& source) {
                return form.write(source.job.precision.sampling);
              }};
}

void add_resources(Options& all) {
  const auto add = [&](const auto& form, const auto& at, const Naming& naming) {
    all.push_back(option(resources, form, at, naming));
  };
  all.push_back(precision_option());
  add(truth_form(), PLAQUETTE_AT(job.precision.tf32),
      {"tf32", "fp32 on a GPU: faster products, with ten bits of mantissa"});
  add(backend_form(), PLAQUETTE_AT(backend), {"backend", "where to compute", how_to_run});
  all.back().help += " (auto, " + allowed_words<BackendKind>() + ")";
  add(integer_form(), PLAQUETTE_AT(resources.threads),
      {"threads", "CPU threads; 0: all", how_to_run});
  add(bytes_form(), PLAQUETTE_AT(resources.memory_limit),
      {"memory-limit",
       "bytes the backend may hold, such as 8G; 0: 80 % of what is free, 95 % on a GPU",
       how_to_run});
}

void add_output(Options& all) {
  const auto add = [&](const auto& form, const auto& at, const Naming& naming) {
    all.push_back(option(OptionGroup::output, form, at, naming));
  };
  add(integer_form(), PLAQUETTE_AT(checkpoint_every),
      {"checkpoint-every", "steps between checkpoints", Role::output});
  add(finite_form(), PLAQUETTE_AT(checkpoint_minutes),
      {"checkpoint-minutes", "or minutes, whichever comes first", Role::output});
  add(integer_form(), PLAQUETTE_AT(job.attention_every),
      {"attention-every", "steps between looks at the spread of the attention; 0: never"});
  add(integer_form(), PLAQUETTE_AT(stage),
      {"stage", "stage of a resumed run that this configuration is", origin});
  add(path_form(), PLAQUETTE_AT(initial_model),
      {"initial-model", "start from this model's parameters", origin});
}

#undef PLAQUETTE_AT

}  // namespace

const std::vector<ConfigurationOption>& configuration_options() {
  static const Options kAll = [] {
    Options all;
    add_magnet(all);
    add_network(all);
    all.push_back(symmetry_option());
    add_sampling(all);
    add_optimisation(all);
    add_resources(all);
    add_output(all);
    return all;
  }();
  return kAll;
}

const ConfigurationOption* find_configuration_option(std::string_view key) {
  const Options& all = configuration_options();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& option) { return option.key == key; });
  return found == all.end() ? nullptr : &*found;
}

const ConfigurationOption& configuration_option(std::string_view key) {
  const ConfigurationOption* const found = find_configuration_option(key);
  PLAQUETTE_REQUIRE(found != nullptr, key);
  return *found;
}

}  // namespace plaquette
