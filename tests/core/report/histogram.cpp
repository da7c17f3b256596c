// SPDX-License-Identifier: Apache-2.0
// histogram: its bins hold what a naive count finds between their edges, and nothing gets lost.
#include "report/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace smear::test {
namespace {

using report::Grain;
using report::Histogram;
using report::histogram;

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

void expect_equal_to_a_naive_count(const std::vector<float>& values, Grain grain) {
  const Histogram h = histogram(values, grain);
  std::vector<std::int64_t> counts(h.counts.size(), 0);
  std::int64_t below = 0;
  std::int64_t above = 0;
  std::int64_t missing = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) {
      ++missing;
      continue;
    }
    bool placed = false;
    for (std::size_t i = 0; i < counts.size() && !placed; ++i) {
      const double from = h.low + static_cast<double>(i) * h.width;
      const double to = h.low + static_cast<double>(i + 1) * h.width;
      const bool closed = grain == Grain::real && i + 1 == counts.size();
      placed = value >= from && (value < to || (closed && value == to));
      if (placed) ++counts[i];
    }
    if (!placed) ++(value < h.low ? below : above);
  }
  EXPECT_EQ(h.counts, counts);
  EXPECT_EQ(h.below, below);
  EXPECT_EQ(h.above, above);
  EXPECT_EQ(h.missing, missing);
  EXPECT_EQ(h.n + h.missing, std::ssize(values));
  EXPECT_LE(h.counts.size(), 60U);
}

TEST(Histogram, EqualsANaiveCount) {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal(1500.0F, 250.0F);
  std::lognormal_distribution<float> skewed(6.0F, 1.5F);
  std::uniform_real_distribution<float> ratio(0.0F, 1.0F);
  std::poisson_distribution<int> cells(20.0);
  for (const int n : {1, 2, 3, 10, 199, 200, 5000}) {
    std::vector<float> a;
    std::vector<float> b;
    std::vector<float> c;
    std::vector<float> d;
    for (int i = 0; i < n; ++i) {
      a.push_back(normal(generator));
      b.push_back(skewed(generator));
      c.push_back(std::round(ratio(generator) * 20.0F) / 20.0F);
      d.push_back(static_cast<float>(cells(generator)));
    }
    a.push_back(nan_value);
    SCOPED_TRACE(n);
    for (const std::vector<float>& values : {a, b, c})
      expect_equal_to_a_naive_count(values, Grain::real);
    expect_equal_to_a_naive_count(d, Grain::whole);
  }
}

TEST(Histogram, GivesTheFiguresOfASmallKnownSet) {
  const Histogram h = histogram(std::vector<float>{4, 1, nan_value, 3, 2, infinity}, Grain::real);
  EXPECT_EQ(h.n, 4);
  EXPECT_EQ(h.missing, 2);
  EXPECT_EQ(h.minimum, 1.0);
  EXPECT_EQ(h.maximum, 4.0);
  EXPECT_EQ(h.mean, 2.5);
  EXPECT_EQ(h.median, 2.5);
  // Freedman and Diaconis ask for 1.89, which leaves under five bins; 3/5 becomes 0.5.
  EXPECT_EQ(h.low, 1.0);
  EXPECT_EQ(h.width, 0.5);
  EXPECT_EQ(h.counts, (std::vector<std::int64_t>{1, 0, 1, 0, 1, 1}));
}

TEST(Histogram, TakesTheWidthOfFreedmanAndDiaconis) {
  std::vector<float> values(1001);
  std::iota(values.begin(), values.end(), 0.0F);
  // 2 * 500 / cbrt(1001) = 99.97, which becomes 100; the value 1000 closes the last bin.
  const Histogram h = histogram(values, Grain::real);
  EXPECT_EQ(h.width, 100.0);
  EXPECT_EQ(h.counts.size(), 10U);
  EXPECT_EQ(h.counts.front(), 100);
  EXPECT_EQ(h.counts.back(), 101);
}

TEST(Histogram, HoldsAConstantAndNothing) {
  for (const float value : {0.0F, 1.0F, -3.5F, 1e-30F, 1e30F}) {
    const Histogram h = histogram(std::vector<float>(300, value), Grain::real);
    ASSERT_EQ(h.counts.size(), 1U) << value;
    EXPECT_EQ(h.counts[0], 300) << value;
    EXPECT_LE(h.low, value);
    EXPECT_GE(h.low + h.width, value);
  }
  EXPECT_EQ(histogram(std::vector<float>(5, 12.0F), Grain::whole).counts.size(), 1U);
  for (const std::vector<float>& none : {std::vector<float>{}, {nan_value, -infinity}}) {
    const Histogram h = histogram(none, Grain::real);
    EXPECT_TRUE(h.counts.empty());
    EXPECT_EQ(h.n, 0);
    EXPECT_EQ(h.missing, std::ssize(none));
  }
}

TEST(Histogram, LeavesALongTailBesideTheAxisAndCountsIt) {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(100 + i % 100));
  values.push_back(1e6F);
  values.push_back(-1e6F);
  const Histogram h = histogram(values, Grain::real);
  EXPECT_EQ(h.above, 1);
  EXPECT_EQ(h.below, 1);
  EXPECT_EQ(h.maximum, 1e6);
  EXPECT_LT(h.low + static_cast<double>(h.counts.size()) * h.width, 250.0);
}

TEST(Histogram, SpansTheWholeFloatRange) {
  const float most = std::numeric_limits<float>::max();
  expect_equal_to_a_naive_count({-most, 0.0F, 1.0F, most}, Grain::real);
  expect_equal_to_a_naive_count({1.0F, std::nextafter(1.0F, 2.0F)}, Grain::real);
  expect_equal_to_a_naive_count({std::numeric_limits<float>::denorm_min(), 0.0F}, Grain::real);
}

TEST(Histogram, GivesCountsWholeEdges) {
  const Histogram h = histogram(std::vector<float>{0, 0, 1, 2, 2, 2, 3}, Grain::whole);
  EXPECT_EQ(h.low, 0.0);
  EXPECT_EQ(h.width, 1.0);
  EXPECT_EQ(h.counts, (std::vector<std::int64_t>{2, 1, 3, 1}));
  std::vector<float> many;
  for (int i = 0; i < 3000; ++i) many.push_back(static_cast<float>((i * 37) % 120));
  EXPECT_EQ(histogram(many, Grain::whole).width, std::floor(histogram(many, Grain::whole).width));
}

}  // namespace
}  // namespace smear::test
