// SPDX-License-Identifier: Apache-2.0
// The axis of a chart's values: its ends, its ticks, and when it is logarithmic.
#include "train/value-scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace smear {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

ValueRange range_of(std::initializer_list<double> values) {
  ValueRange range;
  for (const double value : values) range.include(value);
  return range;
}

TEST(Ticks, AreRoundNumbersWithin) {
  EXPECT_THAT(linear_ticks(0.0, 10.0, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(linear_ticks(1.0, 300.0, 8), ElementsAre(50, 100, 150, 200, 250, 300));
  EXPECT_THAT(linear_ticks(-0.3, 0.3, 3),
              ElementsAre(DoubleNear(-0.2, 1e-9), DoubleNear(0.0, 1e-9), DoubleNear(0.2, 1e-9)));
  EXPECT_THAT(linear_ticks(3.0, 3.0, 5), ElementsAre(3.0));
  EXPECT_THAT(logarithmic_ticks(1.0, 1000.0), ElementsAre(1, 10, 100, 1000));
  EXPECT_THAT(logarithmic_ticks(3.0, 150.0), ElementsAre(5, 10, 20, 50, 100));
  EXPECT_LE(logarithmic_ticks(1e-30, 1e30).size(), 9U);
}

TEST(ValueRange, LeavesOutWhatCannotBeDrawn) {
  EXPECT_TRUE(ValueRange{}.empty());
  EXPECT_TRUE(range_of({std::nan(""), std::numeric_limits<double>::infinity(), 1e300}).empty());
  const auto range = range_of({std::nan(""), 3.0, -1.0, 1e300});
  EXPECT_EQ(range.low, -1.0);
  EXPECT_EQ(range.high, 3.0);
}

TEST(ValueScale, IsLogarithmicAboveAFactorOf30) {
  EXPECT_FALSE(ValueScale(range_of({1.0, 30.0})).logarithmic());
  EXPECT_TRUE(ValueScale(range_of({1.0, 30.1})).logarithmic());
  EXPECT_FALSE(ValueScale(range_of({0.0, 1000.0})).logarithmic());
  EXPECT_DOUBLE_EQ(ValueScale(range_of({1.0, 10000.0})).part(100.0), 0.5);
}

TEST(ValueScale, LeavesRoomAtBothEndsButNotBelowZero) {
  const ValueScale scale(range_of({-10.0, 10.0}));
  EXPECT_NEAR(scale.part(-10.0), 0.8 / 21.6, 1e-12);
  EXPECT_NEAR(scale.part(10.0), 1.0 - 0.8 / 21.6, 1e-12);
  EXPECT_EQ(ValueScale(range_of({0.0, 10.0})).part(0.0), 0.0);
  EXPECT_DOUBLE_EQ(ValueScale(range_of({5.0})).part(5.0), 0.5);
}

}  // namespace
}  // namespace smear
