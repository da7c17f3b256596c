// SPDX-License-Identifier: Apache-2.0
// A run's output is the same bytes for any number of jobs, and for shards that are merged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using testing::HasSubstr;

class SameBytes : public testing::Test {
 protected:
  void SetUp() override {
    write_file(pipeline_, small_pipeline());
    make_smears(input_, 14);
    make_smears(input_ / "b/c", 6, 64, 5);
    write_file(input_ / "bad.jpg", "");
    write_file(input_ / "b/cut.jpg", read_file(input_ / "smear-0001.jpg").substr(0, 600));
    write_file(input_ / "b/umlaut-\xe4\n.jpg", read_file(input_ / "smear-0002.jpg"));
  }

  std::filesystem::path run(const std::string& name, const std::vector<std::string>& options) {
    const std::filesystem::path out = folder_ / name;
    std::vector<std::string> arguments{"run", pipeline_.string(), input_.string(), "-o",
                                       out.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = smear(arguments);
    EXPECT_THAT(outcome.exit_code, testing::AnyOf(0, 3)) << outcome.told();
    return out;
  }

  /// Runs the three shards and returns their folders.
  std::vector<std::string> shards() {
    std::vector<std::string> folders;
    for (const char* shard : {"1", "2", "3"}) {
      folders.push_back(
          run(std::string("part") + shard, {"--shard", std::string(shard) + "/3"}).string());
    }
    return folders;
  }

  TemporaryFolder folder_;
  std::filesystem::path pipeline_ = folder_ / "small.yaml";
  std::filesystem::path input_ = folder_ / "in";
};

TEST_F(SameBytes, ForAnyNumberOfJobs) {
  const auto one = lasting_output(run("one", {"--jobs", "1"}));
  EXPECT_EQ(one.size(), 21U + 3U);
  EXPECT_EQ(difference(one, lasting_output(run("two", {"--jobs", "2"}))), "");
  EXPECT_EQ(difference(one, lasting_output(run("many", {"--jobs", "9"}))), "");
  EXPECT_EQ(difference(one, lasting_output(run("little", {"--jobs", "4", "--ram", "8M"}))), "");
}

TEST_F(SameBytes, ForShardsMerged) {
  const auto whole = lasting_output(run("whole", {}));
  const auto parts = shards();
  std::set<std::string> seen;
  for (const std::string& part : parts) {
    for (const std::string& image : samples_of(part).column("image")) {
      EXPECT_TRUE(seen.insert(image).second) << image << " is in two shards";
    }
  }
  EXPECT_EQ(seen.size(), 23U);
  const auto merged = folder_ / "merged";
  // The order in which shards are named does not matter.
  const Outcome outcome = smear({"merge", parts[2], parts[0], parts[1], "-o", merged.string()});
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(0, 3)) << outcome.told();
  EXPECT_EQ(difference(whole, lasting_output(merged)), "");
  EXPECT_TRUE(std::filesystem::exists(merged / "report.html"));
  EXPECT_TRUE(std::filesystem::exists(merged / "run.json"));
}

TEST_F(SameBytes, OfAShardWhateverElseIsThere) {
  const auto before = samples_of(run("before", {"--shard", "2/3"})).column("image");
  make_smears(input_ / "added", 5, 64, 9);
  const auto after = samples_of(run("after", {"--shard", "2/3"})).column("image");
  const std::set<std::string> there(after.begin(), after.end());
  for (const std::string& image : before) EXPECT_TRUE(there.contains(image)) << image;
}

TEST_F(SameBytes, OfAMergeResumed) {
  const auto parts = shards();
  const auto merged = folder_ / "merged";
  smear({"merge", parts[0], parts[1], parts[2], "-o", merged.string()});
  const auto before = lasting_output(merged);
  const Outcome outcome =
      smear({"run", pipeline_.string(), input_.string(), "-o", merged.string(), "--resume"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  EXPECT_EQ(difference(before, lasting_output(merged)), "");
}

class Merge : public SameBytes {};

TEST_F(Merge, RefusesAnEarlierRunUnlessToldToOverwriteIt) {
  const auto parts = shards();
  const std::string merged = (folder_ / "merged").string();
  smear({"merge", parts[0], parts[1], parts[2], "-o", merged});
  const auto before = files_under(merged);
  const Outcome refused = smear({"merge", parts[0], parts[1], parts[2], "-o", merged});
  EXPECT_EQ(refused.exit_code, 2) << refused.told();
  EXPECT_THAT(refused.err, HasSubstr("--overwrite"));
  EXPECT_EQ(difference(before, files_under(merged)), "");
  const Outcome again = smear({"merge", parts[0], parts[1], parts[2], "-o", merged, "--overwrite"});
  EXPECT_THAT(again.exit_code, testing::AnyOf(0, 3)) << again.told();
}

TEST_F(Merge, TellsOfAMissingShard) {
  const auto parts = shards();
  const Outcome outcome = smear({"merge", parts[0], parts[2], "-o", (folder_ / "merged").string()});
  // Refused or joined with a warning, but never without a word.
  EXPECT_THAT(outcome.err, HasSubstr("2/3")) << outcome.told();
}

TEST_F(Merge, RefusesTheSameShardTwice) {
  const auto parts = shards();
  EXPECT_EQ(
      smear({"merge", parts[0], parts[0], parts[1], parts[2], "-o", (folder_ / "merged").string()})
          .exit_code,
      2);
}

TEST_F(Merge, RefusesRunsOfDifferentPipelines) {
  const auto one = run("one", {"--shard", "1/2"});
  const auto two = run("two", {"--shard", "2/2", "--set", "gaussian-blur.sigma=3"});
  const Outcome outcome =
      smear({"merge", one.string(), two.string(), "-o", (folder_ / "merged").string()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("pipeline"));
}

TEST_F(Merge, RefusesWhatIsNoRun) {
  const auto one = run("one", {"--shard", "1/1"});
  const Outcome outcome =
      smear({"merge", one.string(), input_.string(), "-o", (folder_ / "merged").string()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(input_.string()));
}

TEST_F(Merge, RefusesAnUnfinishedShard) {
  std::filesystem::path one = folder_ / "one";
  smear({"run", pipeline_.string(), input_.string(), "-o", one.string(), "--shard", "1/2", "--jobs",
         "1"},
        {.act = send(SIGKILL), .awaited = one / "overlays"});
  const auto two = run("two", {"--shard", "2/2"});
  const auto merged = folder_ / "merged";
  const Outcome outcome = smear({"merge", one.string(), two.string(), "-o", merged.string()});
  EXPECT_NE(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(one.string()));
}

class Report : public SameBytes {};

TEST_F(Report, WritesTheReportAndTablesAgain) {
  const auto out = run("out", {});
  const auto before = lasting_output(out);
  for (const char* name : {"report.html", "samples.csv", "cells.csv"}) {
    std::filesystem::remove(out / name);
  }
  const Outcome outcome = smear({"report", out.string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(difference(before, lasting_output(out)), "");
  const std::string report = read_file(out / "report.html");
  EXPECT_THAT(report, HasSubstr("bad.jpg"));
  EXPECT_THAT(report, testing::Not(HasSubstr("https://")));
  EXPECT_THAT(report, HasSubstr("loading"));
}

TEST_F(Report, RefusesWhatIsNoRun) {
  const auto before = files_under(input_);
  EXPECT_EQ(smear({"report", input_.string()}).exit_code, 2);
  EXPECT_EQ(smear({"report", (folder_ / "nowhere").string()}).exit_code, 2);
  EXPECT_EQ(smear({"report"}).exit_code, 2);
  EXPECT_EQ(difference(before, files_under(input_)), "");
}

}  // namespace
}  // namespace smear::test
