#include "plaquette/io/report_panels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "fmt/format.h"
#include "plaquette/io/run_statistics.hpp"

namespace plaquette {
namespace {

std::vector<double> energies(const RunReading& run) {
  std::vector<double> values;
  for (const LoggedStep& step : run.log.steps) values.push_back(step.energy);
  return values;
}

/// Error bars of trailing_means of the energies; 0 where a step has none.
std::vector<double> trailing_errors(const RunReading& run, std::size_t window) {
  std::vector<double> squares;
  for (const LoggedStep& step : run.log.steps) {
    squares.push_back(std::pow(step.energy_error.value_or(0), 2));
  }
  std::vector<double> errors = trailing_means(squares, window);
  for (std::size_t k = 0; k < errors.size(); ++k) {
    const auto width = static_cast<double>(std::clamp<std::size_t>((k + 1) / 4, 1, window));
    errors[k] = std::sqrt(errors[k] / width);
  }
  return errors;
}

ChartPoint point_of(const LoggedStep& step, double y, double error) {
  return {static_cast<double>(step.step), y, y - error, y + error};
}

/// A curve a run of a number that not every step has.
Chart plain_chart(Runs runs, const std::string& title, std::optional<double> LoggedStep::*member) {
  Chart chart{.title = title, .x_label = "step"};
  for (std::size_t r = 0; r < runs.size(); ++r) {
    ChartCurve curve{.label = runs[r].name, .colour = r};
    for (const LoggedStep& step : runs[r].log.steps) {
      if (step.*member) curve.points.push_back(point_of(step, *(step.*member), 0));
    }
    if (!curve.points.empty()) chart.curves.push_back(std::move(curve));
  }
  return chart;
}

/// The references of all runs, each once.
std::vector<ChartLevel> reference_levels(Runs runs) {
  std::vector<ChartLevel> levels;
  for (const RunReading& run : runs) {
    if (!run.reference) continue;
    const double y = run.reference->per_site;
    const auto same = [y](const ChartLevel& level) { return level.y == y; };
    if (std::ranges::any_of(levels, same)) continue;
    levels.push_back({y, fmt::format("{} {:.6f}", run.reference->source, y)});
  }
  return levels;
}

std::vector<ChartMark> summary_marks(Runs runs) {
  std::vector<ChartMark> marks;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (!runs[r].finished()) continue;
    const Estimate& energy = runs[r].summary->energy;
    marks.push_back(
        {static_cast<double>(runs[r].step()), energy.mean, energy.error, r,
         fmt::format("{}, summary: {:.8f} ± {:.8f}", runs[r].name, energy.mean, energy.error)});
  }
  return marks;
}

/// Levels that are near enough to what is drawn not to flatten it; the others are said in the note.
void keep_near_levels(Chart& chart) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const ChartCurve& curve : chart.curves) {
    for (const ChartPoint& point : curve.points) {
      low = std::min(low, point.low);
      high = std::max(high, point.high);
    }
  }
  std::vector<ChartLevel> near;
  for (const ChartLevel& level : chart.levels) {
    if (level.y >= low - (high - low) && level.y <= high + (high - low)) {
      near.push_back(level);
    } else {
      chart.note += fmt::format(" Outside: {}.", level.label);
    }
  }
  chart.levels = std::move(near);
}

std::string momentum_text(std::size_t k, std::size_t length) {
  if (k == 0) return "0";
  if (2 * k == length) return "π";
  return fmt::format("{:.3g}π", 2.0 * static_cast<double>(k) / static_cast<double>(length));
}

std::string distance_text(std::size_t k, std::size_t length) {
  return fmt::format(
      "{}", 2 * k <= length ? static_cast<int>(k) : static_cast<int>(k) - static_cast<int>(length));
}

/// Names of the first and the middle one of `length` rows or columns, as `name` has them.
std::vector<std::string> sparse_names(std::size_t length,
                                      std::string (*name)(std::size_t, std::size_t)) {
  std::vector<std::string> names(length);
  names[0] = name(0, length);
  if (length > 1) names[length / 2] = name(length / 2, length);
  return names;
}

CellMap cells(const LatticeMap& map, const std::string& title,
              std::string (*name)(std::size_t, std::size_t)) {
  CellMap cell_map{.title = title,
                   .rows = map.rows,
                   .columns = map.columns,
                   .row_names = sparse_names(map.rows, name),
                   .column_names = sparse_names(map.columns, name)};
  for (const Estimate& value : map.values) cell_map.values.push_back(value.mean);
  return cell_map;
}

/// One row of a map, on a chain: a curve with its error band.
std::string row_figure(const LatticeMap& map, const std::string& title, const std::string& x_label,
                       double unit) {
  Chart chart{.title = title, .x_label = x_label};
  ChartCurve curve{.label = title, .band = true};
  for (std::size_t k = 0; k < map.columns; ++k) {
    const Estimate& value = map.values[k];
    curve.points.push_back({unit * static_cast<double>(k), value.mean, value.mean - value.error,
                            value.mean + value.error});
  }
  chart.curves.push_back(std::move(curve));
  return chart_figure(chart);
}

}  // namespace

Chart energy_chart(Runs runs) {
  Chart chart{.title = "Energy per site, from the first step", .x_label = "step"};
  chart.note = "Band: one error bar. Dots at the end: fresh samples of the final parameters.";
  for (std::size_t r = 0; r < runs.size(); ++r) {
    ChartCurve curve{.label = runs[r].name, .colour = r, .band = true};
    for (const LoggedStep& step : runs[r].log.steps) {
      curve.points.push_back(point_of(step, step.energy, step.energy_error.value_or(0)));
    }
    chart.curves.push_back(std::move(curve));
  }
  chart.levels = reference_levels(runs);
  chart.marks = summary_marks(runs);
  return chart;
}

Chart settled_chart(Runs runs) {
  Chart chart{.title = "Energy per site, the last part enlarged", .x_label = "step"};
  chart.note = fmt::format("Line: mean of {} steps. Band: one error bar of each step.", kMeanSteps);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Steps steps = runs[r].log.steps;
    const std::vector<double> means = trailing_means(energies(runs[r]), kMeanSteps);
    ChartCurve curve{.label = runs[r].name, .colour = r, .band = true};
    for (std::size_t k = settled_from(steps); k < steps.size(); ++k) {
      const double error = steps[k].energy_error.value_or(0);
      curve.points.push_back({static_cast<double>(steps[k].step), means[k], steps[k].energy - error,
                              steps[k].energy + error});
    }
    chart.curves.push_back(std::move(curve));
  }
  chart.levels = reference_levels(runs);
  keep_near_levels(chart);
  chart.marks = summary_marks(runs);
  return chart;
}

Chart error_chart(Runs runs) {
  Chart chart{.title = "Relative error of the energy", .x_label = "step", .logarithmic = true};
  chart.note = fmt::format(
      "Whole: |mean of {} steps − reference| / |reference|. Dashed: the error bar of that mean; "
      "what "
      "is below it is noise.",
      kMeanSteps);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (!runs[r].reference) continue;
    const double reference = runs[r].reference->per_site;
    const std::vector<double> means = trailing_means(energies(runs[r]), kMeanSteps);
    const std::vector<double> errors = trailing_errors(runs[r], kMeanSteps);
    ChartCurve curve{.label = runs[r].name, .colour = r};
    ChartCurve floor{.label = runs[r].name + ", error bar", .colour = r, .dash = 1};
    for (std::size_t k = 0; k < means.size(); ++k) {
      const LoggedStep& step = runs[r].log.steps[k];
      curve.points.push_back(point_of(step, std::abs(means[k] / reference - 1), 0));
      floor.points.push_back(point_of(step, std::abs(errors[k] / reference), 0));
    }
    chart.curves.push_back(std::move(curve));
    if (errors.back() > 0) chart.curves.push_back(std::move(floor));
  }
  return chart;
}

Chart variance_chart(Runs runs) {
  Chart chart = plain_chart(runs, "Variance of H, over N²", &LoggedStep::variance);
  chart.logarithmic = true;
  return chart;
}

Chart v_score_chart(Runs runs) {
  Chart chart = plain_chart(runs, "V-score", &LoggedStep::v_score);
  chart.logarithmic = true;
  for (const PublishedVScore& row : published_v_scores(runs.front().configuration.job)) {
    chart.levels.push_back({row.v_score, row.method});
  }
  if (!chart.levels.empty()) chart.note = "Levels: Wu et al., Science 386, 296 (2024).";
  return chart;
}

Chart acceptance_chart(Runs runs) {
  Chart chart = plain_chart(runs, "Acceptance", &LoggedStep::acceptance);
  chart.from = 0;
  return chart;
}

Chart r_hat_chart(Runs runs) {
  Chart chart = plain_chart(runs, "Split R̂ of the chains", &LoggedStep::r_hat);
  chart.levels.push_back({1.01, "chains agree below 1.01"});
  chart.from = 1;
  return chart;
}

Chart tau_chart(Runs runs) {
  Chart chart = plain_chart(runs, "Autocorrelation time τ, in samples", &LoggedStep::tau);
  chart.from = 0;
  return chart;
}

Chart learning_rate_chart(Runs runs) {
  Chart chart = plain_chart(runs, "Learning rate and diagonal shift", &LoggedStep::learning_rate);
  Chart shift = plain_chart(runs, "", &LoggedStep::diag_shift);
  for (ChartCurve& curve : shift.curves) {
    curve.label += ", shift";
    curve.dash = 1;
    chart.curves.push_back(std::move(curve));
  }
  chart.logarithmic = true;
  return chart;
}

Chart spread_chart(Runs runs) {
  Chart chart{.title = "Spread of the attention weights over inputs", .x_label = "step"};
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto layers = static_cast<std::size_t>(runs[r].configuration.job.network.layers);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      ChartCurve curve{.label = fmt::format("{}, layer {}", runs[r].name, layer),
                       .colour = runs.size() == 1 ? layer : r,
                       .dash = layer};
      for (const LoggedStep& step : runs[r].log.steps) {
        if (step.attention_spread.size() <= layer || step.attention_spread[layer].empty()) continue;
        const std::vector<double>& heads = step.attention_spread[layer];
        double sum = 0;
        for (double head : heads) sum += head;
        curve.points.push_back(point_of(step, sum / static_cast<double>(heads.size()), 0));
      }
      if (!curve.points.empty()) chart.curves.push_back(std::move(curve));
    }
  }
  chart.from = 0;
  return chart;
}

std::vector<BarRow> phase_seconds(Runs runs) {
  std::vector<BarRow> rows;
  for (std::size_t phase = 0; phase < kPhaseNames.size(); ++phase) {
    BarRow row{.label = kPhaseNames[phase]};
    for (const RunReading& run : runs) {
      const auto seconds = median(late_part(run.log.steps), [phase](const LoggedStep& step) {
        return step.seconds ? std::optional((*step.seconds)[phase]) : std::nullopt;
      });
      row.values.push_back(seconds.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string observables_figures(const RunReading& run) {
  if (!run.measurement || !run.measurement->structure_factor) return {};
  const LatticeMap& S = *run.measurement->structure_factor;
  const auto peak = std::ranges::max_element(S.values, {}, &Estimate::mean);
  const auto at = static_cast<std::size_t>(peak - S.values.begin());
  const std::string column = momentum_text(at % S.columns, S.columns);
  const std::string size = fmt::format("largest {:.4f} ± {:.4f} at ", peak->mean, peak->error);
  if (S.rows == 1) {
    std::string figures =
        row_figure(S, "S(q), " + size + column, "q / π", 2.0 / static_cast<double>(S.columns));
    if (run.measurement->spin_correlations) {
      figures += row_figure(*run.measurement->spin_correlations, "C(r) = ⟨S·S⟩", "r", 1);
    }
    return figures;
  }
  const std::string row = momentum_text(at / S.columns, S.rows);
  std::string figures = map_figure(
      cells(S, fmt::format("S(q), {}({}, {})", size, row, column), momentum_text), peak->mean);
  if (run.measurement->spin_correlations) {
    const LatticeMap& C = *run.measurement->spin_correlations;
    double largest = 0;
    for (std::size_t k = 1; k < C.values.size(); ++k) {
      largest = std::max(largest, std::abs(C.values[k].mean));
    }
    figures += map_figure(
        cells(C, fmt::format("C(r) = ⟨S·S⟩, full colour ±{:.4f}", largest), distance_text),
        largest);
  }
  return figures;
}

std::string attention_figures(const RunReading& run) {
  if (!run.attention) return {};
  const FoundAttention& found = *run.attention;
  double largest = std::numeric_limits<double>::min();
  for (double weight : found.mean) largest = std::max(largest, std::abs(weight));
  const std::size_t cell_count = found.tokens * found.tokens;
  std::string figures;
  for (std::size_t map = 0; map < found.layers * found.heads; ++map) {
    const double* const first = found.mean.data() + map * cell_count;
    figures +=
        map_figure({.title = fmt::format("layer {}, head {}: spread {:.3f}", map / found.heads,
                                         map % found.heads, found.spread[map]),
                    .rows = found.tokens,
                    .columns = found.tokens,
                    .values = {first, first + cell_count}},
                   largest);
  }
  return figures;
}

}  // namespace plaquette
