// SPDX-License-Identifier: Apache-2.0
// Numbers as a person reads them: three digits, and none of the surprises of printf.
#include "study/figures.h"

#include <gtest/gtest.h>

#include <limits>

namespace smear::study {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Figures, HaveThreeSignificantDigits) {
  EXPECT_EQ(figure_text(0.95), "0.950");
  EXPECT_EQ(figure_text(12.345), "12.3");
  EXPECT_EQ(figure_text(123.45), "123");
  EXPECT_EQ(figure_text(1234.5), "1230");
  EXPECT_EQ(figure_text(987654.0), "988000");
  EXPECT_EQ(figure_text(0.0012345), "0.00123");
  EXPECT_EQ(figure_text(10.0), "10.0");
}

TEST(Figures, AreRoundedBeforeTheirDigitsAreCounted) {
  EXPECT_EQ(figure_text(9.996), "10.0");
  EXPECT_EQ(figure_text(0.9999), "1.00");
  EXPECT_EQ(figure_text(999999.0), "1.00e+06");
  EXPECT_EQ(figure_text(0.00099999), "0.00100");
}

TEST(Figures, HaveAnExponentWhereTheyAreVeryLargeOrSmall) {
  EXPECT_EQ(figure_text(2.5e7), "2.50e+07");
  EXPECT_EQ(figure_text(1.234e-9), "1.23e-09");
}

TEST(Figures, OfZeroAndBelow) {
  EXPECT_EQ(figure_text(0.0), "0");
  EXPECT_EQ(figure_text(-0.0), "0");
  EXPECT_EQ(figure_text(-1.5), "−1.50");
}

TEST(Figures, ThatAreNone) {
  EXPECT_EQ(figure_text(nan), "–");
  EXPECT_EQ(figure_text(infinity), "∞");
  EXPECT_EQ(figure_text(-infinity), "−∞");
}

TEST(Intervals, AreWrittenAfterTheirEstimate) {
  EXPECT_EQ(interval_text({12.34, 10.0, 15.06}), "12.3 (10.0 to 15.1)");
  EXPECT_EQ(interval_text({12.34, nan, nan}), "12.3");
  EXPECT_EQ(interval_text({12.34, nan, 13.0}), "12.3 (– to 13.0)");
  EXPECT_EQ(interval_text({12.34, -infinity, infinity}), "12.3 (−∞ to ∞)");
}

}  // namespace
}  // namespace smear::study
