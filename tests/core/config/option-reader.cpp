// SPDX-License-Identifier: Apache-2.0
// Options that name a reparameterization take its options beside them; model files are found in two
// places; everything that is wrong is reported with its place and with whose option it is.
#include "config/option-reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/pipeline.h"
#include "harness/reparameterizations.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Registry& all() {
  static Registry instance = registry_with_reparameterizations();
  return instance;
}

Pipeline parsed(const std::string& options, const std::vector<Override>& overrides = {},
                const fs::path& file = "p.yaml") {
  return parse_pipeline(fmt::format("stages:\n  - draw: {}\n", options), file, all(), overrides);
}

std::string message_of(const std::string& options, const std::vector<Override>& overrides = {},
                       const fs::path& file = "p.yaml") {
  try {
    parsed(options, overrides, file);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

const Draws& stage_of(const Pipeline& pipeline) {
  return dynamic_cast<const Draws&>(*pipeline.stages.front().stage);
}

const Warm& warm_of(const Pipeline& pipeline) {
  return dynamic_cast<const Warm&>(*stage_of(pipeline).function.object);
}

/// A folder of its own for a test, gone at its end; the current folder is one beside it meanwhile.
class ModelFile : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "config");
    fs::create_directories(root_ / "here");
    before_ = fs::current_path();
    fs::current_path(root_ / "here");
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(root_);
  }
  void write(const fs::path& file, const std::string& text) const {
    std::ofstream(root_ / file) << text;
  }
  [[nodiscard]] Pipeline read(const std::string& options,
                              const std::vector<Override>& overrides = {}) const {
    return parsed(options, overrides, root_ / "config/p.yaml");
  }
  [[nodiscard]] std::string path(const fs::path& file) const { return (root_ / file).string(); }

  fs::path root_ = fs::canonical(fs::temp_directory_path()) /
                   fmt::format("smear-{}-{}", getpid(),
                               ::testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path before_;
};

TEST(ReparameterizationOption, TakesTheOptionsOfTheOneThatItNames) {
  const auto pipeline = parsed("{function: warm, temperature: 10, bias: [1, 2], draws: 4}");
  EXPECT_EQ(warm_of(pipeline).temperature, 10.0);
  EXPECT_THAT(warm_of(pipeline).bias, ElementsAre(1.0, 2.0));
  EXPECT_EQ(stage_of(pipeline).draws, 4);
  const auto& stage = pipeline.stages.front();
  EXPECT_EQ(std::get<double>(stage.values.at("temperature")), 10.0);
  EXPECT_EQ(to_string(stage.values.at("function")), "warm");
  std::vector<std::string> names;
  for (const auto* option : stage.options()) names.push_back(option->name);
  EXPECT_THAT(names,
              ElementsAre("function", "temperature", "scales", "bias", "draws", "model", "device"));
}

TEST(ReparameterizationOption, HasADefault) {
  EXPECT_NE(dynamic_cast<const Plain*>(stage_of(parsed("{}")).function.object.get()), nullptr);
  EXPECT_EQ(to_string(parsed("{}").stages.front().values.at("function")), "standard");
}

TEST(ReparameterizationOption, ReportsAnUnknownOneWithTheOnesThereAre) {
  EXPECT_THAT(message_of("{function: wram, temperature: 3}"),
              AllOf(HasSubstr("p.yaml:2:22: error: stage 'draw': function: there is no "
                              "reparameterization 'wram'"),
                    HasSubstr("did you mean 'warm'? there are clash, standard, warm"),
                    // It cannot be known whose this is.
                    Not(HasSubstr("temperature'"))));
  EXPECT_THAT(message_of("{function: [warm]}"), HasSubstr("function must be text, got a list"));
}

TEST(ReparameterizationOption, NamesTheFunctionWhereItsOptionsAreWrong) {
  EXPECT_THAT(message_of("{function: warm, temperature: -1}"),
              HasSubstr("p.yaml:2:41: error: stage 'draw': warm: temperature must be 0..100, "
                        "got -1"));
  EXPECT_THAT(message_of("{function: warm, temperature: 13}"),
              HasSubstr("p.yaml:2:22: error: stage 'draw': warm: temperature 13 is unlucky"));
  EXPECT_THAT(message_of("{function: warm, scales: none.txt}"),
              HasSubstr("stage 'draw': warm: scales names a file that is not there"));
  EXPECT_THAT(message_of("{function: warm, bias: [1, 2, 3]}"),
              HasSubstr("bias must hold 0 to 2 numbers, got 3"));
}

TEST(ReparameterizationOption, DoesNotTakeAnothersOptions) {
  EXPECT_THAT(message_of("{function: standard, temperature: 3}"),
              AllOf(HasSubstr("p.yaml:2:32: error: stage 'draw': unknown key 'temperature'"),
                    HasSubstr("it knows function, draws, model, device, inputs, outputs")));
  EXPECT_THAT(message_of("{function: warm, hotness: 3}"),
              HasSubstr("it knows function, draws, model, device, temperature, scales, bias"));
  EXPECT_THAT(message_of("{function: warm, temprature: 3}"),
              HasSubstr("did you mean 'temperature'?"));
  EXPECT_THAT(message_of("{function: warm, temperature: 3, temperature: 4}"),
              HasSubstr("'temperature' is given twice"));
}

TEST(ReparameterizationOption, IsRefusedWhereBothHaveAnOptionOfOneName) {
  EXPECT_THROW(parsed("{function: clash}"), PluginError);
  EXPECT_THAT(message_of("{function: clash}"),
              HasSubstr("it and reparameterization 'clash' both have 'draws'"));
}

TEST(ReparameterizationOption, IsOverriddenFromTheCommandLineWithAllItsOptions) {
  const auto pipeline =
      parsed("{}", {Override::parse("draw.function=warm"), Override::parse("draw.temperature=3")});
  EXPECT_EQ(warm_of(pipeline).temperature, 3.0);
  EXPECT_THAT(message_of("{function: warm}", {Override::parse("draw.temperature=x")}),
              HasSubstr("error: --set draw.temperature: stage 'draw': warm: temperature must be a "
                        "number, got 'x'"));
  EXPECT_THAT(message_of("{}", {Override::parse("draw.temperature=3")}),
              HasSubstr("--set draw.temperature: stage 'draw' has no such option"));
  EXPECT_THAT(message_of("{}", {Override::parse("draw.function=cold")}),
              HasSubstr("error: --set draw.function: stage 'draw': function: there is no "
                        "reparameterization 'cold'"));
}

TEST(ReparameterizationOption, DecidesTheFingerprint) {
  const auto base = parsed("{function: warm, temperature: 2}").fingerprint();
  EXPECT_EQ(base, parsed("{draws: 1, temperature: 2.0, function: warm}").fingerprint());
  EXPECT_NE(base, parsed("{function: warm, temperature: 3}").fingerprint());
  EXPECT_NE(parsed("{function: warm}").fingerprint(), parsed("{}").fingerprint());
}

TEST(ReparameterizationOption, IsRefusedWithAnotherLibTorch) {
  auto registry = registry_with_reparameterizations();
  registry.set_plugin({"hot", "1.0", "hot.so", "2.1.0"});
  registry.add_reparameterization(
      {.name = "hot", .summary = "Hot.", .details = {}, .reference = {}},
      [] { return std::make_unique<Plain>(); });
  try {
    parse_pipeline("stages:\n  - draw: {function: hot}\n", "p.yaml", registry);
    FAIL() << "nothing is thrown";
  } catch (const PluginError& e) {
    EXPECT_THAT(e.what(), HasSubstr("stage 'draw': it (built in) is built without LibTorch, but "
                                    "reparameterization 'hot' (plugin 'hot') is built for "
                                    "LibTorch 2.1.0; rebuild one of the two"));
  }
}

TEST(ReparameterizationOption, GivesTheReasonWhereItsPluginIsRefused) {
  auto registry = registry_with_reparameterizations();
  registry.announce_reparameterization(
      "broken", "broken", [](Registry&) { throw PluginError("plugin 'broken' is refused: why"); });
  const std::string text = "stages:\n  - draw: {function: broken, temperature: 3}\n";
  EXPECT_THROW(parse_pipeline(text, "p.yaml", registry), PluginError);
  // With something else wrong besides, the whole is a config error.
  try {
    parse_pipeline(text + "  - gaussian-blur: {sigma: x}\n", "p.yaml", registry);
    FAIL() << "nothing is thrown";
  } catch (const ConfigErrors& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("sigma must be a number"), HasSubstr("refused: why")));
  }
}

TEST_F(ModelFile, IsLookedForBesideTheConfigAndThenHere) {
  write("here/m.safetensors", "here");
  EXPECT_EQ(stage_of(read("{model: m.safetensors}")).model, path("here/m.safetensors"));
  write("config/m.safetensors", "config");
  EXPECT_EQ(stage_of(read("{model: m.safetensors}")).model, path("config/m.safetensors"));
  EXPECT_EQ(stage_of(read(fmt::format("{{model: {}}}", path("here/m.safetensors")))).model,
            path("here/m.safetensors"));
  // What is typed is meant from where it is typed.
  EXPECT_EQ(stage_of(read("{}", {Override::parse("draw.model=m.safetensors")})).model,
            path("here/m.safetensors"));
}

TEST_F(ModelFile, MayBeLeftOut) {
  EXPECT_EQ(stage_of(read("{}")).model, "");
  EXPECT_EQ(stage_of(read("{model: ''}")).model, "");
}

TEST_F(ModelFile, ThatIsNotThereIsReportedWithBothPlacesAndHowToGetOne) {
  fs::create_directories(root_ / "here/folder");
  for (const std::string name : {"none", "folder"}) {
    const auto message =
        message_of(fmt::format("{{model: {}}}", name), {}, root_ / "config/p.yaml");
    EXPECT_THAT(message,
                AllOf(HasSubstr("p.yaml:2:19: error: stage 'draw': model names a model "
                                "file that is not there: "),
                      HasSubstr(path("config/" + name) + " and " + path("here/" + name)),
                      HasSubstr("; `smear train ... -o NAME.safetensors` makes one, `--set "
                                "draw.model=FILE` names another")));
  }
}

TEST_F(ModelFile, DecidesTheFingerprintByItsContent) {
  write("config/m", "one");
  write("here/other-name", "one");
  const auto base = read("{model: m}").fingerprint();
  EXPECT_EQ(base, read("{model: other-name}").fingerprint());
  write("config/m", "two");
  EXPECT_NE(base, read("{model: m}").fingerprint());
  write("config/s", "one");
  const auto with_file = read("{function: warm, scales: s}").fingerprint();
  write("config/s", "two");
  EXPECT_NE(with_file, read("{function: warm, scales: s}").fingerprint());
}

}  // namespace
}  // namespace smear::test
