#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace plaquette {

/// A value of a curve, with what lies between `low` and `high` about it.
struct ChartPoint {
  double x = 0;
  double y = 0;
  double low = 0;
  double high = 0;
};

struct ChartCurve {
  std::string label;
  std::size_t colour = 0;  ///< of the page's series colours, taken in turn
  std::size_t dash = 0;    ///< 0 a whole line, then dashes of several kinds
  std::vector<ChartPoint> points = {};
  bool band = false;  ///< draws low to high
};

/// A value across the whole chart.
struct ChartLevel {
  double y = 0;
  std::string label;
};

/// A single result with its error, beside the curves.
struct ChartMark {
  double x = 0;
  double y = 0;
  double error = 0;
  std::size_t colour = 0;
  std::string label;
};

/// Curves over one axis each way. On a logarithmic axis what is not above 0 has no place: curves
/// break there, bands end at the lower edge.
struct Chart {
  std::string title;
  std::string note = {};  ///< what a reader must know of how it is drawn
  std::string x_label;
  bool logarithmic = false;
  std::vector<ChartCurve> curves = {};
  std::vector<ChartLevel> levels = {};
  std::vector<ChartMark> marks = {};
  std::optional<double> from = {};  ///< what the y axis must show, whatever the curves do
  std::optional<double> to = {};
};

/// A <figure> with the chart as SVG, coloured by the page's style sheet, and a legend where there
/// is more than one curve. Curves of more points than the chart has columns are drawn as means of
/// so many, within a band that holds them all. Empty if there is nothing to draw.
std::string chart_figure(const Chart& chart);

/// One row of bars: a value of each series (NaN: none).
struct BarRow {
  std::string label;
  std::vector<double> values = {};
};

/// A <figure> of horizontal bars, rows by label and series by colour.
std::string bar_figure(const std::string& title, const std::string& unit,
                       const std::vector<std::string>& series, const std::vector<BarRow>& rows);

/// A matrix as a map of cells, (rows, columns) row-major.
struct CellMap {
  std::string title;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values = {};
  std::vector<std::string> row_names = {};     ///< beside the rows; empty: none
  std::vector<std::string> column_names = {};  ///< below the columns; empty: none
};

/// A <figure> of the matrix: the stronger a cell's colour, the larger its value, from 0 to
/// `largest`; negative ones in another colour.
std::string map_figure(const CellMap& map, double largest);

/// Positions and texts of axis ticks.
struct Tick {
  double value = 0;
  std::string text;
};

/// Round numbers from `low` to `high`, about `count` of them. low < high.
std::vector<Tick> linear_ticks(double low, double high, int count);
/// Powers of ten; where there are fewer than two, 2 and 5 times those too, or linear ticks. 0 <
/// low.
std::vector<Tick> logarithmic_ticks(double low, double high);

}  // namespace plaquette
