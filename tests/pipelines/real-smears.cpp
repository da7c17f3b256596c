// SPDX-License-Identifier: Apache-2.0
// The shipped pipeline on real smears, where they are there: every image is done. The images are
// no part of this project; CMake's SMEAR_TEST_DATA says where they are.
#include <gtest/gtest.h>

#include "pipelines/smear-run.h"

namespace smear::test {
namespace {

TEST(RealSmears, AreAllCountedWithoutFailure) {
  const std::filesystem::path folder =
      std::filesystem::path(SMEAR_TEST_DATA) / "leukemia" / "benign";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no real smears in " << folder;
  const Workplace place("real");
  const auto pipeline =
      load_pipeline(std::filesystem::path(SMEAR_PIPELINES) / "count-cells.yaml", registry());
  const auto summary = place.run(pipeline, "out", folder);
  EXPECT_EQ(summary.quarantined, 0);
  const auto samples = read_csv(place / "out/samples.csv");
  EXPECT_EQ(static_cast<std::int64_t>(samples.size()), summary.files);
  std::map<std::string, int> cells;
  for (const auto& cell : read_csv(place / "out/cells.csv")) ++cells[cell.at("class")];
  // By eye a field has some tens of red cells and several white ones.
  EXPECT_GT(cells["red-cell"], 30 * summary.files);
  EXPECT_GT(cells["white-cell"], 2 * summary.files);
}

}  // namespace
}  // namespace smear::test
