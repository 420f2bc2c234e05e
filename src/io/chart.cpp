#include "plaquette/io/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "fmt/format.h"
#include "plaquette/io/html_text.hpp"

namespace plaquette {
namespace {

// Sizes in units of the drawing, which are pixels of a chart as wide as itself.
constexpr double kWidth = 440;
constexpr double kHeight = 270;
constexpr double kTop = 12;
constexpr double kRight = 14;
constexpr double kBottom = 44;
constexpr double kCharacter = 6.8;  // mean width of a digit
constexpr std::size_t kMostPoints = 600;

/// Values along one axis, and where they are drawn.
struct Axis {
  bool logarithmic = false;
  double low = 0;   // value at `start`
  double high = 1;  // value at `end`
  double start = 0;
  double end = 1;

  double scaled(double value) const { return logarithmic ? std::log10(value) : value; }
  double operator()(double value) const {
    return start + (end - start) * (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
  }
  bool holds(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }
};

/// The smallest and the largest of what is put in.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// Means of so many neighbours that a chart can show them, in a band that holds them all.
std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points) {
  const std::size_t stride = (points.size() + kMostPoints - 1) / kMostPoints;
  if (stride <= 1) return points;
  std::vector<ChartPoint> means;
  for (std::size_t begin = 0; begin < points.size(); begin += stride) {
    const std::size_t end = std::min(points.size(), begin + stride);
    const auto count = static_cast<double>(end - begin);
    ChartPoint mean{.low = points[begin].low, .high = points[begin].high};
    for (std::size_t k = begin; k < end; ++k) {
      mean.x += points[k].x / count;
      mean.y += points[k].y / count;
      mean.low = std::min({mean.low, points[k].low, points[k].y});
      mean.high = std::max({mean.high, points[k].high, points[k].y});
    }
    means.push_back(mean);
  }
  return means;
}

/// A little room about the values.
Axis padded(Range range, bool logarithmic) {
  Axis axis{.logarithmic = logarithmic, .low = range.low, .high = range.high};
  if (logarithmic) {
    const double room = std::max(0.04 * std::log10(range.high / range.low), 0.02);
    axis.low = range.low * std::pow(10.0, -room);
    axis.high = range.high * std::pow(10.0, room);
  } else {
    const double room = std::max({0.05 * (range.high - range.low), 1e-12 * std::abs(range.high),
                                  range.high == range.low ? 1e-3 * std::abs(range.high) : 0,
                                  std::numeric_limits<double>::min()});
    axis.low = range.low - room;
    axis.high = range.high + room;
  }
  return axis;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart), curves_(chart.curves) {
    for (ChartCurve& curve : curves_) {
      const std::size_t before = curve.points.size();
      curve.points = thinned(curve.points);
      if (curve.points.size() < before) curve.band = true;
    }
  }

  bool fit() {
    Range x;
    Range y;
    const Axis probe{.logarithmic = chart_.logarithmic};
    const auto add = [&](double value) {
      if (probe.holds(value)) y.add(value);
    };
    for (const ChartCurve& curve : curves_) {
      for (const ChartPoint& point : curve.points) {
        if (!probe.holds(point.y)) continue;
        x.add(point.x);
        y.add(point.y);
        if (!curve.band || chart_.logarithmic) continue;
        add(point.low);
        add(point.high);
      }
    }
    if (y.empty()) return false;
    for (const ChartLevel& level : chart_.levels) add(level.y);
    for (const ChartMark& mark : chart_.marks) {
      x.add(mark.x);
      add(mark.y - mark.error);
      add(mark.y + mark.error);
    }
    if (chart_.from) add(*chart_.from);
    if (chart_.to) add(*chart_.to);
    // Room for a level's text below it.
    if (!chart_.levels.empty() && !chart_.logarithmic) y.low -= 0.05 * (y.high - y.low);
    y_ = padded(y, chart_.logarithmic);
    y_.start = kHeight - kBottom;
    y_.end = kTop;
    y_ticks_ =
        chart_.logarithmic ? logarithmic_ticks(y_.low, y_.high) : linear_ticks(y_.low, y_.high, 5);
    std::size_t longest = 0;
    for (const Tick& tick : y_ticks_) longest = std::max(longest, tick.text.size());
    left_ = 12 + kCharacter * static_cast<double>(longest);
    x_ = {.low = x.low, .high = x.high > x.low ? x.high : x.low + 1, .start = left_};
    x_.end = kWidth - kRight;
    return true;
  }

  std::string svg() const {
    std::string text =
        fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">)", kWidth,
                    kHeight, html_text(chart_.title));
    text += axes();
    for (const ChartCurve& curve : curves_) {
      if (curve.band) text += band(curve);
    }
    for (const ChartLevel& level : chart_.levels) text += level_line(level);
    for (const ChartCurve& curve : curves_) text += line(curve);
    for (const ChartLevel& level : chart_.levels) text += level_text(level);
    for (const ChartMark& mark : chart_.marks) text += mark_cross(mark);
    return text + "</svg>";
  }

  const std::vector<ChartCurve>& curves() const { return curves_; }

 private:
  std::string axes() const {
    std::string text = "<g class=\"x axis\">";
    for (const Tick& tick : linear_ticks(x_.low, x_.high, 6)) {
      text += fmt::format(
          R"(<line x1="{0:.2f}" x2="{0:.2f}" y1="{1:.2f}" y2="{2:.2f}"/><text x="{0:.2f}" y="{3:.2f}">{4}</text>)",
          x_(tick.value), y_.start, y_.end, y_.start + 16, tick.text);
    }
    text += "</g><g class=\"y axis\">";
    for (const Tick& tick : y_ticks_) {
      text += fmt::format(
          R"(<line x1="{0:.2f}" x2="{1:.2f}" y1="{2:.2f}" y2="{2:.2f}"/><text x="{3:.2f}" y="{4:.2f}">{5}</text>)",
          x_.start, x_.end, y_(tick.value), left_ - 6, y_(tick.value) + 4, tick.text);
    }
    return text + fmt::format(R"(</g><text class="name" x="{:.2f}" y="{:.2f}">{}</text>)",
                              (x_.start + x_.end) / 2, kHeight - 8, html_text(chart_.x_label));
  }

  /// Within the chart, also where a logarithmic axis has no place.
  double clamped(double value) const {
    return y_(y_.holds(value) ? std::clamp(value, y_.low, y_.high) : y_.low);
  }

  std::string band(const ChartCurve& curve) const {
    std::string there;
    std::vector<std::string> back;
    for (const ChartPoint& point : curve.points) {
      if (!std::isfinite(point.low) || !std::isfinite(point.high)) continue;
      there += fmt::format("{:.2f},{:.2f} ", x_(point.x), clamped(point.high));
      back.push_back(fmt::format("{:.2f},{:.2f} ", x_(point.x), clamped(point.low)));
    }
    for (auto corner = back.rbegin(); corner != back.rend(); ++corner) there += *corner;
    return fmt::format(R"(<polygon class="band c{}" points="{}"/>)", colour(curve.colour), there);
  }

  std::string line(const ChartCurve& curve) const {
    std::string path;
    bool drawing = false;
    for (const ChartPoint& point : curve.points) {
      if (!y_.holds(point.y)) {
        drawing = false;
        continue;
      }
      path += fmt::format("{}{:.2f},{:.2f}", drawing ? "L" : "M", x_(point.x), y_(point.y));
      drawing = true;
    }
    return fmt::format(R"(<path class="curve c{} dash{}" d="{}"><title>{}</title></path>)",
                       colour(curve.colour), curve.dash % 4, path, html_text(curve.label));
  }

  std::string level_line(const ChartLevel& level) const {
    if (!y_.holds(level.y)) return {};
    return fmt::format(R"(<line class="level" x1="{:.2f}" x2="{:.2f}" y1="{:.2f}" y2="{:.2f}"/>)",
                       x_.start, x_.end, y_(level.y), y_(level.y));
  }

  /// Below a line that is low or at the upper edge, else on it; on the left, where curves begin
  /// high.
  std::string level_text(const ChartLevel& level) const {
    if (!y_.holds(level.y)) return {};
    const double y = y_(level.y);
    const double room = y_.start - y;
    const bool below = y - kTop < 14 || (room > 14 && room < (y_.start - y_.end) / 4);
    return fmt::format(R"(<text class="level" x="{:.2f}" y="{:.2f}">{}</text>)", x_.start + 4,
                       below ? y + 12 : y - 4, html_text(level.label));
  }

  std::string mark_cross(const ChartMark& mark) const {
    if (!y_.holds(mark.y)) return {};
    return fmt::format(
        R"(<g class="mark c{0}"><line x1="{1:.2f}" x2="{1:.2f}" y1="{2:.2f}" y2="{3:.2f}"/><circle cx="{1:.2f}" cy="{4:.2f}" r="3.5"/><title>{5}</title></g>)",
        colour(mark.colour), x_(mark.x), clamped(mark.y - mark.error), clamped(mark.y + mark.error),
        y_(mark.y), html_text(mark.label));
  }

 public:
  /// The style sheet has so many series colours.
  static std::size_t colour(std::size_t index) { return index % 8; }

 private:
  const Chart& chart_;
  std::vector<ChartCurve> curves_;
  Axis x_;
  Axis y_;
  std::vector<Tick> y_ticks_;
  double left_ = 0;
};

std::string legend(const std::vector<ChartCurve>& curves) {
  if (curves.size() < 2) return {};
  std::string text = "<ul class=\"legend\">";
  for (const ChartCurve& curve : curves) {
    text += fmt::format(
        R"(<li><svg class="key" viewBox="0 0 22 8"><path class="curve c{} dash{}" d="M0,4L22,4"/></svg>{}</li>)",
        Drawing::colour(curve.colour), curve.dash % 4, html_text(curve.label));
  }
  return text + "</ul>";
}

std::string figure(const std::string& title, const std::string& body, const std::string& note) {
  const std::string below =
      note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>", html_text(note));
  return fmt::format("<figure><figcaption>{}</figcaption>{}{}</figure>\n", html_text(title), body,
                     below);
}

}  // namespace

std::string chart_figure(const Chart& chart) {
  Drawing drawing(chart);
  if (!drawing.fit()) return {};
  return figure(chart.title, drawing.svg() + legend(drawing.curves()), chart.note);
}

std::string bar_figure(const std::string& title, const std::string& unit,
                       const std::vector<std::string>& series, const std::vector<BarRow>& rows) {
  constexpr double kBar = 13;
  constexpr double kGap = 10;
  constexpr double kLabels = 112;
  constexpr double kNumbers = 62;
  double largest = 0;
  for (const BarRow& row : rows) {
    for (double value : row.values) largest = std::max(largest, std::isnan(value) ? 0 : value);
  }
  if (largest <= 0) return {};
  const double rows_height = kBar * static_cast<double>(series.size()) + kGap;
  std::string text =
      fmt::format(R"(<svg class="bars" viewBox="0 0 {} {:.2f}" role="img" aria-label="{}">)",
                  kWidth, rows_height * static_cast<double>(rows.size()), html_text(title));
  double y = kGap / 2;
  for (const BarRow& row : rows) {
    text += fmt::format(R"(<text class="row" x="{}" y="{:.2f}">{}</text>)", kLabels - 8,
                        y + (rows_height - kGap) / 2 + 4, html_text(row.label));
    for (std::size_t k = 0; k < row.values.size(); ++k, y += kBar) {
      if (std::isnan(row.values[k])) continue;
      const double length = (kWidth - kLabels - kNumbers) * row.values[k] / largest;
      text += fmt::format(
          R"(<rect class="bar c{}" x="{}" y="{:.2f}" width="{:.2f}" height="{}"/><text x="{:.2f}" y="{:.2f}">{:.3g} {}</text>)",
          Drawing::colour(k), kLabels, y + 1, length, kBar - 2, kLabels + length + 5, y + kBar - 3,
          row.values[k], html_text(unit));
    }
    y += kGap;
  }
  std::vector<ChartCurve> keys;
  for (std::size_t k = 0; k < series.size(); ++k) keys.push_back({.label = series[k], .colour = k});
  return figure(title, text + "</svg>" + legend(keys), "");
}

std::string map_figure(const CellMap& map, double largest) {
  constexpr std::int64_t kShades = 20;
  constexpr double kCell = 10;
  const double text_size = 0.4 * static_cast<double>(map.columns);
  const double left = map.row_names.empty() ? 0.0 : 2.5 * text_size;
  const double below = map.column_names.empty() ? 0.0 : 1.6 * text_size;
  // Cells of one shade are one path: a map of 100×100 cells stays small.
  std::vector<std::string> paths(std::size_t{2 * kShades + 1});
  const auto shade = [&](std::size_t row, std::size_t column) {
    const double value = map.values[row * map.columns + column] / largest;
    return std::lround(static_cast<double>(kShades) * std::clamp(value, -1.0, 1.0));
  };
  const auto index = [](std::int64_t shade) { return static_cast<std::size_t>(shade + kShades); };
  for (std::size_t row = 0; row < map.rows; ++row) {
    for (std::size_t column = 0; column < map.columns;) {
      const std::int64_t here = shade(row, column);
      std::size_t end = column + 1;
      while (end < map.columns && shade(row, end) == here) ++end;
      paths[index(here)] +=
          fmt::format("M{},{}h{}v1h-{}z", column, row, end - column, end - column);
      column = end;
    }
  }
  const auto rows = static_cast<double>(map.rows);
  const auto columns = static_cast<double>(map.columns);
  std::string text = fmt::format(
      R"svg(<svg class="map" viewBox="{:.1f} -1 {:.1f} {:.1f}" font-size="{:.1f}" role="img" aria-label="{}"><g transform="scale({})">)svg",
      -left - 1, kCell * columns + left + 2, kCell * rows + below + 2, text_size,
      html_text(map.title), kCell);
  for (std::int64_t k = -kShades; k <= kShades; ++k) {
    const std::string& path = paths[index(k)];
    if (path.empty() || k == 0) continue;
    text +=
        fmt::format(R"(<path class="{}" fill-opacity="{:.2f}" d="{}"/>)", k < 0 ? "minus" : "plus",
                    static_cast<double>(std::abs(k)) / static_cast<double>(kShades), path);
  }
  text += fmt::format(R"(</g><rect class="frame" width="{}" height="{}"/>)", kCell * columns,
                      kCell * rows);
  for (std::size_t k = 0; k < map.row_names.size(); ++k) {
    if (map.row_names[k].empty()) continue;
    text += fmt::format(R"(<text class="row" x="{:.1f}" y="{:.1f}">{}</text>)", -0.5 * text_size,
                        kCell * (static_cast<double>(k) + 0.5) + 0.35 * text_size,
                        html_text(map.row_names[k]));
  }
  for (std::size_t k = 0; k < map.column_names.size(); ++k) {
    if (map.column_names[k].empty()) continue;
    text += fmt::format(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)",
                        kCell * (static_cast<double>(k) + 0.5), kCell * rows + 1.3 * text_size,
                        html_text(map.column_names[k]));
  }
  return figure(map.title, text + "</svg>", "");
}

}  // namespace plaquette
