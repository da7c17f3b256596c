// SPDX-License-Identifier: Apache-2.0
// Colours as ImageJ's macros write them.
#include "imagej/colour-names.h"

#include <gtest/gtest.h>

namespace smear::imagej::test {
namespace {

TEST(ColourNames, ReadsNamesWhateverTheirLetters) {
  EXPECT_EQ(colour_named("red"), 0xffff0000U);
  EXPECT_EQ(colour_named("Light_gray"), 0xffc0c0c0U);
  EXPECT_EQ(colour_named("Dark Grey"), 0xff404040U);
  EXPECT_EQ(colour_named("grey"), 0xff808080U);
}

TEST(ColourNames, ReadsNumbersOfSixAndEightDigits) {
  EXPECT_EQ(colour_named("#ff8000"), 0xffff8000U);
  EXPECT_EQ(colour_named("0x0000ff"), 0xff0000ffU);
  EXPECT_EQ(colour_named("#8000ff00"), 0x8000ff00U);
}

TEST(ColourNames, KnowsNoOthers) {
  for (const char* text : {"", "none", "brown", "#f00", "#ff000", "#ff0000 ", "#gg0000"})
    EXPECT_EQ(colour_named(text), std::nullopt) << text;
}

TEST(ColourNames, WritesWhatImageJCallsThem) {
  EXPECT_EQ(name_of_colour(0), "none");
  EXPECT_EQ(name_of_colour(0xffffff00), "yellow");
  EXPECT_EQ(name_of_colour(0xff010203), "#010203");
  EXPECT_EQ(name_of_colour(0x80ff0000), "#80ff0000");
}

}  // namespace
}  // namespace smear::imagej::test
