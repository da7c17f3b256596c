// SPDX-License-Identifier: Apache-2.0
// The charts of a training's report: gaps, one epoch and many, constant and huge values.
#include "train/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>
#include <sstream>
#include <string>

#include "harness/pages.h"

namespace smear {
namespace {

using test::count;
using testing::HasSubstr;
using testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Every coordinate of the picture is a finite number within it.
void expect_within(const std::string& svg) {
  const std::regex number(R"re((?:x|y|x1|x2|y1|y2|cx|cy|points)="([^"]*)")re");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), number); it != std::sregex_iterator();
       ++it) {
    std::string values = (*it)[1];
    for (char& c : values)
      if (c == ',') c = ' ';
    std::istringstream stream(values);
    for (double value = 0; stream >> value;) {
      EXPECT_GE(value, 0.0) << values;
      EXPECT_LE(value, 560.0) << values;
    }
    EXPECT_TRUE(stream.eof()) << values;
  }
}

TEST(Chart, OneEpochIsADot) {
  const auto svg = chart_svg({"loss", {{"training", {3.0}}, {"validation", {4.0}}}, {}});
  EXPECT_EQ(count(svg, "<circle"), 2U);
  EXPECT_EQ(count(svg, "<polyline"), 0U);
  expect_within(svg);
}

TEST(Chart, GapsBreakTheLine) {
  const auto svg = chart_svg({"loss", {{"", {3, 2, nan, 1, infinity, 4, 5, 6}}}, {}});
  EXPECT_EQ(count(svg, "<polyline"), 2U);
  EXPECT_EQ(count(svg, "<circle"), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  expect_within(svg);
}

TEST(Chart, WithoutAFiniteValueSaysSo) {
  EXPECT_THAT(chart_svg({"loss", {{"", {nan, 1e300}}}, {}}), HasSubstr("no finite value"));
  EXPECT_THAT(chart_svg({"loss", {}, {}}), HasSubstr("no finite value"));
}

TEST(Chart, ManyEpochsAndEveryScaleStayWithin) {
  std::vector<double> falling;
  std::vector<double> warm_up;
  for (int i = 0; i < 1000; ++i) {
    falling.push_back(4e4 * std::exp(-i / 80.0) + 120.0);
    warm_up.push_back(std::min(1.0, i / 100.0));
  }
  const std::vector<std::vector<double>> scales{falling,        warm_up,       {5, 5, 5},
                                                {0, 0},         {-3, -1e9, 2}, {1e-99, 1e99},
                                                {1e-12, 2e-12}, {-1e99, 1e99}, {-7, -7}};
  for (const auto& values : scales) {
    const auto svg = chart_svg({"x", {{"", values}}, 2});
    EXPECT_EQ(count(svg, "<polyline"), 1U);
    EXPECT_GE(count(svg, "class=\"grid\""), 1U);
    expect_within(svg);
  }
}

TEST(Chart, IsLogarithmicWhereTheRangeIsWide) {
  EXPECT_THAT(chart_svg({"loss", {{"", {10000, 100, 1}}}, {}}),
              testing::AllOf(HasSubstr(">100<"), HasSubstr(">10000<")));
  EXPECT_THAT(chart_svg({"loss", {{"", {10, 5, 1}}}, {}}), HasSubstr(">4<"));
  EXPECT_THAT(chart_svg({"loss", {{"", {10000, 100, 0}}}, {}}), HasSubstr(">5000<"));
}

TEST(Chart, TitleIsEscaped) {
  EXPECT_THAT(chart_svg({"a<b", {{"", {1, 2}}}, {}}), HasSubstr("aria-label=\"a&lt;b\""));
}

}  // namespace
}  // namespace smear
