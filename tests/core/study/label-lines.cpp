// SPDX-License-Identifier: Apache-2.0
// Labels on lines of limited length: where they are broken, and what is left out.
#include "study/label-lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smear::study {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(std::string_view label, std::size_t most, std::size_t length) {
  return label_lines(label, most,
                     [=](std::string_view line) { return characters(line) <= length; });
}

TEST(LabelLines, AShortLabelIsOneLine) {
  EXPECT_THAT(lines("real benign", 2, 11), ElementsAre("real benign"));
  EXPECT_THAT(lines(" 10 ", 2, 11), ElementsAre("10"));
  EXPECT_THAT(lines("", 2, 11), IsEmpty());
  EXPECT_THAT(lines("  ", 2, 11), IsEmpty());
}

TEST(LabelLines, AreBrokenAtSpaces) {
  EXPECT_THAT(lines("real benign, held out", 2, 12), ElementsAre("real benign,", "held out"));
  EXPECT_THAT(lines("real  benign", 2, 7), ElementsAre("real", "benign"));
}

TEST(LabelLines, ALongWordIsBrokenWhereTheLineEnds) {
  EXPECT_THAT(lines("reparameterization", 3, 8), ElementsAre("reparame", "terizati", "on"));
}

TEST(LabelLines, TheRestBecomesAnEllipsisWithinTheLine) {
  EXPECT_THAT(lines("one two three four", 2, 7), ElementsAre("one two", "three…"));
  EXPECT_THAT(lines("one two three four", 1, 8), ElementsAre("one two…"));
}

TEST(LabelLines, CharactersAreNeverTornApart) {
  EXPECT_EQ(characters("äöü"), 3U);
  EXPECT_THAT(lines("äöüäöü", 2, 2), ElementsAre("äö", "ü…"));
}

TEST(LabelLines, GoOnWhereNothingFits) { EXPECT_THAT(lines("abc", 2, 0), ElementsAre("a", "b…")); }

}  // namespace
}  // namespace smear::study
