// SPDX-License-Identifier: Apache-2.0
// Tables of runs are read as they were written.
#include "study/csv-table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "run/csv.h"

namespace smear::study {
namespace {

using ::testing::ElementsAre;

TEST(CsvTable, ReadsWhatTheWriterQuotes) {
  for (const std::string name :
       {"plain", "with,comma", "with \"quotes\"", "two\nlines", "", "\""}) {
    const CsvTable table("image,x\n" + csv_field(name) + ",1.5\n");
    ASSERT_EQ(table.rows(), 1U) << name;
    EXPECT_EQ(table.text(0, "image"), name);
    EXPECT_EQ(table.number(0, "x"), 1.5);
  }
}

TEST(CsvTable, MissingValuesAreNoNumbers) {
  const CsvTable table("image,x,y\na,,text\nb,-3e-4\n");
  EXPECT_THAT(table.columns(), ElementsAre("image", "x", "y"));
  EXPECT_TRUE(std::isnan(table.number(0, "x")));
  EXPECT_TRUE(std::isnan(table.number(0, "y")));
  EXPECT_TRUE(std::isnan(table.number(0, "absent")));
  EXPECT_EQ(table.number(1, "x"), -3e-4);
  EXPECT_EQ(table.text(1, "y"), "");
}

TEST(CsvTable, AFileThatIsNotThereIsAnEmptyTable) {
  EXPECT_EQ(CsvTable::read("/nowhere/at-all.csv").rows(), 0U);
}

}  // namespace
}  // namespace smear::study
