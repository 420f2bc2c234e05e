#include "plaquette/io/chart.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "plaquette/io/html_text.hpp"

namespace plaquette::test {
namespace {

std::string texts(const std::vector<Tick>& ticks) {
  std::string all;
  for (const Tick& tick : ticks) all += tick.text + ' ';
  return all;
}

TEST(Ticks, AreRoundAndSayAllTheirDigits) {
  EXPECT_EQ(texts(linear_ticks(0, 60, 6)), "0 10 20 30 40 50 60 ");
  EXPECT_EQ(texts(linear_ticks(-0.52871, -0.52829, 5)), "-0.5287 -0.5286 -0.5285 -0.5284 -0.5283 ");
  EXPECT_EQ(texts(linear_ticks(-0.1, 0.1, 4)), "-0.10 -0.05 0.00 0.05 0.10 ");
  EXPECT_EQ(texts(logarithmic_ticks(2e-5, 0.3)), "1e-4 1e-3 1e-2 1e-1 ");
  EXPECT_EQ(texts(logarithmic_ticks(1.5e-3, 3e-2)), "2e-3 5e-3 1e-2 2e-2 ");
  for (const double low : {1e-300, 1.1e-3, 0.99}) {
    const std::vector<Tick> ticks = logarithmic_ticks(low, 1.05 * low);
    EXPECT_GE(ticks.size(), 2u) << low;
  }
  EXPECT_LE(logarithmic_ticks(1e-40, 1.0).size(), 8u);
}

TEST(Ticks, TextsAreTheirValues) {
  for (const Tick& tick : linear_ticks(-3.7e-7, 9.1e-7, 5)) {
    EXPECT_NEAR(std::stod(tick.text), tick.value, 1e-12);
  }
  for (const Tick& tick : logarithmic_ticks(3e-9, 2e4)) {
    EXPECT_NEAR(std::stod(tick.text) / tick.value, 1, 1e-12);
  }
}

TEST(HtmlText, EscapesWhatMarkupReads) {
  EXPECT_EQ(html_text("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(html_text("J₂ = ½, τ\n"), "J₂ = ½, τ\n");
}

TEST(HtmlText, ReplacesWhatIsNoCharacter) {
  const std::string instead = "\xEF\xBF\xBD";
  EXPECT_EQ(html_text("a\xFF z"), "a" + instead + " z");
  EXPECT_EQ(html_text(std::string("a\0b\x1B", 4)), "a" + instead + "b" + instead);
  EXPECT_EQ(html_text("\xC3"), instead);                              // cut off
  EXPECT_EQ(html_text("\xC0\xBC"), instead + instead);                // '<' in two bytes
  EXPECT_EQ(html_text("\xED\xA0\x80"), instead + instead + instead);  // a surrogate
  EXPECT_EQ(html_text("\xF4\x90\x80\x80").substr(0, 3), instead);     // beyond Unicode
}

TEST(ChartFigure, ManyPointsAreMeansInABandThatHoldsThemAll) {
  Chart chart{.title = "t", .x_label = "step"};
  ChartCurve& curve = chart.curves.emplace_back();
  for (int k = 0; k < 100000; ++k) {
    const double y = k == 50000 ? 100 : k % 2;
    curve.points.push_back({double(k), y, y, y});
  }
  const std::string figure = chart_figure(chart);
  EXPECT_LT(figure.size(), 40000u);
  EXPECT_NE(figure.find("class=\"band"), std::string::npos);
  EXPECT_NE(figure.find(">100</text>"), std::string::npos);  // the one is on the axis
}

TEST(ChartFigure, NothingToDrawIsNothing) {
  EXPECT_EQ(chart_figure({.title = "t", .x_label = "step"}), "");
  Chart chart{.title = "t", .x_label = "step", .logarithmic = true};
  chart.curves.push_back({.label = "zeros", .points = {{1, 0, 0, 0}, {2, -1, -1, -1}}});
  EXPECT_EQ(chart_figure(chart), "");
  chart.curves.front().points.push_back({3, std::numeric_limits<double>::quiet_NaN(), 0, 0});
  EXPECT_EQ(chart_figure(chart), "");
  chart.curves.front().points.push_back({4, 0.5, 0.5, 0.5});  // one alone
  EXPECT_NE(chart_figure(chart).find("<svg"), std::string::npos);
  EXPECT_EQ(bar_figure("t", "s", {"a"}, {{.label = "x", .values = {0.0}}}), "");
}

}  // namespace
}  // namespace plaquette::test
