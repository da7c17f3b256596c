// SPDX-License-Identifier: Apache-2.0
// Options that name a reparameterization or a model file: what the program says of them in help,
// schemas, completion and plans, what it records of a run, and its exit codes where it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// `smear` with the test plugin.
Outcome with_plugin(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--plugin-dir", SMEAR_TEST_PLUGINS});
  return smear(arguments);
}

TEST(HelpOfPlugins, TellsOfStagesFunctionsAndModels) {
  const Outcome stage = with_plugin({"help", "draw"});
  EXPECT_EQ(stage.exit_code, 0) << stage.told();
  EXPECT_THAT(stage.out, AllOf(HasSubstr("draw: Draws."), HasSubstr("warm: With a temperature."),
                               HasSubstr("clash: Clashes."), HasSubstr("default standard"),
                               HasSubstr("From plugin draws")));
  const Outcome function = with_plugin({"help", "warm"});
  EXPECT_EQ(function.exit_code, 0) << function.told();
  EXPECT_THAT(
      function.out,
      AllOf(HasSubstr("warm (reparameterization): With a temperature."),
            HasSubstr("temperature    How far from the mean. (number, 0..100; default 1)")));
  const Outcome model = with_plugin({"help", "trainee"});
  EXPECT_EQ(model.exit_code, 0) << model.told();
  EXPECT_THAT(model.out, AllOf(HasSubstr("trainee (kind of model): Is trained."),
                               HasSubstr("epochs"), HasSubstr("model: trainee")));
  const Outcome slip = with_plugin({"help", "trainees"});
  EXPECT_EQ(slip.exit_code, 2);
  EXPECT_THAT(slip.err, HasSubstr("did you mean 'trainee'?"));
}

TEST(StagesOfPlugins, AreListedWithFunctionsAndModels) {
  const Outcome outcome = with_plugin({"stages"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  for (const char* line :
       {"draw                   Draws. [draws]", "warm                   With a temperature.",
        "trainee                Is trained."})
    EXPECT_THAT(outcome.out, HasSubstr(line));
}

TEST(ReferenceOfPlugins, HasPagesAndAnIndexByCategory) {
  const TemporaryFolder folder;
  const Outcome outcome = with_plugin({"help", "--pages", (folder / "pages").string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const auto index = read_file(folder / "pages/README.md");
  EXPECT_THAT(index, AllOf(HasSubstr("## Model\n\n- [draw](draw.md): Draws."),
                           HasSubstr("## Reparameterizations\n"),
                           HasSubstr("- [warm](reparameterizations/warm.md): With a temperature."),
                           HasSubstr("## Kinds of models\n\n"),
                           HasSubstr("- [trainee](models/trainee.md): Is trained.")));
  EXPECT_THAT(read_file(folder / "pages/draw.md"),
              HasSubstr("- [`warm`](reparameterizations/warm.md): With a temperature."));
  EXPECT_THAT(read_file(folder / "pages/models/trainee.md"),
              AllOf(HasSubstr("# trainee\n"), HasSubstr("](../reparameterizations/warm.md)"),
                    HasSubstr("```yaml\nmodel: trainee\n```")));
  EXPECT_THAT(
      read_file(folder / "pages/reparameterizations/warm.md"),
      AllOf(HasSubstr("| `temperature` | number, 0..100 | 1 |"), Not(HasSubstr("| slot |"))));
}

class PluginOptions : public testing::Test {
 protected:
  Outcome check(const std::string& options, std::vector<std::string> more = {}) {
    write_file(pipeline_, "stages:\n  - draw: " + options + "\n");
    more.insert(more.begin(), {"check", pipeline_.string()});
    return with_plugin(more);
  }

  TemporaryFolder folder_;
  std::filesystem::path pipeline_ = folder_ / "p.yaml";
};

TEST_F(PluginOptions, StandInThePlan) {
  const Outcome outcome = check("{function: warm, draws: 3}", {"--set", "draw.temperature=4"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out,
              HasSubstr("function: warm, temperature: 4, scales: , bias: [], draws: 3"));
  const Outcome as_json = check("{function: warm, temperature: 4}", {"--json"});
  ASSERT_EQ(as_json.exit_code, 0) << as_json.told();
  // The last line may be a warning on stderr; stdout is the plan alone.
  EXPECT_EQ(json::parse(as_json.out)["stages"][0]["options"]["temperature"], "4");
}

TEST_F(PluginOptions, ThatAreWrongEndWithCode2AndRefusalsWithCode4) {
  const Outcome wrong = check("{function: wram}");
  EXPECT_EQ(wrong.exit_code, 2) << wrong.told();
  EXPECT_THAT(wrong.err, HasSubstr("did you mean 'warm'?"));
  const Outcome refused = check("{function: clash}");
  EXPECT_EQ(refused.exit_code, 4) << refused.told();
  EXPECT_THAT(refused.err, HasSubstr("both have 'draws'"));
  const Outcome missing = check("{model: none.safetensors}");
  EXPECT_EQ(missing.exit_code, 2) << missing.told();
  EXPECT_THAT(missing.err, HasSubstr("`--set draw.model=FILE` names another"));
}

TEST_F(PluginOptions, AreRecordedWithPluginsAndModels) {
  make_smears(folder_ / "in", 1);
  write_file(folder_ / "m.safetensors", "abc");
  write_file(pipeline_,
             "stages:\n  - draw: {function: warm, temperature: 4, model: m.safetensors}\n");
  const Outcome outcome = with_plugin({"run", pipeline_.string(), (folder_ / "in").string(), "-o",
                                       (folder_ / "out").string(), "--device", "none"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const auto run = json::parse(read_file(folder_ / "out/run.json"));
  const auto& options = run["stages"][0]["options"];
  EXPECT_EQ(options["function"], "warm");
  EXPECT_EQ(options["temperature"], "4");
  EXPECT_EQ(options["device"], "none");
  EXPECT_EQ(run["plugins"]["draws"]["version"], "1.2.3");
  EXPECT_EQ(run["models"][(folder_ / "m.safetensors").string()]["sha256"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

class PluginSchema : public testing::Test {
 protected:
  /// The exit code of a validation in Python: 0 valid, 1 not, 99 where modules are missing.
  Outcome validate(const std::string& text, bool training) {
    std::vector<std::string> arguments{"schema"};
    if (training) arguments.emplace_back("--training");
    write_file(folder_ / "schema.json", with_plugin(arguments).out);
    write_file(folder_ / "p.yaml", text);
    return run_program(
        {"/usr/bin/python3", "-W", "ignore", "-c",
         "import sys\n"
         "try:\n  import json, jsonschema, yaml\n"
         "except ImportError:\n  sys.exit(99)\n"
         "schema = json.load(open(sys.argv[1]))\n"
         "validator = jsonschema.validators.validator_for(schema)\n"
         "validator.check_schema(schema)\n"
         "errors = list(validator(schema).iter_errors(yaml.safe_load(open(sys.argv[2]))))\n"
         "print([e.message[:200] for e in errors])\n"
         "sys.exit(1 if errors else 0)\n",
         (folder_ / "schema.json").string(), (folder_ / "p.yaml").string()});
  }

  void expect(bool good, const std::string& text, bool training) {
    const Outcome outcome = validate(text, training);
    EXPECT_EQ(outcome.exit_code, good ? 0 : 1) << text << outcome.told();
  }

  void SetUp() override {
    if (validate("stages: [label]\n", false).exit_code == 99)
      GTEST_SKIP() << "no python3 with jsonschema and yaml here";
  }

  TemporaryFolder folder_;
};

TEST_F(PluginSchema, TakesTheOptionsOfEveryFunctionAndNoOthers) {
  expect(true, "stages:\n  - draw\n", false);
  expect(true, "stages:\n  - draw: {function: warm, temperature: 3, bias: [1], draws: 2}\n", false);
  expect(false, "stages:\n  - draw: {function: wram}\n", false);
  expect(false, "stages:\n  - draw: {function: warm, temprature: 3}\n", false);
  expect(false, "stages:\n  - draw: {function: warm, temperature: -3}\n", false);
  // It cannot be used here.
  expect(false, "stages:\n  - draw: {function: clash}\n", false);
}

TEST_F(PluginSchema, OfTrainingsFollowsTheKindOfModel) {
  expect(true, "model: trainee\n", true);
  expect(true,
         "name: a\nmodel: trainee\nseed: 3\ndata: {classes: [x], validation: 0.5, block: 2}\n"
         "options: {epochs: 3, reparameterization: warm, temperature: 2, layers: [a, b]}\n",
         true);
  for (const char* wrong :
       {"name: a\n", "model: train\n", "model: trainee\noptions: {epochs: 0}\n",
        "model: trainee\noptions: {epoch: 1}\n", "model: trainee\noptions: {layers: []}\n",
        "model: trainee\ndata: {validation: 1.0}\n", "model: trainee\ndata: {classes: ['']}\n",
        "model: trainee\ndata: {blokc: 1}\n", "model: trainee\nstages: []\n"})
    expect(false, wrong, true);
}

}  // namespace
}  // namespace smear::test
