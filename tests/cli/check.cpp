// SPDX-License-Identifier: Apache-2.0
// `smear check` finds everything that can be known before a run, all of it at once and each error
// at its place, and prints the plan of what is right; `smear run` refuses the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Diagnosis {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
  std::string shown;  ///< the line of the pipeline
  std::string::size_type caret = 0;
};

/// Reads `FILE:LINE:COLUMN: error: MESSAGE`, the line itself, and the caret below it.
std::vector<Diagnosis> diagnoses(const std::string& text) {
  const std::regex head("^(.*):([0-9]+):([0-9]+): error: (.*)$");
  std::vector<Diagnosis> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, head)) continue;
    Diagnosis diagnosis{match[1], std::stoi(match[2]), std::stoi(match[3]), match[4], {}, 0};
    std::getline(stream, diagnosis.shown);
    std::string caret;
    std::getline(stream, caret);
    diagnosis.caret = caret.find('^');
    found.push_back(diagnosis);
  }
  return found;
}

class Check : public testing::Test {
 protected:
  Outcome check(const std::string& text, const std::vector<std::string>& more = {}) {
    write_file(pipeline_, text);
    std::vector<std::string> arguments{"check", pipeline_.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return smear(arguments);
  }

  /// Expects one error there, shown with its line and a caret under its column.
  void expect_error(const std::string& text, int line, int column, const std::string& message) {
    SCOPED_TRACE(text);
    const Outcome outcome = check(text);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    const auto found = diagnoses(outcome.err);
    ASSERT_EQ(found.size(), 1U) << outcome.told();
    EXPECT_EQ(found[0].file, pipeline_.string());
    EXPECT_EQ(found[0].line, line) << outcome.err;
    EXPECT_EQ(found[0].column, column) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    std::istringstream lines(text);
    std::string source;
    for (int i = 0; i < line; ++i) std::getline(lines, source);
    const auto start = found[0].shown.find(source);
    ASSERT_NE(start, std::string::npos) << outcome.err;
    EXPECT_EQ(found[0].caret - start, static_cast<std::size_t>(column - 1)) << outcome.err;
  }

  TemporaryFolder folder_;
  std::filesystem::path pipeline_ = folder_ / "checked.yaml";
};

TEST_F(Check, PrintsThePlan) {
  const Outcome outcome = check(small_pipeline());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  for (const char* word :
       {"gaussian-blur", "auto-threshold", "measure", "save-table", "overlay", "image", "mask",
        "labels", "objects", "table", "grey8", "source", "sigma: 1.5", "cells.csv"}) {
    EXPECT_THAT(outcome.out, HasSubstr(word));
  }
}

TEST_F(Check, PrintsThePlanAsJson) {
  const Outcome outcome = check(small_pipeline(), {"--json"});
  ASSERT_EQ(outcome.exit_code, 0);
  const json plan = json::parse(outcome.out);
  ASSERT_EQ(plan.at("stages").size(), 8U);
  EXPECT_EQ(plan["stages"][1].at("name"), "gaussian-blur");
}

TEST_F(Check, LooksAtTheInputToo) {
  make_smears(folder_ / "in", 3);
  const Outcome good = check(small_pipeline(), {(folder_ / "in").string()});
  EXPECT_EQ(good.exit_code, 0) << good.told();
  EXPECT_THAT(good.out, HasSubstr("3"));
  const Outcome missing = check(small_pipeline(), {(folder_ / "nowhere").string()});
  EXPECT_EQ(missing.exit_code, 2) << missing.told();
  // A pipeline for grey images, and colour ones.
  const std::string grey_only =
      "stages:\n  - auto-threshold\n  - save-image: {inputs: {image: mask}}\n";
  const Outcome wrong = check(grey_only, {(folder_ / "in").string()});
  EXPECT_THAT(wrong.out + wrong.err, HasSubstr("rgb8"));
}

TEST_F(Check, TakesADeviceOnlyWhereAStageHasOne) {
  const std::string message = "error: --device: no stage of the pipeline has an option 'device'";
  const Outcome checked = check("stages:\n  - gaussian-blur\n", {"--device", "cuda"});
  EXPECT_EQ(checked.exit_code, 2) << checked.told();
  EXPECT_THAT(checked.err, HasSubstr(message));
  const Outcome run = smear({"run", pipeline_.string(), folder_.path().string(), "-o",
                             (folder_ / "out").string(), "--device", "cuda"});
  EXPECT_EQ(run.exit_code, 2) << run.told();
  EXPECT_THAT(run.err, HasSubstr(message));
}

TEST_F(Check, WritesNothing) {
  make_smears(folder_ / "in", 2);
  write_file(pipeline_, small_pipeline());
  const auto before = files_under(folder_.path());
  check(small_pipeline(), {(folder_ / "in").string()});
  EXPECT_EQ(difference(before, files_under(folder_.path())), "");
}

TEST_F(Check, PlacesAnUnknownKey) {
  expect_error("nmae: x\nstages:\n  - label\n", 1, 1, "did you mean 'name'?");
  expect_error("input: {inclde: [\"*.jpg\"]}\nstages: [to-grey]\n", 1, 9,
               "did you mean 'include'?");
  expect_error("stages:\n  - gaussian-blur: {sgma: 1}\n", 2, 21, "did you mean 'sigma'?");
  expect_error("stages:\n  - gaussian-blur:\n      zzz: 1\n", 3, 7, "zzz");
}

TEST_F(Check, PlacesAnUnknownStage) {
  expect_error("stages:\n  - gausian-blur: {sigma: 1}\n", 2, 5, "did you mean 'gaussian-blur'?");
  expect_error("stages:\n  - to-grey\n  - xyzzy\n", 3, 5, "xyzzy");
}

TEST_F(Check, PlacesADuplicateKey) {
  expect_error("name: a\nname: b\nstages: [to-grey]\n", 2, 1, "name");
  expect_error("stages:\n  - gaussian-blur: {sigma: 1, sigma: 2}\n", 2, 31, "sigma");
  expect_error("stages: [to-grey]\nstages: [to-grey]\n", 2, 1, "stages");
}

TEST_F(Check, PlacesAValueOutOfRange) {
  expect_error("stages:\n  - gaussian-blur: {sigma: -1}\n", 2, 28,
               "stage 'gaussian-blur': sigma must be 0..1000 px, got -1");
  expect_error("stages:\n  - to-grey\n  - gaussian-blur:\n      sigma: 1e9\n", 4, 14, "0..1000");
  expect_error("stages:\n  - gaussian-blur: {sigma: .nan}\n", 2, 28, "sigma");
  expect_error("stages:\n  - gaussian-blur: {sigma: .inf}\n", 2, 28, "sigma");
}

TEST_F(Check, PlacesAWrongType) {
  expect_error("stages:\n  - gaussian-blur: {sigma: wide}\n", 2, 28, "number");
  expect_error("stages:\n  - gaussian-blur: {sigma: [1, 2]}\n", 2, 28, "number");
  expect_error("stages:\n  - gaussian-blur: {sigma: }\n", 2, 28, "number");
  expect_error("stages:\n  - gaussian-blur: 1.5\n", 2, 20, "gaussian-blur");
  expect_error("stages: to-grey\n", 1, 9, "list");
  expect_error("stages:\n  - auto-threshold: {method: otsuu}\n", 2, 30, "did you mean 'otsu'?");
}

TEST_F(Check, TakesNoOtherWordForTrueAndFalse) {
  const std::string head = "stages:\n  - to-grey\n  - auto-threshold\n  - watershed: {line: ";
  for (const char* word : {"no", "yes", "on", "off", "y", "n", "1", "maybe"}) {
    expect_error(head + word + "}\n", 4, 23, word);
  }
  EXPECT_EQ(check(head + "true}\n").exit_code, 0);
  EXPECT_EQ(check(head + "false}\n").exit_code, 0);
}

TEST_F(Check, TakesNoWholeNumberFromAFraction) {
  const std::string head =
      "stages:\n  - to-grey\n  - auto-threshold\n  - label\n  - measure: {min_area: ";
  for (const char* value : {"1.5", "no", "0x1F1", "12px", "99999999999999999999", "-1"}) {
    expect_error(head + value + "}\n", 5, 25, "min_area");
  }
}

TEST_F(Check, PlacesASlotThatNobodyWrote) {
  expect_error("stages:\n  - to-grey\n  - fill-holes\n", 3, 5, "mask");
  const Outcome outcome =
      check("stages:\n  - to-grey\n  - auto-threshold\n  - fill-holes: {inputs: {mask: msk}}\n");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("msk"));
  EXPECT_THAT(outcome.err, HasSubstr(":4:"));
}

TEST_F(Check, PlacesASlotOfTheWrongType) {
  const Outcome outcome = check(
      "stages:\n  - to-grey\n  - auto-threshold\n  - label\n  - measure\n"
      "  - fill-holes: {inputs: {mask: objects}}\n");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(":6:"));
  EXPECT_THAT(outcome.err, HasSubstr("objects"));
  EXPECT_THAT(outcome.err, HasSubstr("table"));
}

TEST_F(Check, PlacesAnInputThatTheStageHasNot) {
  expect_error("stages:\n  - to-grey: {inputs: {imgae: source}}\n", 2, 24, "did you mean 'image'?");
}

TEST_F(Check, RefusesTwoStagesThatWriteOneFile) {
  const Outcome outcome = check(
      "stages:\n  - save-image: {to: \"a/{id}.png\"}\n  - save-image: {to: \"a/{id}.png\"}\n");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(":3:"));
}

TEST_F(Check, RefusesOutputsOutsideOut) {
  for (const char* to : {"../{id}.png", "/tmp/{id}.png", "a/../../{id}.png", ".smear/{id}.png"}) {
    const Outcome outcome = check(std::string("stages:\n  - save-image: {to: \"") + to + "\"}\n");
    EXPECT_EQ(outcome.exit_code, 2) << to << outcome.told();
  }
}

TEST_F(Check, RefusesAnOutputThatTwoImagesShare) {
  make_smears(folder_ / "in", 2);
  std::filesystem::create_directories(folder_ / "in/b");
  std::filesystem::copy(folder_ / "in/smear-0001.jpg", folder_ / "in/b/smear-0001.jpg");
  for (const char* to : {"same.png", "{stem}.png"}) {
    const std::string text = std::string("stages:\n  - save-image: {to: \"") + to + "\"}\n";
    const Outcome outcome = check(text, {(folder_ / "in").string()});
    EXPECT_EQ(outcome.exit_code, 2) << to << outcome.told();
    const Outcome run = smear(
        {"run", pipeline_.string(), (folder_ / "in").string(), "-o", (folder_ / "out").string()});
    EXPECT_EQ(run.exit_code, 2) << to << run.told();
    EXPECT_THAT(run.err, HasSubstr("smear-0001.jpg"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  }
}

TEST_F(Check, RefusesOutputsThatReplaceTheRunsOwnFiles) {
  const std::string head = "stages:\n  - to-grey\n  - auto-threshold\n  - label\n  - measure\n";
  EXPECT_EQ(check(head + "  - save-table: {to: samples.csv}\n").exit_code, 2);
}

TEST_F(Check, PlacesAMissingFile) {
  const Outcome outcome = check("stages:\n  - stain-normalize: {reference: not-there.png}\n");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(":2:"));
  EXPECT_THAT(outcome.err, HasSubstr("not-there.png"));
}

TEST_F(Check, TellsAllErrorsAtOnce) {
  const std::string text =
      "name: bad\nname: again\ninput: {inclde: [\"*.jpg\"]}\nstages:\n"
      "  - gausian-blur: {sigma: 1.5}\n  - gaussian-blur: {sigma: -1, sgma: 2}\n"
      "  - auto-threshold: {method: otsuu}\n  - measure: {min_area: no}\n";
  const Outcome outcome = check(text);
  EXPECT_EQ(outcome.exit_code, 2);
  std::vector<int> lines;
  for (const Diagnosis& diagnosis : diagnoses(outcome.err)) lines.push_back(diagnosis.line);
  EXPECT_THAT(lines, testing::ElementsAre(2, 3, 5, 6, 6, 7, 8)) << outcome.err;
  EXPECT_EQ(outcome.out, "");

  make_smears(folder_ / "in", 1);
  const Outcome run = smear(
      {"run", pipeline_.string(), (folder_ / "in").string(), "-o", (folder_ / "out").string()});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, outcome.err) << "a run tells the same";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(Check, TellsErrorsAsJson) {
  const Outcome outcome =
      check("stages:\n  - gaussian-blur: {sgma: 1}\n  - nonsense\n", {"--json"});
  EXPECT_EQ(outcome.exit_code, 2);
  std::istringstream lines(outcome.err + outcome.out);
  std::vector<int> places;
  for (std::string line; std::getline(lines, line);) {
    places.push_back(json::parse(line).at("line").get<int>());
  }
  EXPECT_THAT(places, testing::ElementsAre(2, 3));
}

TEST_F(Check, SurvivesFilesThatAreNoPipeline) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += '[';
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [*" + before;
    for (int i = 0; i < 8; ++i) bomb += ",*" + before;
    bomb += "]\n";
  }
  const std::vector<std::string> texts{"",
                                       "\n\n",
                                       "# nothing\n",
                                       "just text",
                                       "[1, 2",
                                       "{",
                                       "stages:\n\t- to-grey\n",
                                       "- a\n- b\n",
                                       "stages: []\n",
                                       "stages:\n",
                                       "name: x\n",
                                       "stages:\n  - {}\n",
                                       "stages:\n  - [to-grey]\n",
                                       "stages:\n  - to-grey: {}\n    gaussian-blur: {}\n",
                                       "stages:\n  - 5\n",
                                       "stages:\n  - ~\n",
                                       "a: b: c\n",
                                       "--- \nstages: [to-grey]\n---\nstages: [to-grey]\n",
                                       "\xff\xfe\x00\x01",
                                       std::string("stages: [to-grey]\0", 18),
                                       "stages: [*nothing]\n",
                                       "? [a]\n: b\n",
                                       "stages: &s [*s]\n",
                                       "!!python/object:os.system ls\n",
                                       deep,
                                       bomb};
  for (const std::string& text : texts) {
    const Outcome outcome = check(text);
    EXPECT_EQ(outcome.exit_code, 2) << text.substr(0, 100) << outcome.told();
    EXPECT_FALSE(outcome.err.empty()) << text.substr(0, 100);
    EXPECT_LT(outcome.seconds, 10) << text.substr(0, 100);
  }
}

TEST_F(Check, CountsColumnsAfterOtherAlphabets) {
  // Whether in bytes or in characters, the caret stands below the place on a terminal.
  const Outcome outcome = check(
      "name: \"\xc3\xa4\xc3\xb6\"\nstages:\n  - to-grey\n"
      "  - gaussian-blur: {\"\xc3\xa4\": 1, sigma: -1}\n");
  EXPECT_EQ(outcome.exit_code, 2);
  const auto found = diagnoses(outcome.err);
  ASSERT_EQ(found.size(), 2U) << outcome.err;
  for (const Diagnosis& diagnosis : found) EXPECT_EQ(diagnosis.line, 4);
}

TEST_F(Check, TakesWindowsLineEndsAndAByteOrderMark) {
  std::string text = small_pipeline();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\r\n");
  }
  EXPECT_EQ(check(text).exit_code, 0);
  EXPECT_EQ(check("\xef\xbb\xbf" + text).exit_code, 0);
}

TEST_F(Check, TellsOfAPipelineThatCannotBeRead) {
  const Outcome missing = smear({"check", (folder_ / "no.yaml").string()});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("no.yaml"));
  const Outcome folder = smear({"check", folder_.path().string()});
  EXPECT_EQ(folder.exit_code, 2) << folder.told();
  EXPECT_EQ(smear({"check"}).exit_code, 2);
}

TEST_F(Check, RefusesAStageOfAnUnknownPlugin) {
  const Outcome outcome = check("stages:\n  - no-such-plugin.stage\n");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
}

}  // namespace
}  // namespace smear::test
