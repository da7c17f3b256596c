// SPDX-License-Identifier: Apache-2.0
// `smear stages`, `help`, `plugins`, `schema`, `completion`, `version` and `--help` tell what there
// is, to people and to programs, and all of them tell the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::vector<std::string>& commands() {
  static const std::vector<std::string> names{
      "run",   "check", "stages", "help",       "plugins", "schema", "completion", "version",
      "synth", "merge", "report", "new-plugin", "train",   "model",  "export-eval"};
  return names;
}

/// The filters that the issue asks for.
const std::vector<std::string>& promised_stages() {
  static const std::vector<std::string> names{"save-image",
                                              "save-table",
                                              "save-labels",
                                              "overlay",
                                              "resize",
                                              "crop",
                                              "to-grey",
                                              "normalize",
                                              "rescale-intensity",
                                              "gaussian-blur",
                                              "median",
                                              "anisotropic-diffusion",
                                              "flat-field",
                                              "subtract-background",
                                              "stain-separation",
                                              "stain-normalize",
                                              "clahe",
                                              "invert",
                                              "auto-threshold",
                                              "multi-otsu",
                                              "threshold",
                                              "k-means",
                                              "open",
                                              "close",
                                              "erode",
                                              "dilate",
                                              "fill-holes",
                                              "remove-small",
                                              "clear-border",
                                              "watershed",
                                              "label",
                                              "measure"};
  return names;
}

json stages() { return json::parse(smear({"stages", "--json"}).out); }

/// Runs a Python program with these modules, or returns exit code 99 where they are absent.
Outcome python(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"/usr/bin/python3", "-W", "ignore", "-c",
                                   "import sys\ntry:\n  import json, jsonschema, yaml\n"
                                   "except ImportError:\n  sys.exit(99)\n" +
                                       program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Outcome outcome = run_program(command);
  if (outcome.exit_code == 127) outcome.exit_code = 99;
  return outcome;
}

TEST(Help, OfTheProgramNamesEveryCommand) {
  const Outcome outcome = smear({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const std::string& name : commands()) EXPECT_THAT(outcome.out, HasSubstr(name));
  EXPECT_EQ(smear({"-h"}).out, outcome.out);
  EXPECT_EQ(smear({"help"}).exit_code, 0);
}

TEST(Help, WithoutACommandIsAUsageError) {
  const Outcome outcome = smear({});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("run"));
}

TEST(Help, OfACommandHasAnExitCodeAndOptions) {
  for (const std::string& name : commands()) {
    const Outcome outcome = smear({name, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << name;
    EXPECT_THAT(outcome.out, HasSubstr("smear " + name)) << name;
    EXPECT_EQ(outcome.err, "") << name;
  }
  const std::string run = smear({"run", "--help"}).out;
  for (const char* option : {"--output", "--jobs", "--resume", "--overwrite", "--shard", "--seed",
                             "--include", "--exclude", "--set", "--limit", "--max-failures",
                             "--dry-run", "--json", "--quiet", "--ram"}) {
    EXPECT_THAT(run, HasSubstr(option));
  }
}

TEST(Help, OfAnUnknownCommandSuggestsANearOne) {
  const Outcome outcome = smear({"chekc"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("chekc"));
  EXPECT_THAT(outcome.err, HasSubstr("check"));
  for (const std::string& name : commands()) {
    EXPECT_EQ(smear({name, "--no-such-option"}).exit_code, 2) << name;
  }
}

TEST(Help, OfAStageTellsItsOptions) {
  const Outcome outcome = smear({"help", "gaussian-blur"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* word : {"sigma", "px", "0..1000", "default", "image", "stages:", "Reference"}) {
    EXPECT_THAT(outcome.out, HasSubstr(word));
  }
}

TEST(Help, OfAnUnknownStageSuggestsANearOne) {
  const Outcome outcome = smear({"help", "gausian-blur"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("gaussian-blur"));
}

TEST(Help, OfEveryStageIsThere) {
  for (const json& stage : stages()) {
    const auto name = stage.at("name").get<std::string>();
    const Outcome outcome = smear({"help", name});
    EXPECT_EQ(outcome.exit_code, 0) << name;
    for (const json& option : stage.at("options")) {
      EXPECT_THAT(outcome.out, HasSubstr(option.at("name").get<std::string>())) << name;
      EXPECT_FALSE(option.at("help").get<std::string>().empty()) << name;
    }
  }
}

TEST(Stages, AreAllThatWerePromised) {
  std::set<std::string> names;
  for (const json& stage : stages()) names.insert(stage.at("name").get<std::string>());
  for (const std::string& name : promised_stages()) EXPECT_TRUE(names.contains(name)) << name;
  const std::string listed = smear({"stages"}).out;
  for (const std::string& name : names) EXPECT_THAT(listed, HasSubstr(name));
}

TEST(Stages, ExamplesAllRun) {
  const TemporaryFolder folder;
  make_smears(folder / "in", 2, 256);
  // For the examples that read tensors; the others do not look at them.
  for (const char* name : {"a.npy", "b.npy"})
    write_file(folder / "in" / name, npy_of({1.0F, 2.0F}));
  for (const json& stage : stages()) {
    if (stage.contains("plugin")) continue;  // may need a model; tested with its plugin
    const auto name = stage.at("name").get<std::string>();
    const auto pipeline = folder / (name + ".yaml");
    write_file(pipeline, stage.at("example").get<std::string>());
    EXPECT_THAT(read_file(pipeline), HasSubstr(name));
    const auto out = folder / ("out-" + name);
    const Outcome outcome =
        smear({"run", pipeline.string(), (folder / "in").string(), "-o", out.string()});
    EXPECT_EQ(outcome.exit_code, 0) << name << outcome.told();
    EXPECT_GT(files_under(out).size(), 4U) << name << " shows nothing of what it did";
  }
}

TEST(Version, TellsMoreWhenAsked) {
  const Outcome outcome = smear({"version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  const std::string verbose = smear({"version", "--verbose"}).out;
  for (const char* library : {"ITK", "OpenCV", "Boost", "SQLite"}) {
    EXPECT_THAT(verbose, HasSubstr(library));
  }
  EXPECT_EQ(smear({"--version"}).out, outcome.out);
}

TEST(Plugins, AreListedForPeopleAndPrograms) {
  EXPECT_EQ(smear({"plugins"}).exit_code, 0);
  const Outcome outcome = smear({"plugins", "--json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(json::parse(outcome.out).is_array());
}

TEST(Plugins, OfTheCurrentDirectoryAreNotLookedFor) {
  const TemporaryFolder folder;
  write_file(folder / "evil.so", "no library");
  write_file(folder / "plugins/evil.so", "no library");
  const Outcome outcome = smear({"plugins"}, {.folder = folder.path()});
  EXPECT_THAT(outcome.out + outcome.err, testing::Not(HasSubstr("evil")));
  const Outcome asked = smear({"plugins", "--plugin-dir", (folder / "plugins").string()});
  EXPECT_THAT(asked.out, HasSubstr("refused")) << asked.told();
}

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome outcome = smear({"schema"});
    ASSERT_EQ(outcome.exit_code, 0);
    write_file(schema_, outcome.out);
    if (python("", {}).exit_code == 99) GTEST_SKIP() << "no python3 with jsonschema and yaml here";
  }

  Outcome validate(const std::string& text) {
    write_file(folder_ / "p.yaml", text);
    return python(
        "schema = json.load(open(sys.argv[1]))\n"
        "validator = jsonschema.validators.validator_for(schema)\n"
        "validator.check_schema(schema)\n"
        "errors = list(validator(schema).iter_errors(yaml.safe_load(open(sys.argv[2]))))\n"
        "print([e.message[:200] for e in errors])\n"
        "sys.exit(1 if errors else 0)\n",
        {schema_.string(), (folder_ / "p.yaml").string()});
  }

  int check() { return smear({"check", (folder_ / "p.yaml").string()}).exit_code; }

  TemporaryFolder folder_;
  std::filesystem::path schema_ = folder_ / "schema.json";
};

TEST_F(Schema, TakesGoodPipelines) {
  std::vector<std::string> good{
      small_pipeline(), "stages: [to-grey]\n",
      "stages:\n  - gaussian-blur: {sigma: 2, inputs: {image: source}, outputs: {image: soft}}\n",
      "name: x\ninput: {include: \"*.png\", exclude: [a, b], pages: each}\nstages:\n  - median\n",
      "input: {tensor: z, beside: {mu: \"../mu/{path}\"}}\nstages: [save-tensor]\n"};
  for (const std::string& text : good) {
    const Outcome outcome = validate(text);
    EXPECT_EQ(outcome.exit_code, 0) << text << outcome.told();
    EXPECT_EQ(check(), 0) << text;
  }
}

TEST_F(Schema, TakesTheExampleOfEveryStage) {
  json examples = json::array();
  for (const json& stage : stages()) examples.push_back(stage.at("example"));
  write_file(folder_ / "examples.json", examples.dump());
  const Outcome outcome = python(
      "schema = json.load(open(sys.argv[1]))\n"
      "for text in json.load(open(sys.argv[2])):\n"
      "  jsonschema.validate(yaml.safe_load(text), schema)\n",
      {schema_.string(), (folder_ / "examples.json").string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
}

TEST_F(Schema, RefusesBadPipelinesAsCheckDoes) {
  for (const char* text :
       {"nmae: x\nstages: [to-grey]\n", "stages: [to-gray]\n", "stages: to-grey\n", "name: x\n",
        "stages:\n  - gaussian-blur: {sigma: -1}\n", "stages:\n  - gaussian-blur: {sigma: 1001}\n",
        "stages:\n  - gaussian-blur: {sigma: wide}\n", "stages:\n  - gaussian-blur: {sgma: 1}\n",
        "stages:\n  - to-grey: {component: purple}\n", "stages:\n  - to-grey: 5\n",
        "stages:\n  - to-grey: {}\n    median: {}\n",
        "stages:\n  - to-grey: {inputs: {imgae: source}}\n",
        "input: {pages: some}\nstages: [to-grey]\n", "input: {beside: {z: a}}\nstages: [to-grey]\n",
        "input: {tensor: [z]}\nstages: [save-tensor]\n",
        "input: {inclde: x}\nstages: [to-grey]\n"}) {
    EXPECT_EQ(validate(text).exit_code, 1) << text;
    EXPECT_EQ(check(), 2) << text;
  }
}

TEST_F(Schema, DescribesWhatAnEditorShows) {
  const std::string text = read_file(schema_);
  EXPECT_THAT(text, HasSubstr("Standard deviation"));  // of gaussian-blur's sigma
  for (const std::string& name : promised_stages()) EXPECT_THAT(text, HasSubstr('"' + name + '"'));
}

class Completion : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome outcome = smear({"completion", "bash"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
    write_file(script_, outcome.out);
  }

  /// What bash offers after these words, the last of which is being typed.
  std::set<std::string> offers(const std::vector<std::string>& words) {
    std::vector<std::string> command{
        "bash",
        "--norc",
        "-c",
        "source \"$1\"; shift; PATH=\"$1:$PATH\"; shift; words=\"$*\"\n"
        "function=$(complete -p smear | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n"
        "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=$words; COMP_POINT=${#words}\n"
        "\"$function\" smear \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n"
        "printf '%s\\n' \"${COMPREPLY[@]}\"",
        "bash",
        script_.string(),
        smear_path().parent_path().string()};
    command.insert(command.end(), words.begin(), words.end());
    const Outcome outcome = run_program(command, {.folder = folder_.path()});
    EXPECT_EQ(outcome.err, "");
    std::set<std::string> found;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      found.insert(line.substr(0, line.find_last_not_of(' ') + 1));
    }
    return found;
  }

  TemporaryFolder folder_;
  std::filesystem::path script_ = folder_ / "smear.bash";
};

TEST_F(Completion, IsABashScript) {
  const Outcome outcome = run_program({"bash", "-n", script_.string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Completion, OffersCommands) {
  const auto all = offers({"smear", ""});
  for (const std::string& name : commands()) EXPECT_TRUE(all.contains(name)) << name;
  EXPECT_EQ(offers({"smear", "ch"}), std::set<std::string>{"check"});
}

TEST_F(Completion, OffersOptions) {
  const auto all = offers({"smear", "run", "--"});
  EXPECT_TRUE(all.contains("--resume")) << testing::PrintToString(all);
  EXPECT_TRUE(all.contains("--max-failures"));
  EXPECT_EQ(offers({"smear", "run", "--over"}), std::set<std::string>{"--overwrite"});
}

TEST_F(Completion, OffersStages) {
  EXPECT_TRUE(offers({"smear", "help", "gauss"}).contains("gaussian-blur"));
}

TEST_F(Completion, OffersFiles) {
  write_file(folder_ / "mine.yaml", "");
  EXPECT_TRUE(offers({"smear", "check", "mi"}).contains("mine.yaml"));
}

TEST(CompletionOf, AnotherShellIsRefused) {
  EXPECT_EQ(smear({"completion", "tcsh"}).exit_code, 2);
  EXPECT_EQ(smear({"completion"}).exit_code, 2);
}

}  // namespace
}  // namespace smear::test
