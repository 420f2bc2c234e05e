#include "plaquette/io/run_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "fmt/format.h"
#include "plaquette/base/errors.hpp"
#include "plaquette/io/html_text.hpp"
#include "plaquette/io/provenance.hpp"
#include "plaquette/io/report_style.hpp"
#include "plaquette/io/run_verdicts.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

/// What the table of runs says of each.
struct Property {
  const char* name;
  std::function<std::string(const RunReading&)> text;
};

std::string energy_text(const Estimate& energy) {
  return fmt::format("{:.7f} ± {:.7f}", energy.mean, energy.error);
}

std::string magnet_text(const RunReading& run) {
  const Job& job = run.configuration.job;
  return fmt::format("{}, L = {}, {}", word(job.lattice), job.L, couplings_text(job.couplings));
}

std::string network_text(const RunReading& run) {
  const NetworkChoice& network = run.configuration.job.network;
  std::string text =
      fmt::format("{}, d = {}, {} heads, {} layers, FFN {}, patch {}", word(network.attention),
                  network.d_model, network.heads, network.layers, network.ffn_ratio, network.patch);
  if (run.summary && run.summary->parameters) {
    text += fmt::format("; {} parameters", *run.summary->parameters);
  }
  return text;
}

std::string sampling_text(const RunReading& run) {
  const Job& job = run.configuration.job;
  if (job.sampler == SamplerKind::full_sum) return "full sum";
  return fmt::format("{} samples of {} chains, {} sweep{} apart, |ψ|^{:g}", job.samples, job.chains,
                     job.sweeps, job.sweeps == 1 ? "" : "s", job.sampling_power);
}

std::string optimisation_text(const RunReading& run) {
  const Job& job = run.configuration.job;
  return fmt::format("{}, rate {:g} {}, shift {:g} {}, seed {}", word(job.optimizer),
                     job.learning_rate, word(job.schedule), job.diag_shift,
                     word(job.diag_shift_schedule), job.seed);
}

std::string steps_text(const RunReading& run) {
  std::string text = fmt::format("{} of {}", run.step(), run.configuration.job.steps);
  if (run.log.torn) text += "; the last line of the log is not whole and was left out";
  return text;
}

std::string last_energy_text(const RunReading& run) {
  const LastEnergy found = last_energy(run);
  return fmt::format("{} ({})", energy_text(found.energy), found.source);
}

std::string reference_text(const RunReading& run) {
  if (!run.reference) return "none known";
  std::string text = fmt::format("{:.8f} ({})", run.reference->per_site, run.reference->source);
  if (symmetry_text(run.configuration.job.symmetry) != "none") text += ", of every symmetry";
  return text;
}

std::string relative_error_text(const RunReading& run) {
  if (!run.reference) return "–";
  const double reference = run.reference->per_site;
  const Estimate energy = last_energy(run).energy;
  return fmt::format("{:.2e} ± {:.0e}", (energy.mean - reference) / std::abs(reference),
                     energy.error / std::abs(reference));
}

std::string v_score_text(const RunReading& run) {
  if (const FoundMeasurement* measured = run.current_measurement()) {
    return fmt::format("{:.2e} ± {:.0e} (measured)", measured->v_score.mean,
                       measured->v_score.error);
  }
  if (run.finished()) return fmt::format("{:.2e} (summary)", run.summary->v_score);
  const auto late = late_part(run.log.steps);
  const auto v_score = median(late, [](const LoggedStep& step) { return step.v_score; });
  return v_score ? fmt::format("{:.2e} (median of the last {} steps)", *v_score, late.size()) : "–";
}

std::string time_text(const RunReading& run) {
  const auto seconds = median(late_part(run.log.steps), [](const LoggedStep& step) {
    if (!step.seconds) return std::optional<double>();
    double sum = 0;
    for (double phase : *step.seconds) sum += phase;
    return std::optional(sum);
  });
  std::string text = seconds ? fmt::format("{:.3g} s a step", *seconds) : "–";
  if (run.finished()) text += fmt::format(", {:.0f} s in all", run.summary->seconds);
  return text;
}

std::string program_text(const RunReading& run) {
  if (!run.summary) return "–";
  return fmt::format("{}; {}", run.summary->version, run.summary->backend);
}

const std::vector<Property>& properties() {
  static const std::vector<Property> kProperties = {
      {"energy per site", last_energy_text},
      {"reference", reference_text},
      {"relative error", relative_error_text},
      {"V-score", v_score_text},
      {"steps", steps_text},
      {"time", time_text},
      {"magnet", magnet_text},
      {"symmetry",
       [](const RunReading& run) { return symmetry_text(run.configuration.job.symmetry); }},
      {"network", network_text},
      {"sampling", sampling_text},
      {"optimisation", optimisation_text},
      {"precision",
       [](const RunReading& run) {
         return std::string(word(run.configuration.job.precision.sampling));
       }},
      {"program", program_text},
      {"directory", [](const RunReading& run) { return run.directory.root.string(); }},
  };
  return kProperties;
}

std::string coloured_name(Runs runs, std::size_t run) {
  return fmt::format(R"(<span class="dot c{}"></span>{})", run % 8, html_text(runs[run].name));
}

/// Whose cell it is, where the page is too narrow for a table with a head.
std::string owner(Runs runs, std::size_t run) {
  if (runs.size() == 1) return {};
  return fmt::format(R"(<span class="who">{}</span>)", coloured_name(runs, run));
}

/// The runs' names as the head of a table, with their colours.
std::string table_head(Runs runs) {
  std::string text = "<thead><tr><th></th>";
  for (std::size_t r = 0; r < runs.size(); ++r) {
    text += fmt::format(R"(<th scope="col">{}</th>)", coloured_name(runs, r));
  }
  return text + "</tr></thead>";
}

std::string overview(Runs runs) {
  std::string text = "<div class=\"wide\"><table class=\"runs\">" + table_head(runs) + "<tbody>";
  for (const Property& property : properties()) {
    text += fmt::format(R"(<tr><th scope="row">{}</th>)", property.name);
    for (std::size_t r = 0; r < runs.size(); ++r) {
      text += fmt::format("<td>{}{}</td>", owner(runs, r), html_text(property.text(runs[r])));
    }
    text += "</tr>";
  }
  return text + "</tbody></table></div>\n";
}

const char* grade_mark(Grade grade) {
  switch (grade) {
    case Grade::good:
      return R"(<span class="grade good" title="good">✓</span>)";
    case Grade::caution:
      return R"(<span class="grade caution" title="caution">!</span>)";
    case Grade::bad:
      return R"(<span class="grade bad" title="bad">✗</span>)";
    case Grade::unknown:
      return R"(<span class="grade unknown" title="not known">?</span>)";
  }
  return "";
}

/// Questions as rows, runs as columns. A question is asked of the runs that it concerns.
std::string verdict_table(Runs runs, const std::vector<std::vector<Verdict>>& verdicts) {
  std::vector<const Verdict*> questions;
  const auto find = [](const std::vector<Verdict>& among, const std::string& question) {
    for (const Verdict& verdict : among) {
      if (verdict.question == question) return &verdict;
    }
    return static_cast<const Verdict*>(nullptr);
  };
  for (const std::vector<Verdict>& of_run : verdicts) {
    for (const Verdict& verdict : of_run) {
      const auto asked = [&](const Verdict* one) { return one->question == verdict.question; };
      if (std::ranges::none_of(questions, asked)) questions.push_back(&verdict);
    }
  }
  std::string text = "<div class=\"wide\"><table class=\"verdicts\">";
  if (runs.size() > 1) text += table_head(runs);
  text += "<tbody>";
  for (const Verdict* question : questions) {
    text += fmt::format(R"(<tr><th scope="row">{}<small>{}</small></th>)",
                        html_text(question->question), html_text(question->reason));
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const Verdict* const found = find(verdicts[r], question->question);
      text += found == nullptr ? fmt::format("<td>{}–</td>", owner(runs, r))
                               : fmt::format("<td>{}{}{}</td>", owner(runs, r),
                                             grade_mark(found->grade), html_text(found->finding));
    }
    text += "</tr>";
  }
  return text + "</tbody></table></div>\n";
}

std::string next_list(Runs runs, const std::vector<std::vector<Verdict>>& verdicts) {
  std::string text;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::vector<std::string> advice = next_steps(runs[r], verdicts[r]);
    if (runs.size() > 1) {
      text += fmt::format("<h3>{}</h3>", coloured_name(runs, r));
    }
    if (advice.empty()) text += "<p>Nothing: the run is ended, sound and measured.</p>";
    if (advice.empty()) continue;
    text += "<ol>";
    for (const std::string& one : advice) text += fmt::format("<li>{}</li>", html_text(one));
    text += "</ol>";
  }
  return text;
}

std::string charts(Runs runs) {
  std::string text = "<div class=\"charts\">\n";
  for (const Chart& chart :
       {error_chart(runs), settled_chart(runs), energy_chart(runs), v_score_chart(runs),
        variance_chart(runs), learning_rate_chart(runs), acceptance_chart(runs), r_hat_chart(runs),
        tau_chart(runs), spread_chart(runs)}) {
    text += chart_figure(chart);
  }
  std::vector<std::string> names;
  for (const RunReading& run : runs) names.push_back(run.name);
  text +=
      bar_figure("Time a step by phase, median of the late steps", "s", names, phase_seconds(runs));
  return text + "</div>\n";
}

/// What was measured of a run beside its log; empty if nothing was.
std::string findings(const RunReading& run) {
  std::string text;
  if (const std::string figures = observables_figures(run); !figures.empty()) {
    text += "<h3>Observables</h3>";
    if (run.current_measurement() == nullptr) {
      text += fmt::format("<p class=\"note\">Measured after step {}; the run is at step {}.</p>",
                          run.measurement->step.value_or(0), run.step());
    }
    text += "<div class=\"maps large\">" + figures + "</div>\n";
  }
  if (const std::string figures = attention_figures(run); !figures.empty()) {
    text +=
        "<h3>Mean attention weights</h3><p class=\"note\">From patch i (down) to j (across), all "
        "in one scale; the second colour is negative.</p><div class=\"maps\">" +
        figures + "</div>\n";
  }
  return text;
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : fmt::format("<section><h2>{}</h2>\n{}</section>\n", title, body);
}

}  // namespace

std::string report_page(Runs runs, const std::string& made) {
  PLAQUETTE_REQUIRE(!runs.empty(), "no runs");
  std::vector<std::vector<Verdict>> verdicts;
  std::string names;
  for (const RunReading& run : runs) {
    verdicts.push_back(judge(run));
    names += (names.empty() ? "" : ", ") + run.name;
  }
  std::string text = fmt::format(
      R"(<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{0} – Plaquette</title>
<style>{1}</style></head>
<body><main><header><h1>{0}</h1><p class="note">{2}</p></header>
)",
      html_text(names), kReportStyle, html_text(made));
  text += overview(runs);
  text += section("What to do next", next_list(runs, verdicts));
  text += section("Charts", charts(runs));
  text += section("Verdicts", verdict_table(runs, verdicts));
  for (const RunReading& run : runs) {
    text += section(html_text(runs.size() > 1 ? "Found in " + run.name : "Found"), findings(run));
  }
  std::string configurations;
  for (const RunReading& run : runs) {
    configurations += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>",
                                  html_text(run.directory.configuration().string()),
                                  html_text(run.configuration_text));
  }
  text += section("Configuration", configurations);
  return text + "</main></body></html>\n";
}

}  // namespace plaquette
