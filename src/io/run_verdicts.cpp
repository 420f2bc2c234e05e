#include "plaquette/io/run_verdicts.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "fmt/format.h"

namespace plaquette {
namespace {

constexpr const char* kFullSum = "a full sum over all configurations; nothing is sampled";

Grade grade_above(double value, double good, double caution) {
  if (value <= good) return Grade::good;
  return value <= caution ? Grade::caution : Grade::bad;
}

/// A word for each grade that a number can have.
const char* choose(Grade grade, const char* good, const char* caution, const char* bad) {
  if (grade == Grade::good) return good;
  return grade == Grade::caution ? caution : bad;
}

/// What needs chains has nothing to say of a full sum, nor of a log that lacks the number.
bool answered(Verdict& verdict, bool known, SamplerKind sampler) {
  if (sampler == SamplerKind::full_sum) {
    verdict.grade = Grade::good;
    verdict.finding = kFullSum;
    return true;
  }
  if (!known) verdict.finding = "not known yet: the log has too few steps";
  return !known;
}

std::optional<double> last_of(Steps steps, std::optional<double> LoggedStep::*member) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step).*member) return (*step).*member;
  }
  return std::nullopt;
}

/// By layer and head: what `attention` found, else what the log has last.
std::vector<double> last_spread(const RunReading& run) {
  if (run.attention) return run.attention->spread;
  std::vector<double> spread;
  for (auto step = run.log.steps.rbegin(); step != run.log.steps.rend(); ++step) {
    for (const auto& layer : step->attention_spread) {
      spread.insert(spread.end(), layer.begin(), layer.end());
    }
    if (!spread.empty()) break;
  }
  return spread;
}

/// As a word of a shell.
std::string quoted(const std::string& path) {
  const auto harmless = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./-+=,").find(c) != std::string_view::npos;
  };
  if (!path.empty() && std::ranges::all_of(path, harmless)) return path;
  std::string word = "'";
  for (const char c : path) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// `text` with `value` in the place of a word.
std::string with(std::string text, std::string_view word, const std::string& value) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? text : text.replace(at, word.size(), value);
}

}  // namespace

LastEnergy last_energy(const RunReading& run) {
  if (const FoundMeasurement* measured = run.current_measurement()) {
    return {measured->energy, "measured"};
  }
  if (run.finished()) return {run.summary->energy, "summary"};
  const Steps late = late_part(run.log.steps);
  return {mean_energy(late), fmt::format("mean of the last {} steps", late.size())};
}

Verdict judge_end(std::uint64_t step, int steps, const std::optional<FoundSummary>& summary) {
  Verdict verdict{.question = "Has the run ended?",
                  .reason = "a run that ends writes summary.json of its last step"};
  if (summary && summary->steps == step) {
    verdict.grade = Grade::good;
    verdict.finding = fmt::format("yes, after {} steps", step);
    return verdict;
  }
  verdict.grade = Grade::caution;
  verdict.finding = fmt::format("no: step {} of {}; it goes on, or was stopped", step, steps);
  if (summary) verdict.finding += fmt::format("; the summary is that of step {}", summary->steps);
  verdict.advice = "let it go on, or continue it: plaquette resume DIR";
  return verdict;
}

Verdict judge_thermalisation(std::optional<double> r_hat, SamplerKind sampler) {
  Verdict verdict{.question = "Are the chains thermalised?",
                  .reason = fmt::format("split R̂ over the last 32 steps compares chains with each "
                                        "other: up to {} they agree, above {} they do not",
                                        kAgreedRHat, kDisagreedRHat)};
  if (answered(verdict, r_hat.has_value(), sampler)) return verdict;
  verdict.grade = grade_above(*r_hat, kAgreedRHat, kDisagreedRHat);
  verdict.finding =
      fmt::format("{}: R̂ = {:.4f}", choose(verdict.grade, "yes", "not quite", "no"), *r_hat);
  if (verdict.grade != Grade::good) {
    verdict.advice =
        "let chains walk further between samples: more --sweeps, a larger "
        "--thermalisation, or --exchange-range 2";
  }
  return verdict;
}

Verdict judge_independence(std::optional<double> tau, SamplerKind sampler) {
  Verdict verdict{
      .question = "Are the samples independent?",
      .reason = fmt::format("τ counts samples of a chain until it forgets: of M samples "
                            "M/τ count; up to {} is free, above {} most are lost",
                            kShortTau, kLongTau)};
  if (answered(verdict, tau.has_value(), sampler)) return verdict;
  verdict.grade = grade_above(*tau, kShortTau, kLongTau);
  verdict.finding =
      fmt::format("{}: τ = {:.2f}", choose(verdict.grade, "yes", "partly", "hardly"), *tau);
  if (verdict.grade != Grade::good) {
    verdict.advice = fmt::format("--sweeps {:.0f} makes a sample as good as an independent one",
                                 std::ceil(*tau));
  }
  return verdict;
}

Verdict judge_acceptance(std::optional<double> acceptance, SamplerKind sampler) {
  Verdict verdict{.question = "Do the chains move?",
                  .reason = fmt::format("median acceptance of the late steps; below {} most sweeps "
                                        "leave a chain where it is, below {} nearly all",
                                        kLowAcceptance, kLowestAcceptance)};
  if (answered(verdict, acceptance.has_value(), sampler)) return verdict;
  verdict.grade = grade_above(-*acceptance, -kLowAcceptance, -kLowestAcceptance);
  verdict.finding = fmt::format("{}: {:.3f} of the proposals are accepted",
                                choose(verdict.grade, "yes", "little", "hardly"), *acceptance);
  if (verdict.grade != Grade::good) {
    verdict.advice = "more --sweeps between samples, or --sampling-power 1 on small lattices";
  }
  return verdict;
}

Verdict judge_error_bar(std::optional<double> scatter, SamplerKind sampler) {
  Verdict verdict{.question = "Is the error bar to be trusted?",
                  .reason = fmt::format(
                      "the energies of successive late steps differ by 1 error bar (rms) if it "
                      "is right and the parameters hardly move; above {} or below {} it is not "
                      "the whole story",
                      kWideScatter, kNarrowScatter)};
  if (answered(verdict, scatter.has_value(), sampler)) return verdict;
  verdict.grade = grade_above(*scatter, kWideScatter, kWidestScatter);
  verdict.finding = fmt::format("{}: steps scatter by {:.2f} error bars",
                                choose(verdict.grade, "yes", "with care", "no"), *scatter);
  if (*scatter < kNarrowScatter) {
    verdict.grade = Grade::caution;
    verdict.finding = fmt::format(
        "with care: steps scatter by {:.2f} error bars only: each repeats "
        "most of the one before",
        *scatter);
    verdict.advice =
        "more --sweeps, if means over several steps are to have the error of their "
        "number";
  } else if (verdict.grade != Grade::good) {
    verdict.advice =
        "measure the final state with samples of its own (plaquette measure DIR); if "
        "that differs too, use a lower --learning-rate, more --sweeps or --samples";
  }
  return verdict;
}

Verdict judge_outliers(Steps late) {
  Verdict verdict{
      .question = "Do single samples spoil steps?",
      .reason = fmt::format("an error bar of more than {} medians comes from a few samples "
                            "of tiny amplitude and huge local energy",
                            kOutlier)};
  const auto error = [](const LoggedStep& step) { return step.energy_error; };
  const std::optional<double> middle = median(late, error);
  if (!middle || *middle <= 0) {
    verdict.finding = middle ? kFullSum : "not known: the log has no error bars";
    verdict.grade = middle ? Grade::good : Grade::unknown;
    return verdict;
  }
  const auto wild = std::ranges::count_if(late, [&](const LoggedStep& step) {
    return step.energy_error.value_or(0) > kOutlier * *middle;
  });
  verdict.grade = wild == 0 ? Grade::good : Grade::caution;
  verdict.finding = wild == 0 ? "no" : fmt::format("in {} of the last {} steps", wild, late.size());
  if (wild > 0) verdict.advice = "--sampling-power 1 (small lattices), more --samples, or fp64";
  return verdict;
}

Verdict judge_trend(const std::optional<Estimate>& change) {
  Verdict verdict{
      .question = "Does the energy still fall?",
      .reason = fmt::format("mean of the last eighth of the steps less that of the eighth before "
                            "(13 steps where they are few); {} errors are no accident",
                            kSignificant)};
  if (!change) {
    verdict.finding = "not known yet: too few steps";
    return verdict;
  }
  const double limit = kSignificant * change->error;
  const std::string size = fmt::format("{:+.1e} ± {:.0e} per site", change->mean, change->error);
  if (change->mean < -limit) {
    verdict.grade = Grade::caution;
    verdict.finding = "yes: " + size;
    verdict.advice = "more steps: plaquette resume DIR --steps N";
  } else if (change->mean > limit) {
    verdict.grade = Grade::bad;
    verdict.finding = "it rises: " + size;
    verdict.advice =
        "start from an earlier model (--initial-model) with a lower --learning-rate or "
        "a larger --diag-shift";
  } else {
    verdict.grade = Grade::good;
    verdict.finding = "no: " + size;
  }
  return verdict;
}

Verdict judge_learning_rate(Steps steps, bool finished) {
  Verdict verdict{
      .question = "Has the learning rate ended?",
      .reason = fmt::format("below {} of its largest value a rate moves the parameters no "
                            "more; a rate that stays up leaves their noise in the result",
                            kEndedRate)};
  double largest = 0;
  for (const LoggedStep& step : steps) largest = std::max(largest, step.learning_rate.value_or(0));
  const std::optional<double> last = steps.back().learning_rate;
  if (!last || largest <= 0) {
    verdict.finding = last ? "it is 0: the parameters never changed" : "not known: not in the log";
    return verdict;
  }
  const bool ended = *last <= kEndedRate * largest;
  const auto idle = static_cast<std::size_t>(std::ranges::count_if(
      steps, [](const LoggedStep& step) { return step.learning_rate == 0.0; }));
  verdict.grade = ended == finished ? Grade::good : Grade::caution;
  verdict.finding =
      fmt::format("{}: {:.2g} at the end, {:.2g} at most", ended ? "yes" : "no", *last, largest);
  if (idle > 0) {
    verdict.grade = Grade::caution;
    verdict.finding += fmt::format("; in {} steps it was 0 and nothing changed", idle);
    verdict.advice = "plaquette resume DIR --steps N begins a new schedule";
  } else if (ended && !finished) {
    verdict.advice = "what follows changes little: stop here, or give a longer --schedule-steps";
  } else if (finished && !ended) {
    verdict.advice = "end with a falling rate: --schedule cosine";
  }
  return verdict;
}

Verdict judge_shift(Steps late) {
  Verdict verdict{
      .question = "Is the solve sound?",
      .reason = fmt::format("a Gram matrix that is not positive definite raises the shift; "
                            "in more than {} of the late steps it is too small",
                            kRaisedSteps)};
  const auto raised = std::ranges::count_if(
      late, [](const LoggedStep& step) { return step.diag_shift_raises > 0; });
  const double fraction = static_cast<double>(raised) / static_cast<double>(late.size());
  verdict.grade = raised == 0                ? Grade::good
                  : fraction <= kRaisedSteps ? Grade::caution
                                             : Grade::bad;
  verdict.finding = raised == 0 ? "yes: the shift was never raised"
                                : fmt::format("the shift was raised in {} of the last {} steps",
                                              raised, late.size());
  if (raised > 0) verdict.advice = "a larger --diag-shift, or --precision fp64";
  return verdict;
}

Limit find_limit(const Estimate& energy, double step_error,
                 const std::optional<KnownEnergy>& reference,
                 const std::optional<Estimate>& change) {
  if (change && change->mean < -kSignificant * change->error) return Limit::steps;
  if (!reference || !reference->exact) return Limit::unknown;
  constexpr double kErrors = 2;
  const double rest = energy.mean - reference->per_site;
  if (rest <= kErrors * energy.error || rest <= step_error) return Limit::sampling;
  return change ? Limit::network : Limit::unknown;
}

Verdict judge_limit(const Estimate& energy, double step_error,
                    const std::optional<KnownEnergy>& reference,
                    const std::optional<Estimate>& change) {
  Verdict verdict{.question = "What is the limit?",
                  .reason =
                      "steps while the energy falls; else the sampling, if what is left to the "
                      "exact energy is within 2 errors or below a step's error bar; else the "
                      "network, or a search that is stuck"};
  const std::string rest =
      reference ? fmt::format("{:.1e} of the energy above {}",
                              (energy.mean - reference->per_site) / std::abs(reference->per_site),
                              reference->exact ? "the exact one" : "the " + reference->source)
                : "no reference is known";
  switch (find_limit(energy, step_error, reference, change)) {
    case Limit::unknown:
      verdict.finding = "not known: " + rest;
      verdict.advice = "run a larger network too and compare: plaquette extrapolate DIR OTHER";
      break;
    case Limit::steps:
      verdict.grade = Grade::caution;
      verdict.finding = "the steps: it still falls; " + rest;
      verdict.advice = "more steps: plaquette resume DIR --steps N";
      break;
    case Limit::sampling:
      verdict.grade = Grade::good;
      verdict.finding = "the sampling: " + rest;
      verdict.advice = "more --samples see further; on up to 20 sites --sampler full-sum goes on";
      break;
    case Limit::network:
      verdict.grade = Grade::caution;
      verdict.finding = "the network, or a search that is stuck: " + rest;
      verdict.advice =
          "another --seed tells the two apart; then a larger --d-model or more --layers";
      break;
  }
  return verdict;
}

Verdict judge_attention(std::span<const double> spread, const std::optional<Estimate>& change) {
  Verdict verdict{
      .question = "Does attention use its queries and keys?",
      .reason = fmt::format("weights whose spread over inputs is below {} are nearly those "
                            "of factored attention; so are those that can be frozen within "
                            "2 errors",
                            kSmallSpread)};
  if (spread.empty()) {
    verdict.finding = "not known: neither logged nor looked at";
    verdict.advice = "plaquette attention DIR";
    return verdict;
  }
  const double largest = *std::ranges::max_element(spread);
  const bool frozen = change && std::abs(change->mean) <= 2 * change->error;
  verdict.grade = Grade::good;
  verdict.finding =
      fmt::format("{}: spread up to {:.3f}", largest < kSmallSpread ? "hardly" : "yes", largest);
  if (change) {
    verdict.finding += fmt::format("; freezing the weights costs {:.1e} ± {:.0e} per site",
                                   change->mean, change->error);
  }
  if (frozen || largest < kSmallSpread) {
    verdict.advice = "--attention factored does the same in less time";
  }
  return verdict;
}

std::vector<Verdict> judge(const RunReading& run) {
  const Job& job = run.configuration.job;
  const Steps steps = run.log.steps;
  const Steps late = late_part(steps);
  const auto acceptance = median(late, [](const LoggedStep& step) { return step.acceptance; });
  const auto error = median(late, [](const LoggedStep& step) { return step.energy_error; });
  const std::optional<Estimate> change = energy_change(late);
  std::vector<Verdict> verdicts = {
      judge_end(run.step(), job.steps, run.summary),
      judge_thermalisation(last_of(late, &LoggedStep::r_hat), job.sampler),
      judge_independence(last_of(late, &LoggedStep::tau), job.sampler),
      judge_acceptance(acceptance, job.sampler),
      judge_error_bar(energy_scatter(late), job.sampler),
      judge_outliers(late),
      judge_shift(late),
      judge_learning_rate(steps, run.finished()),
      judge_trend(change),
      judge_limit(last_energy(run).energy, error.value_or(0), run.reference, change)};
  if (traits_of(job.network.attention).queries_and_keys) {
    verdicts.push_back(judge_attention(
        last_spread(run), run.attention ? run.attention->freezing_change : std::nullopt));
  }
  return verdicts;
}

std::vector<std::string> next_steps(const RunReading& run, const std::vector<Verdict>& verdicts) {
  std::vector<std::string> advice;
  for (const Grade grade : {Grade::bad, Grade::caution, Grade::unknown}) {
    for (const Verdict& verdict : verdicts) {
      if (verdict.grade != grade || verdict.advice.empty()) continue;
      if (std::ranges::find(advice, verdict.advice) == advice.end()) {
        advice.push_back(verdict.advice);
      }
    }
  }
  if (run.finished() && run.current_measurement() == nullptr) {
    advice.emplace_back("observables with error bars: plaquette measure DIR");
  }
  for (std::string& one : advice) {
    one = with(one, "--steps N", fmt::format("--steps {}", 2 * run.step()));
    one = with(one, "DIR", quoted(run.directory.root.string()));
  }
  return advice;
}

}  // namespace plaquette
