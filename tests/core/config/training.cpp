// SPDX-License-Identifier: Apache-2.0
// Training configs: what is right is read as it stands; everything that is wrong is reported in one
// go, each with its place and what is near.
#include "config/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/reparameterizations.h"

namespace smear::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Registry& all() {
  static Registry instance = registry_with_reparameterizations();
  return instance;
}

TrainingConfig parsed(const std::string& text, const std::vector<std::string>& sets = {}) {
  std::vector<Override> overrides;
  for (const auto& set : sets) overrides.push_back(parse_training_override(set));
  return parse_training_config(text, "folder/t.yaml", all(), overrides);
}

std::string message_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    parsed(text, sets);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

const Trainee& trainee_of(const TrainingConfig& config) {
  return dynamic_cast<const Trainee&>(*config.kind);
}

TEST(TrainingText, IsReadAsItStands) {
  const auto config = parsed(
      "name: early\n"
      "description: A test.\n"
      "model: trainee\n"
      "seed: 7\n"
      "data: {classes: [b, a], validation: 0.25, block: 12, include: ['*.png'], max_images: 5}\n"
      "options: {epochs: 5, reparameterization: warm, temperature: 3, layers: [x, y]}\n");
  EXPECT_EQ(config.name, "early");
  EXPECT_EQ(config.description, "A test.");
  EXPECT_EQ(config.model, "trainee");
  EXPECT_EQ(config.seed, 7U);
  EXPECT_THAT(config.data.classes, ElementsAre("b", "a"));
  EXPECT_EQ(config.data.validation, 0.25);
  EXPECT_EQ(config.data.block, 12);
  EXPECT_THAT(config.data.input.include, ElementsAre("*.png"));
  EXPECT_EQ(config.data.max_images, 5);
  EXPECT_EQ(trainee_of(config).epochs, 5);
  EXPECT_THAT(trainee_of(config).layers, ElementsAre("x", "y"));
  EXPECT_EQ(dynamic_cast<const Warm&>(*trainee_of(config).function.object).temperature, 3.0);
  EXPECT_EQ(to_string(config.values.at("temperature")), "3");
  EXPECT_EQ(to_string(config.values.at("reparameterization")), "warm");
}

TEST(TrainingText, HasDefaultsForWhatItDoesNotSay) {
  for (const std::string text : {"model: trainee\n", "model: trainee\ndata:\noptions:\n"}) {
    const auto config = parsed(text);
    EXPECT_EQ(config.name, "t");
    EXPECT_EQ(config.seed, 1U);
    EXPECT_TRUE(config.data.classes.empty());
    EXPECT_EQ(config.data.validation, 0.3);
    EXPECT_EQ(config.data.block, 1);
    EXPECT_EQ(config.data.max_images, 0);
    EXPECT_EQ(trainee_of(config).epochs, 300);
    EXPECT_NE(trainee_of(config).function.object, nullptr);
    EXPECT_EQ(to_string(config.values.at("epochs")), "300");
  }
}

TEST(TrainingText, ReportsEveryErrorAtItsPlace) {
  try {
    parsed(
        "model: trainee\n"
        "seed: -1\n"
        "sede: 2\n"
        "data: {classes: [''], validation: 1.0, blokc: 1, block: 0, include: []}\n"
        "options: {epochs: 0, epoch: 3, layers: [a, b, c, d], reparameterization: warm, "
        "temperature: x}\n");
    FAIL() << "nothing is thrown";
  } catch (const ConfigErrors& e) {
    const auto& errors = e.diagnostics();
    ASSERT_EQ(errors.size(), 11U) << e.what();
    const auto at = [&](std::size_t i, int line, int column, const std::string& message) {
      EXPECT_EQ(errors[i].place.line, line) << i;
      EXPECT_EQ(errors[i].place.column, column) << i;
      EXPECT_EQ(errors[i].message, message);
    };
    at(0, 3, 1, "unknown key 'sede'");
    EXPECT_EQ(errors[0].hint, "did you mean 'seed'?");
    at(1, 2, 7, "seed must be at least 0, got -1");
    at(2, 4, 40, "data: unknown key 'blokc'");
    at(3, 4, 17, "data: classes holds an empty name");
    at(4, 4, 69, "data: include must hold 1 to 1000 names, got 0");
    at(5, 4, 57, "data: block must be at least 1, got 0");
    at(6, 4, 35, "data: validation must be below 1, or nothing is left to train on, got 1");
    at(7, 5, 22, "model 'trainee': unknown key 'epoch'");
    at(8, 5, 19, "model 'trainee': epochs must be 1..1000, got 0");
    at(9, 5, 40, "model 'trainee': layers must hold 1 to 3 names, got 4");
    at(10, 5, 93, "model 'trainee': warm: temperature must be a number, got 'x'");
  }
}

TEST(TrainingText, RefusesWhatIsNoTrainingConfig) {
  EXPECT_THAT(message_of(""), HasSubstr("t.yaml:1:1: error: a training config is a map"));
  EXPECT_THAT(message_of("- a\n"), HasSubstr("got a list"));
  EXPECT_THAT(message_of("name: x\n"),
              HasSubstr("needs 'model', a kind of model (there are trainee)"));
  EXPECT_THAT(message_of("model: [a]\n"), HasSubstr("model must be text, got a list"));
  EXPECT_THAT(
      message_of("model: trane\n"),
      HasSubstr("t.yaml:1:8: error: there is no kind of model 'trane' (there are trainee)"));
  EXPECT_THAT(message_of("model: trainees\n"), HasSubstr("did you mean 'trainee'?"));
  EXPECT_THAT(message_of("model: trainee\noptions: [a]\n"), HasSubstr("options must be a map"));
  EXPECT_THAT(message_of("model: trainee\ndata: 3\n"), HasSubstr("data must be a map"));
  EXPECT_THAT(message_of("stages:\n  - label\n"),
              HasSubstr("unknown key 'stages' (it knows name, description, seed, model, data, "
                        "options)"));
}

TEST(TrainingText, IsCheckedAsAWhole) {
  EXPECT_THAT(message_of("model: trainee\noptions: {epochs: 13}\n"),
              HasSubstr("t.yaml:1:8: error: model 'trainee': 13 epochs are unlucky"));
}

TEST(TrainingText, SaysHowAModelFileIsNamedOnTheCommandLine) {
  EXPECT_THAT(message_of("model: trainee\noptions: {start: none}\n"),
              HasSubstr("`--set start=FILE` names another"));
}

TEST(TrainingOverrides, ReplaceOptionsAndData) {
  const auto config = parsed("model: trainee\noptions: {epochs: 5}\ndata: {validation: 0.1}\n",
                             {"epochs=7", "reparameterization=warm", "temperature=2.5",
                              "data.validation=0.5", "data.classes=[x, y]", "seed=9"});
  EXPECT_EQ(trainee_of(config).epochs, 7);
  EXPECT_EQ(dynamic_cast<const Warm&>(*trainee_of(config).function.object).temperature, 2.5);
  EXPECT_EQ(config.data.validation, 0.5);
  EXPECT_THAT(config.data.classes, ElementsAre("x", "y"));
  EXPECT_EQ(config.seed, 9U);
}

TEST(TrainingOverrides, AreRefusedWhereTheyFitNothing) {
  const std::string text = "model: trainee\n";
  EXPECT_THAT(message_of(text, {"epoch=7"}),
              HasSubstr("error: --set epoch: a 'trainee' has no such option (did you mean "
                        "'epochs'?)"));
  EXPECT_THAT(message_of(text, {"data.classs=a"}),
              HasSubstr("error: --set data.classs: the data has no such option (did you mean "
                        "'classes'?)"));
  EXPECT_THAT(message_of(text, {"epochs=x"}),
              HasSubstr("error: --set epochs: model 'trainee': epochs must be a whole number"));
  EXPECT_THAT(message_of(text, {"data.validation=1"}),
              HasSubstr("error: --set data.validation: data: validation must be below 1"));
  for (const std::string wrong : {"epochs", "=3", "date.x=3", ".x=3", "data.=3"})
    EXPECT_THROW(parse_training_override(wrong), ConfigError) << wrong;
}

TEST(TrainingText, GivesTheReasonWhereItsPluginIsRefused) {
  auto registry = registry_with_reparameterizations();
  registry.announce_model_kind(
      "broken", "broken", [](Registry&) { throw PluginError("plugin 'broken' is refused: why"); });
  try {
    parse_training_config("model: broken\n", "t.yaml", registry);
    FAIL() << "nothing is thrown";
  } catch (const PluginError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("t.yaml:1:8"), HasSubstr("refused: why")));
  }
}

}  // namespace
}  // namespace smear::test
