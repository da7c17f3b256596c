// SPDX-License-Identifier: Apache-2.0
// Charts of intervals: what is drawn of values that are there, in part or not at all, and that it
// stays within the axis.
#include "study/interval-chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>
#include <string>

#include "harness/pages.h"

namespace smear::study {
namespace {

using test::count;
using testing::HasSubstr;
using testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

void expect_within(const std::string& svg) {
  const std::regex place(R"re((?:x|x1|x2|cx|width)="([^"]*)%")re");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), place); it != std::sregex_iterator();
       ++it) {
    const double value = std::stod((*it)[1]);
    EXPECT_GE(value, 0.0) << (*it)[0];
    EXPECT_LE(value, 100.0) << (*it)[0];
  }
  // As numbers of the picture; its description may say that something is infinite.
  EXPECT_THAT(svg, Not(testing::ContainsRegex("\"-?(nan|inf)")));
}

/// The places of the dots, in percent.
std::vector<double> dots(const std::string& svg) {
  std::vector<double> places;
  const std::regex dot(R"re(<circle class="value" cx="([0-9.]+)%")re");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), dot); it != std::sregex_iterator();
       ++it)
    places.push_back(std::stod((*it)[1]));
  return places;
}

TEST(IntervalChart, DrawsADotAndAWhiskerWithTwoCapsARow) {
  const auto svg =
      interval_chart_svg({"Circularity", "", {{"1", {{5, 4, 6}}}, {"2", {{7, 5, 10}}}}, {}});
  EXPECT_EQ(dots(svg).size(), 2U);
  EXPECT_LT(dots(svg)[0], dots(svg)[1]);
  EXPECT_EQ(count(svg, "<line class=\"value\""), 8U);
  EXPECT_GE(count(svg, "class=\"grid\""), 2U);
  EXPECT_THAT(svg, HasSubstr("aria-label=\"Circularity\""));
  EXPECT_THAT(svg, HasSubstr("<desc>1: 5.00 (4.00 to 6.00); 2: 7.00 (5.00 to 10.0)</desc>"));
  expect_within(svg);
}

TEST(IntervalChart, RowsKeepTheirOrder) {
  const auto svg = interval_chart_svg({"x", "", {{"zz", {{1, 1, 1}}}, {"aa", {{2, 2, 2}}}}, {}});
  const std::regex label(R"re(<text class="label"[^>]* y="([0-9.]+)"[^>]*>(zz|aa)<)re");
  std::vector<std::pair<std::string, double>> labels;
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), label); it != std::sregex_iterator();
       ++it)
    labels.emplace_back((*it)[2], std::stod((*it)[1]));
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].first, "zz");
  EXPECT_LT(labels[0].second, labels[1].second);
}

TEST(IntervalChart, AValueThatIsNotThereIsADash) {
  const auto svg = interval_chart_svg(
      {"x",
       "",
       {{"a", {{1, 0, 2}}}, {"b", {}}, {"c", {{nan, nan, nan}}}, {"d", {{infinity, 1, 2}}}},
       {}});
  EXPECT_EQ(dots(svg).size(), 1U);
  EXPECT_EQ(count(svg, ">–</text>"), 3U);
  EXPECT_THAT(svg, HasSubstr("b: no value"));
  expect_within(svg);
}

TEST(IntervalChart, AnEndThatIsNotANumberHasNoWhisker) {
  const auto both = interval_chart_svg({"x", "", {{"a", {{1, nan, nan}}}, {"b", {{2, 2, 2}}}}, {}});
  const auto one = interval_chart_svg({"x", "", {{"a", {{1, nan, 3}}}, {"b", {{2, 2, 2}}}}, {}});
  EXPECT_EQ(count(both, "<line class=\"value\""), 4U);
  EXPECT_EQ(count(one, "<line class=\"value\""), 6U);
  expect_within(both);
  expect_within(one);
}

TEST(IntervalChart, AnInfiniteEndReachesTheEdgeWithoutACap) {
  const auto svg = interval_chart_svg({"x", "", {{"a", {{1, -infinity, infinity}}}}, {}});
  EXPECT_EQ(count(svg, "<line class=\"value\""), 2U);
  EXPECT_THAT(svg, HasSubstr("x2=\"0%\""));
  EXPECT_THAT(svg, HasSubstr("x2=\"100%\""));
  expect_within(svg);
}

TEST(IntervalChart, WithoutAFiniteValueSaysSo) {
  for (const IntervalChart& chart :
       {IntervalChart{"x", "", {}, {}}, IntervalChart{"x", "", {{"a", {}}}, {}},
        IntervalChart{"x", "", {{"a", {{nan, 1, 2}}}}, {{"r", {infinity, 0, 1}, 0}}}}) {
    EXPECT_THAT(interval_chart_svg(chart), HasSubstr("no finite value"));
    EXPECT_EQ(count(interval_chart_svg(chart), "<svg"), count(interval_chart_svg(chart), "</svg>"));
  }
}

TEST(IntervalChart, ReferencesAreLabelledLinesWithBands) {
  const auto svg = interval_chart_svg(
      {"x",
       "",
       {{"a", {{5, 4, 6}}}},
       {{"real malignant", {1, 0.5, 1.5}, 0}, {"real benign", {40, nan, nan}, 1}}});
  EXPECT_EQ(count(svg, "<line class=\"reference-0\""), 1U);
  EXPECT_EQ(count(svg, "<rect class=\"reference-0\""), 1U);
  EXPECT_EQ(count(svg, "<line class=\"reference-1\""), 1U);
  EXPECT_EQ(count(svg, "<rect class=\"reference-1\""), 0U);
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"start\">real malignant</text>"));
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"end\">real benign</text>"));
  expect_within(svg);
}

TEST(IntervalChart, IsLogarithmicWhereTheRangeIsWide) {
  const auto wide = dots(interval_chart_svg(
      {"x",
       "",
       {{"a", {{1, 1, 1}}}, {"b", {{100, 100, 100}}}, {"c", {{10000, 9000, 10000}}}},
       {}}));
  ASSERT_EQ(wide.size(), 3U);
  EXPECT_NEAR(wide[1], 50.0, 0.01);
  const auto with_zero = dots(interval_chart_svg(
      {"x",
       "",
       {{"a", {{1, 0, 1}}}, {"b", {{100, 100, 100}}}, {"c", {{10000, 9000, 10000}}}},
       {}}));
  ASSERT_EQ(with_zero.size(), 3U);
  EXPECT_LT(with_zero[1], 2.0);
}

TEST(IntervalChart, HasTwoTicksAtLeast) {
  const auto svg = interval_chart_svg({"x", "", {{"a", {{2, 1.36, 9.4}}}}, {}});
  EXPECT_GE(count(svg, "class=\"grid\""), 2U);
}

TEST(IntervalChart, EveryScaleStaysWithin) {
  for (const auto& [low, high] : {std::pair{0.0, 0.0},
                                  {5.0, 5.0},
                                  {-1e99, 1e99},
                                  {1e-99, 1e99},
                                  {-7.0, -3.0},
                                  {1e-12, 2e-12}}) {
    const auto svg = interval_chart_svg({"x",
                                         "",
                                         {{"a", {{low, low, high}}}, {"b", {{high, low, high}}}},
                                         {{"r", {low, low, high}, 1}}});
    EXPECT_EQ(dots(svg).size(), 2U);
    expect_within(svg);
  }
}

TEST(IntervalChart, LongLabelsStandAboveTheirRowsWithTheFigure) {
  const auto svg = interval_chart_svg(
      {"x",
       "",
       {{"1", {{5, 4, 6}}},
        {"Temperature and bias together, trained anew: 10 and 0.5", {{7, 5, 10}}}},
       {}});
  EXPECT_THAT(svg, HasSubstr(">Temperature and bias together, trained</text>"));
  EXPECT_THAT(svg, HasSubstr(">anew: 10 and 0.5</text>"));
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"end\">7.00</text>"));
  expect_within(svg);
}

TEST(IntervalChart, WhatItSaysIsEscaped) {
  const auto svg =
      interval_chart_svg({"a<b", "\"&", {{"<script>\xff", {{5, 4, 6}}}}, {{"<i>", {1, 1, 1}, 0}}});
  EXPECT_THAT(svg, HasSubstr("aria-label=\"a&lt;b, &quot;&amp;\""));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, Not(HasSubstr("<i>")));
  EXPECT_THAT(svg, Not(HasSubstr("\xff")));
}

}  // namespace
}  // namespace smear::study
