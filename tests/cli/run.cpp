// SPDX-License-Identifier: Apache-2.0
// `smear run` reads a folder, a file or a list of files, does what its options say, and never
// overwrites or eats what it wrote before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Run : public testing::Test {
 protected:
  void SetUp() override {
    write_file(pipeline_, small_pipeline());
    make_smears(input_, 4);
  }

  Outcome run(const std::vector<std::string>& options = {}) {
    return run_over(input_.string(), options);
  }

  Outcome run_over(const std::string& input, const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments{"run", pipeline_.string(), input, "-o", out_.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return smear(arguments);
  }

  std::vector<std::string> images_done() { return samples_of(out_).column("image"); }

  TemporaryFolder folder_;
  std::filesystem::path pipeline_ = folder_ / "small.yaml";
  std::filesystem::path input_ = folder_ / "in";
  std::filesystem::path out_ = folder_ / "out";
};

TEST_F(Run, WritesWhatTheDesignPromises) {
  const Outcome outcome = run();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_TRUE(std::filesystem::exists(out_ / ".smear/ledger.db"));
  EXPECT_GT(read_file(out_ / "report.html").size(), 1000U);
  EXPECT_THAT(images_done(),
              ElementsAre("smear-0001.jpg", "smear-0002.jpg", "smear-0003.jpg", "smear-0004.jpg"));
  EXPECT_THAT(samples_of(out_).column("status"), ElementsAre("done", "done", "done", "done"));

  const json provenance = json::parse(read_file(out_ / "run.json"));
  EXPECT_EQ(provenance.at("pipeline_text"), small_pipeline());
  EXPECT_EQ(provenance.at("pipeline_sha256").get<std::string>().size(), 64U);
  EXPECT_EQ(provenance.at("seed"), 1);
  for (const char* key : {"host", "started", "seconds", "stages", "smear_version"}) {
    EXPECT_TRUE(provenance.contains(key)) << key;
  }

  const Csv cells = parse_csv(read_file(out_ / "cells.csv"));
  std::vector<std::string> images = cells.column("image");
  EXPECT_TRUE(std::is_sorted(images.begin(), images.end())) << "rows in input order";
  EXPECT_EQ(std::set<std::string>(images.begin(), images.end()).size(), 4U);
}

TEST_F(Run, LeavesNoTemporaryFilesBehind) {
  ASSERT_EQ(run().exit_code, 0);
  std::set<std::string> names;
  for (const auto& [name, bytes] : files_under(out_)) {
    if (!name.starts_with(".smear/")) names.insert(name);
  }
  EXPECT_EQ(names.size(), 9U) << testing::PrintToString(names);  // 4 overlays, 5 files of the run
}

TEST_F(Run, SearchesFoldersRecursivelyAndMirrorsThem) {
  std::filesystem::create_directories(input_ / "a/b c");
  std::filesystem::rename(input_ / "smear-0003.jpg", input_ / "a/b c/smear-0003.jpg");
  std::filesystem::rename(input_ / "smear-0004.jpg", input_ / "a/smear-0001.jpg");
  ASSERT_EQ(run().exit_code, 0);
  EXPECT_THAT(images_done(),
              testing::UnorderedElementsAre("smear-0001.jpg", "smear-0002.jpg", "a/smear-0001.jpg",
                                            "a/b c/smear-0003.jpg"));
  const auto files = files_under(out_ / "overlays");
  EXPECT_EQ(files.size(), 4U);
  EXPECT_TRUE(files.contains("a/b c/smear-0003.jpg.jpg"));
  EXPECT_TRUE(files.contains("a/smear-0001.jpg.jpg"));
}

TEST_F(Run, TakesOneFile) {
  const Outcome outcome = run_over((input_ / "smear-0002.jpg").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(images_done(), ElementsAre("smear-0002.jpg"));
}

TEST_F(Run, TakesATextFileThatListsPaths) {
  const std::filesystem::path list = folder_ / "list.txt";
  // Relative to the list, absolute, and with a carriage return; one is not there.
  write_file(list, "in/smear-0003.jpg\n" + (input_ / "smear-0001.jpg").string() +
                       "\r\nin/not there.jpg\nin/smear-0002.jpg");
  Outcome outcome = smear({"run", pipeline_.string(), list.string(), "-o", out_.string()},
                          {.folder = folder_.path()});
  ASSERT_EQ(outcome.exit_code, 3) << outcome.told();
  const Csv samples = samples_of(out_);
  EXPECT_EQ(samples.rows.size(), 4U);
  int done = 0;
  for (const auto& row : samples.rows) {
    if (row.at("status") == "done") {
      ++done;
    } else {
      EXPECT_THAT(row.at("image"), HasSubstr("not there.jpg"));
      EXPECT_FALSE(row.at("reason").empty());
    }
  }
  EXPECT_EQ(done, 3);
  EXPECT_EQ(files_under(out_ / "overlays").size(), 3U);
}

TEST_F(Run, TakesAFileListedTwiceOnce) {
  const std::filesystem::path list = folder_ / "list.txt";
  const std::string path = (input_ / "smear-0001.jpg").string();
  write_file(list, path + "\n" + path + "\n");
  const Outcome outcome = run_over(list.string());
  // Doing it once, or refusing the list, are both right; two rows for one file are not.
  if (outcome.exit_code == 2) {
    EXPECT_THAT(outcome.err, HasSubstr("smear-0001.jpg"));
  } else {
    ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
    EXPECT_EQ(images_done().size(), 1U);
  }
}

TEST_F(Run, TellsOfAnInputThatIsNotThere) {
  const Outcome outcome = run_over((folder_ / "nowhere").string());
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr((folder_ / "nowhere").string()));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(Run, TellsOfAnInputWithoutImages) {
  std::filesystem::create_directories(folder_ / "empty");
  const Outcome outcome = run_over((folder_ / "empty").string());
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_FALSE(outcome.err.empty());
}

TEST_F(Run, RefusesAnEarlierRunUnlessToldWhatToDo) {
  ASSERT_EQ(run().exit_code, 0);
  const auto before = files_under(out_);
  const Outcome refused = run({"--limit", "1"});
  EXPECT_EQ(refused.exit_code, 2) << refused.told();
  EXPECT_THAT(refused.err, HasSubstr("--resume"));
  EXPECT_THAT(refused.err, HasSubstr("--overwrite"));
  EXPECT_EQ(difference(before, files_under(out_)), "") << "a refusal changes nothing";

  const Outcome overwritten = run({"--overwrite", "--limit", "1"});
  ASSERT_EQ(overwritten.exit_code, 0) << overwritten.told();
  EXPECT_THAT(images_done(), ElementsAre("smear-0001.jpg"));
  EXPECT_EQ(files_under(out_ / "overlays").size(), 1U) << "what the earlier run left is gone";
}

TEST_F(Run, OverwritesOnlyWhatItWrote) {
  ASSERT_EQ(run().exit_code, 0);
  write_file(out_ / "notes.txt", "mine");
  write_file(out_ / "overlays/mine.txt", "mine too");
  ASSERT_EQ(run({"--overwrite"}).exit_code, 0);
  EXPECT_EQ(read_file(out_ / "notes.txt"), "mine");
  EXPECT_EQ(read_file(out_ / "overlays/mine.txt"), "mine too");
}

TEST_F(Run, LeavesAStrangersFilesAlone) {
  write_file(out_ / "cells.csv", "a year's work");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_EQ(read_file(out_ / "cells.csv"), "a year's work");
}

TEST_F(Run, RefusesResumeTogetherWithOverwrite) {
  EXPECT_EQ(run({"--resume", "--overwrite"}).exit_code, 2);
}

TEST_F(Run, ResumesAFinishedRunByDoingNothing) {
  ASSERT_EQ(run().exit_code, 0);
  const auto before = lasting_output(out_);
  const auto written = std::filesystem::last_write_time(out_ / "overlays/smear-0001.jpg.jpg");
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(before, lasting_output(out_)), "");
  EXPECT_EQ(std::filesystem::last_write_time(out_ / "overlays/smear-0001.jpg.jpg"), written);
}

TEST_F(Run, NeverFeedsOnItsOwnOutput) {
  out_ = input_ / "results";
  ASSERT_EQ(run().exit_code, 0);
  EXPECT_EQ(images_done().size(), 4U);
  const auto first = lasting_output(out_);
  ASSERT_EQ(run({"--overwrite"}).exit_code, 0);
  EXPECT_EQ(difference(first, lasting_output(out_)), "");
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(first, lasting_output(out_)), "");
}

TEST_F(Run, NeverFeedsOnItsOwnOutputThroughALink) {
  std::filesystem::create_directories(folder_ / "elsewhere");
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", input_ / "results");
  out_ = input_ / "results";
  ASSERT_EQ(run().exit_code, 0);
  ASSERT_EQ(run({"--overwrite"}).exit_code, 0);
  EXPECT_EQ(images_done().size(), 4U);
}

TEST_F(Run, EndsWhereLinkedFoldersGoRound) {
  std::filesystem::create_directory_symlink(".", input_ / "round");
  const Outcome outcome = run();
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(images_done().size(), 4U);
}

TEST_F(Run, RefusesOutThatIsInput) {
  out_ = input_;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_EQ(files_under(input_).size(), 4U);
}

TEST_F(Run, RefusesOutThatIsAFile) {
  write_file(out_, "a file");
  const Outcome outcome = run();
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(1, 2)) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(out_.string()));
  EXPECT_EQ(read_file(out_), "a file");
}

TEST_F(Run, RefusesAnOutWhereNothingCanBeWritten) {
  out_ = "/proc/smear/out";
  const Outcome outcome = run();
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(1, 2)) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("/proc/smear"));
}

TEST_F(Run, IncludesAndExcludesByPattern) {
  ASSERT_EQ(run({"--include", "*-0001.jpg", "--include", "*-0003.*"}).exit_code, 0);
  EXPECT_THAT(images_done(), ElementsAre("smear-0001.jpg", "smear-0003.jpg"));
  ASSERT_EQ(run({"--overwrite", "--exclude", "*-0001.jpg", "--exclude", "*-0003.jpg"}).exit_code,
            0);
  EXPECT_THAT(images_done(), ElementsAre("smear-0002.jpg", "smear-0004.jpg"));
  ASSERT_EQ(run({"--overwrite", "--include", "*-000?.jpg", "--exclude", "*-000[!2].jpg"}).exit_code,
            0)
      << "characters in brackets, as in every shell";
  EXPECT_THAT(images_done(), ElementsAre("smear-0002.jpg"));
}

TEST_F(Run, ExcludesTheFilesOfAFolder) {
  std::filesystem::create_directories(input_ / "rejected");
  std::filesystem::rename(input_ / "smear-0003.jpg", input_ / "rejected/smear-0003.jpg");
  ASSERT_EQ(run({"--exclude", "rejected/*"}).exit_code, 0);
  EXPECT_EQ(images_done().size(), 3U);
}

TEST_F(Run, TakesOtherFilesThanThePipelinesPatternsOnlyWhenAsked) {
  write_file(input_ / "README.txt", "no image");
  ASSERT_EQ(run().exit_code, 0);
  EXPECT_EQ(images_done().size(), 4U);
}

TEST_F(Run, StopsAtTheLimit) {
  ASSERT_EQ(run({"--limit", "2"}).exit_code, 0);
  EXPECT_THAT(images_done(), ElementsAre("smear-0001.jpg", "smear-0002.jpg"));
}

TEST_F(Run, GivesUpAfterMoreThanSoManyFailures) {
  for (const char* name : {"bad-1.jpg", "bad-2.jpg", "bad-3.jpg"}) write_file(input_ / name, "");
  const Outcome outcome = run({"--max-failures", "1", "--jobs", "1"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.told();
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("--max-failures"));
  EXPECT_LT(images_done().size(), 7U);

  const Outcome resumed = run({"--resume", "--max-failures", "3"});
  EXPECT_EQ(resumed.exit_code, 3) << "as many failures as allowed: " << resumed.told();
  EXPECT_EQ(images_done().size(), 7U);
}

TEST_F(Run, MaxFailuresOfZeroStopsAtTheFirst) {
  write_file(input_ / "a.jpg", "");
  EXPECT_EQ(run({"--max-failures", "0"}).exit_code, 1);
}

TEST_F(Run, DryRunWritesNothing) {
  const auto before = files_under(folder_.path());
  const Outcome outcome = run({"--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("4"));
  EXPECT_FALSE(std::filesystem::exists(out_));
  EXPECT_EQ(difference(before, files_under(folder_.path())), "");

  write_file(pipeline_, "stages: [nonsense]");
  EXPECT_EQ(run({"--dry-run"}).exit_code, 2) << "a dry run finds errors";
}

TEST_F(Run, DryRunLeavesAnEarlierRunAsItIs) {
  ASSERT_EQ(run({"--limit", "2"}).exit_code, 0);
  const auto before = files_under(out_);
  EXPECT_EQ(run({"--dry-run", "--resume"}).exit_code, 0);
  EXPECT_EQ(run({"--dry-run", "--overwrite"}).exit_code, 0);
  EXPECT_EQ(difference(before, files_under(out_)), "");
}

TEST_F(Run, SetsAnotherValueForAnOption) {
  ASSERT_EQ(run({"--set", "gaussian-blur.sigma=4", "--set", "measure.min_area=200"}).exit_code, 0);
  const auto set = lasting_output(out_);
  std::string text = small_pipeline();
  text = std::regex_replace(text, std::regex("sigma: 1.5"), "sigma: 4");
  text = std::regex_replace(text, std::regex("min_area: 30"), "min_area: 200");
  write_file(pipeline_, text);
  ASSERT_EQ(run({"--overwrite"}).exit_code, 0);
  EXPECT_EQ(difference(lasting_output(out_), set), "") << "as if it stood in the pipeline";
  for (const std::string& area : parse_csv(read_file(out_ / "cells.csv")).column("area_px")) {
    EXPECT_GE(std::stoi(area), 200);
  }
}

TEST_F(Run, RefusesToSetWhatIsNotThere) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"gaussian-blur.sgma=2", "did you mean 'sigma'?"},
      {"gausian-blur.sigma=2", "gausian-blur"},
      {"gaussian-blur.sigma=-2", "0..1000"},
      {"gaussian-blur.sigma=wide", "number"},
      {"gaussian-blur.sigma", "STAGE.OPTION=VALUE"},
      {"sigma=2", "STAGE.OPTION=VALUE"},
      {"auto-threshold.method=otsuu", "did you mean 'otsu'?"},
  };
  for (const auto& [setting, expected] : cases) {
    const Outcome outcome = run({"--set", setting});
    EXPECT_EQ(outcome.exit_code, 2) << setting << outcome.told();
    EXPECT_THAT(outcome.err, HasSubstr(expected)) << setting;
    EXPECT_FALSE(std::filesystem::exists(out_)) << setting;
  }
}

TEST_F(Run, TellsOfAllWrongSettingsAtOnce) {
  const Outcome outcome = run({"--set", "gaussian-blur.sigma=-2", "--set", "measure.min_aera=1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("sigma"));
  EXPECT_THAT(outcome.err, HasSubstr("min_aera"));
}

TEST_F(Run, RecordsTheSeed) {
  ASSERT_EQ(run({"--seed", "12345"}).exit_code, 0);
  EXPECT_EQ(json::parse(read_file(out_ / "run.json")).at("seed"), 12345);
  EXPECT_EQ(run({"--overwrite", "--seed", "many"}).exit_code, 2);
}

TEST_F(Run, WritesJsonLinesForPrograms) {
  write_file(input_ / "bad \"\xff\n.jpg", "");
  const Outcome outcome = run({"--json"});
  ASSERT_EQ(outcome.exit_code, 3) << outcome.told();
  const auto messages = json_lines(outcome.err);
  int samples = 0;
  int quarantined = 0;
  for (const json& line : messages) {
    ASSERT_TRUE(line.is_object());
    if (line.value("event", "") != "sample") continue;
    ++samples;
    if (line.at("status") == "quarantined") {
      ++quarantined;
      EXPECT_FALSE(line.at("reason").get<std::string>().empty());
    }
  }
  EXPECT_EQ(samples, 5);
  EXPECT_EQ(quarantined, 1);
  const auto summary = json_lines(outcome.out);
  ASSERT_EQ(summary.size(), 1U);
  EXPECT_EQ(summary[0].at("done"), 4);
  EXPECT_EQ(summary[0].at("quarantined"), 1);
  EXPECT_EQ(summary[0].at("exit_code"), 3);
}

TEST_F(Run, WritesErrorsAsJsonLinesToo) {
  write_file(pipeline_, "stages:\n  - gaussian-blur: {sigma: -1}\n  - nonsense\n");
  const Outcome wrong = run({"--json"});
  EXPECT_EQ(wrong.exit_code, 2);
  const auto messages = json_lines(wrong.err);
  ASSERT_GE(messages.size(), 2U);
  EXPECT_EQ(messages[0].at("line"), 2);
  write_file(pipeline_, small_pipeline());
  const Outcome missing = run_over((folder_ / "nowhere").string(), {"--json"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_FALSE(json_lines(missing.err).empty());
  const Outcome usage = run({"--json", "--bogus"});
  EXPECT_EQ(usage.exit_code, 2);
  EXPECT_FALSE(json_lines(usage.err).empty()) << usage.told();
}

TEST_F(Run, IsQuietWhenAsked) {
  const Outcome well = run({"--quiet"});
  EXPECT_EQ(well.exit_code, 0);
  EXPECT_EQ(well.out, "");
  EXPECT_EQ(well.err, "");
  write_file(input_ / "bad.jpg", "");
  const Outcome failing = run({"--quiet", "--overwrite"});
  EXPECT_EQ(failing.exit_code, 3);
  EXPECT_THAT(failing.out + failing.err, HasSubstr("bad.jpg"));
}

TEST_F(Run, WritesPlainLinesWhereThereIsNoTerminal) {
  const Outcome outcome = run();
  for (const std::string& text : {outcome.out, outcome.err}) {
    EXPECT_THAT(text, Not(HasSubstr("\r")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  }
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("report.html"));
}

TEST_F(Run, ShowsLiveProgressOnATerminal) {
  write_file(input_ / "bad.jpg", "");
  const Outcome outcome =
      smear({"run", pipeline_.string(), input_.string(), "-o", out_.string()}, {.terminal = true});
  ASSERT_EQ(outcome.exit_code, 3) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("\r"));
  EXPECT_THAT(outcome.out, HasSubstr("of 5"));      // items
  EXPECT_THAT(outcome.out, HasSubstr("/s"));        // rate
  EXPECT_THAT(outcome.out, HasSubstr("left"));      // time left
  EXPECT_THAT(outcome.out, HasSubstr("1 failed"));  // failures so far
  EXPECT_THAT(outcome.out, HasSubstr("bad.jpg"));
}

TEST_F(Run, TellsWhatIsWrongWithItsArguments) {
  const std::vector<std::vector<std::string>> wrong{
      {"--jobs", "-1"},         {"--jobs", "two"},  {"--shard", "0/3"}, {"--shard", "4/3"},
      {"--shard", "1"},         {"--shard", "1/0"}, {"--limit", "-1"},  {"--limit", "x"},
      {"--max-failures", "-1"}, {"--ram", "lots"},  {"--bogus"},        {"one-too-many"},
      {"--shard", "1/3x"},      {"--seed", "-1x"},  {"--include"},
  };
  for (const auto& options : wrong) {
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.exit_code, 2) << testing::PrintToString(options) << outcome.told();
    EXPECT_LE(lines_of(outcome.err).size(), 2U) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("error"));
    EXPECT_FALSE(std::filesystem::exists(out_)) << testing::PrintToString(options);
  }
  EXPECT_EQ(smear({"run"}).exit_code, 2);
  EXPECT_EQ(smear({"run", pipeline_.string()}).exit_code, 2);
  EXPECT_EQ(smear({"run", pipeline_.string(), input_.string()}).exit_code, 2);
}

TEST_F(Run, TellsOfAPipelineThatIsNotThere) {
  const Outcome outcome =
      smear({"run", (folder_ / "no.yaml").string(), input_.string(), "-o", out_.string()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no.yaml"));
}

TEST_F(Run, KeepsToTheMemoryItIsGiven) {
  const Outcome outcome = run({"--ram", "64M"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(images_done().size(), 4U);
}

TEST_F(Run, WritesNothingIntoTheInput) {
  const auto before = files_under(input_);
  ASSERT_EQ(run().exit_code, 0);
  EXPECT_EQ(difference(before, files_under(input_)), "");
}

TEST_F(Run, RunsFromAFolderWithSpacesByRelativePaths) {
  const std::filesystem::path place = folder_ / "my slides 100%";
  std::filesystem::create_directories(place);
  std::filesystem::rename(input_, place / "in put");
  std::filesystem::rename(pipeline_, place / "my pipeline.yaml");
  const Outcome outcome =
      smear({"run", "my pipeline.yaml", "in put", "-o", "the out"}, {.folder = place});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(samples_of(place / "the out").rows.size(), 4U);
}

}  // namespace
}  // namespace smear::test
