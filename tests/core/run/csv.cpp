// SPDX-License-Identifier: Apache-2.0
// CSV fields come back from a record as they went in; numbers keep nine digits.
#include "run/csv.h"

#include <gtest/gtest.h>

#include <limits>

namespace smear::test {
namespace {

TEST(Csv, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(Csv, WritesNumbersShortAndMissingOnesEmpty) {
  EXPECT_EQ(csv_number(2.0), "2");
  EXPECT_EQ(csv_number(1.0 / 3.0), "0.333333333");
  EXPECT_EQ(csv_number(std::numeric_limits<double>::quiet_NaN()), "");
}

TEST(Csv, SplitsRecordsWhereTheyEnd) {
  std::string_view text = "a,\"b,\n\"\"c\"\"\",\n,d\n";
  const auto first = take_csv_record(text);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[1], "\"b,\n\"\"c\"\"\"");
  EXPECT_EQ(first[2], "");
  const auto second = take_csv_record(text);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[1], "d");
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace smear::test
