// SPDX-License-Identifier: Apache-2.0
// The example in the help of every built-in stage is a pipeline that uses the stage, runs over
// smears without a failure and writes something.
#include <gtest/gtest.h>

#include "codec/npy.h"
#include "pipelines/smear-run.h"

namespace smear::test {
namespace {

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) ++count;
  return count;
}

TEST(StageExamples, AllRunOverSmears) {
  const Workplace place("examples");
  place.write_smears(2, {.width = 160, .height = 140, .seed = 3});
  // For the examples that read tensors; the others do not look at them.
  for (const std::string tensor : {"a.npy", "b.npy"})
    codec::write_npy(place / "smears" / "images" / tensor, {{2}, {1.0F, 2.0F}});
  const auto names = registry().names();
  ASSERT_GT(names.size(), 30U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const std::string example(registry().find(name)->info.example);
    const Pipeline pipeline = parse_pipeline(example, name + ".yaml", registry());
    EXPECT_TRUE(std::ranges::any_of(pipeline.stages,
                                    [&](const PlannedStage& s) { return s.name == name; }));
    const RunSummary summary = place.run(pipeline, name);
    EXPECT_EQ(summary.done, 2);
    EXPECT_EQ(summary.quarantined, 0);
    // samples.csv, run.json, report.html, the ledger, and what the example saves.
    EXPECT_GT(files_in(place / name), 4U);
  }
}

}  // namespace
}  // namespace smear::test
