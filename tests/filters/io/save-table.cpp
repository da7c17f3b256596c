// SPDX-License-Identifier: Apache-2.0
// save-table: the rows of the named slot are handed to the run's table.
#include <gtest/gtest.h>

#include "filters/io/recorded-outputs.h"

namespace smear::test {
namespace {

Table table() {
  Table result;
  result.add("label", std::vector<std::int64_t>{1, 2});
  result.add("area_px", std::vector<double>{10.5, 20.0});
  return result;
}

TEST(SaveTable, AppendsTheRowsOfItsSlot) {
  Sample sample = sample_with("objects", table());
  const auto outputs = run_saving("save-table", {}, sample);
  ASSERT_EQ(outputs.rows.size(), 1U);
  EXPECT_EQ(outputs.rows[0].run_file, "cells.csv");
  EXPECT_EQ(outputs.rows[0].rows.reals("area_px"), (std::vector<double>{10.5, 20.0}));
}

TEST(SaveTable, ReadsAnotherSlotAndSaysSoInItsInputs) {
  const auto stage =
      make_stage("save-table", {{"slot", std::string("nuclei")}, {"to", std::string("n.csv")}});
  OptionSpec spec;
  stage->describe(spec);
  ASSERT_EQ(spec.inputs().size(), 1U);
  EXPECT_EQ(spec.inputs()[0].name, "nuclei");
  EXPECT_EQ(spec.inputs()[0].types, SlotType::table);
  Sample sample = sample_with("nuclei", table());
  RecordedOutputs outputs;
  stage->process(sample, RunContext(1, 0, &outputs));
  EXPECT_EQ(outputs.rows.at(0).run_file, "n.csv");
}

TEST(SaveTable, HandsOverATableWithoutRows) {
  Table empty;
  empty.add("label", std::vector<std::int64_t>{});
  Sample sample = sample_with("objects", empty);
  const auto outputs = run_saving("save-table", {}, sample);
  ASSERT_EQ(outputs.rows.size(), 1U);
  EXPECT_EQ(outputs.rows[0].rows.rows(), 0U);
}

TEST(SaveTable, RefusesBadOptionsAndAMissingTable) {
  EXPECT_THROW(make_stage("save-table", {{"to", std::string("cells.xlsx")}}), ConfigError);
  EXPECT_THROW(make_stage("save-table", {{"to", std::string("")}}), ConfigError);
  EXPECT_THROW(make_stage("save-table", {{"slot", std::string("")}}), ConfigError);
  Sample sample = sample_with("image", Image(cv::Mat::zeros(1, 1, CV_8UC1)));
  EXPECT_THROW(run_saving("save-table", {}, sample), SampleError);
}

}  // namespace
}  // namespace smear::test
