// SPDX-License-Identifier: Apache-2.0
// Pipelines: what is right is read as it stands; everything that is wrong is reported in one go,
// each with its line, its column and what is near.
#include "config/pipeline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/stages.h"

namespace smear::test {
namespace {

using ::testing::HasSubstr;

Pipeline parsed(const std::string& text, const std::vector<Override>& overrides = {}) {
  return parse_pipeline(text, "p.yaml", registry(), overrides);
}

std::vector<Diagnostic> errors_of(const std::string& text,
                                  const std::vector<Override>& overrides = {}) {
  try {
    parsed(text, overrides);
  } catch (const ConfigErrors& e) {
    return e.diagnostics();
  }
  return {};
}

std::string message_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  try {
    parsed(text, overrides);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(PipelineText, IsReadWithDefaultsForWhatItDoesNotSay) {
  const auto pipeline = parsed(
      "name: p\ninput: {include: ['*.png'], pages: each}\nstages:\n  - gaussian-blur: {sigma: 3}\n"
      "  - gaussian-blur\n");
  EXPECT_EQ(pipeline.name, "p");
  EXPECT_EQ(pipeline.input.include, std::vector<std::string>{"*.png"});
  EXPECT_TRUE(pipeline.input.pages);
  ASSERT_EQ(pipeline.stages.size(), 2U);
  EXPECT_EQ(std::get<double>(pipeline.stages[0].values.at("sigma")), 3.0);
  EXPECT_EQ(std::get<double>(pipeline.stages[1].values.at("sigma")), 2.0);
}

TEST(PipelineText, ReportsEveryErrorAtItsPlace) {
  const auto errors = errors_of(
      "name: p\n"
      "stages:\n"
      "  - gaussian-blur: {sigma: -1}\n"
      "  - gausian-blur: {sigma: 1}\n"
      "  - gaussian-blur: {sgima: 1}\n"
      "  - gaussian-blur: {sigma: 1, sigma: 2}\n"
      "  - gaussian-blur: {sigma: wide}\n"
      "  - gaussian-blur: {sigma: \"2\"}\n"
      "stagess: 1\n");
  ASSERT_EQ(errors.size(), 7U);
  const auto at = [&](std::size_t i, int line, int column) {
    EXPECT_EQ(errors[i].place.line, line) << i;
    EXPECT_EQ(errors[i].place.column, column) << i;
  };
  at(0, 9, 1);
  EXPECT_EQ(errors[0].hint, "did you mean 'stages'?");
  at(1, 3, 28);
  EXPECT_EQ(errors[1].message, "stage 'gaussian-blur': sigma must be 0..1000 px, got -1");
  at(2, 4, 5);
  EXPECT_EQ(errors[2].hint, "did you mean 'gaussian-blur'?");
  at(3, 5, 21);
  EXPECT_EQ(errors[3].hint, "did you mean 'sigma'?");
  at(4, 6, 31);
  EXPECT_THAT(errors[4].message, HasSubstr("given twice"));
  at(5, 7, 28);
  EXPECT_THAT(errors[5].message, HasSubstr("must be a number, got 'wide'"));
  at(6, 8, 28);
  EXPECT_THAT(errors[6].message, HasSubstr("got the text \"2\""));
}

TEST(PipelineText, ShowsTheLineWithACaretUnderTheColumn) {
  EXPECT_EQ(message_of("stages:\n  - gaussian-blur: {sigma: -1}\n"),
            "p.yaml:2:28: error: stage 'gaussian-blur': sigma must be 0..1000 px, got -1\n"
            "      - gaussian-blur: {sigma: -1}\n"
            "                               ^");
}

TEST(PipelineText, TakesOnlyTrueAndFalseForABoolean) {
  const auto errors = errors_of("stages:\n  - overlay: {numbers: no}\n");
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors.front().message, HasSubstr("numbers must be true or false, got 'no'"));
}

TEST(PipelineText, RefusesWhatIsNoPipeline) {
  EXPECT_THAT(message_of(""), HasSubstr("got nothing"));
  EXPECT_THAT(message_of("- a\n- b\n"), HasSubstr("got a list"));
  EXPECT_THAT(message_of("name: x\n"), HasSubstr("needs 'stages'"));
  EXPECT_THAT(message_of("stages: []\n"), HasSubstr("an empty list"));
  EXPECT_THAT(message_of("stages: [a\nb: 1\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(message_of("stages:\n  - gaussian-blur: 3\n"), HasSubstr("options must be a map"));
  EXPECT_THAT(message_of("stages:\n  - {gaussian-blur: {}, label: {}}\n"), HasSubstr("one stage an entry"));
}

TEST(PipelineText, StopsABombOfAliases) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 30; ++i) text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  EXPECT_THAT(message_of(text), HasSubstr("more than 100000 values"));
}

TEST(PipelineSlots, MustBeWrittenBeforeTheyAreRead) {
  const auto message = message_of("stages:\n  - fill-holes\n");
  EXPECT_THAT(message, HasSubstr("p.yaml:2:5: error: stage 'fill-holes': reads slot 'mask'"));
  EXPECT_THAT(message, HasSubstr("auto-threshold"));
}

TEST(PipelineSlots, MustHoldWhatTheStageTakes) {
  EXPECT_THAT(message_of("stages:\n  - fill-holes: {inputs: {mask: image}}\n"),
              HasSubstr("slot 'image' holds"));
}

TEST(PipelineSlots, CanBeWiredToOthers) {
  const auto pipeline = parsed(
      "stages:\n  - gaussian-blur: {outputs: {image: smooth}}\n"
      "  - gaussian-blur: {inputs: {image: smooth}}\n");
  EXPECT_EQ(pipeline.stages[0].writes[0].slot, "smooth");
  EXPECT_EQ(pipeline.stages[1].reads[0].slot, "smooth");
  EXPECT_THAT(message_of("stages:\n  - gaussian-blur: {inputs: {image: smoth}}\n"),
              HasSubstr("reads slot 'smoth'"));
  EXPECT_THAT(message_of("stages:\n  - gaussian-blur: {outputs: {image: source}}\n"),
              HasSubstr("'source' is the image as read"));
}

TEST(PipelineSlots, AreForgottenAfterTheirLastUse) {
  const auto pipeline = parsed(
      "stages:\n  - gaussian-blur: {outputs: {image: smooth}}\n"
      "  - gaussian-blur: {inputs: {image: smooth}}\n");
  EXPECT_THAT(pipeline.stages[0].last_use, ::testing::Contains("source"));
  EXPECT_THAT(pipeline.stages[0].last_use, ::testing::Not(::testing::Contains("smooth")));
  EXPECT_THAT(pipeline.stages[1].last_use, ::testing::Contains("smooth"));
}

TEST(PipelineTensors, FillTheSlotsThatTheInputNames) {
  const auto pipeline = parsed(
      "input: {tensor: mu, beside: {logvar: '../logvar/{path}'}}\n"
      "stages:\n  - save-tensor: {slot: mu, to: 'a/{id}.npy'}\n"
      "  - save-tensor: {slot: logvar, to: 'b/{id}.npy'}\n");
  EXPECT_EQ(pipeline.input.tensor, "mu");
  EXPECT_EQ(pipeline.input.beside.at("logvar"), "../logvar/{path}");
  EXPECT_EQ(pipeline.input.include, std::vector<std::string>{"*.npy"});
  EXPECT_EQ(pipeline.stages[0].last_use, std::vector<std::string>{"mu"});
  EXPECT_EQ(parsed("input: {tensor: z, include: ['a*.npy']}\nstages: [save-tensor]\n").input.include,
            std::vector<std::string>{"a*.npy"});
}

TEST(PipelineTensors, LeaveNoImage) {
  for (const std::string slot : {"image", "source"})
    EXPECT_THAT(message_of("input: {tensor: z}\nstages:\n  - gaussian-blur: {inputs: {image: " +
                           slot + "}}\n"),
                HasSubstr("p.yaml:3:5: error: stage 'gaussian-blur': reads slot '" + slot +
                          "', but the input is tensors (input: tensor: z) and no stage before it "
                          "writes an image"));
  EXPECT_THAT(message_of("input: {tensor: z}\nstages: [save-tensor: {slot: mu}]\n"),
              HasSubstr("reads slot 'mu' (tensor), which no stage before it writes"));
  EXPECT_THAT(message_of("stages: [save-tensor]\n"), HasSubstr("reads slot 'z' (tensor)"));
  EXPECT_THAT(message_of("input: {tensor: z}\nstages: [label: {inputs: {mask: z}}]\n"),
              HasSubstr("slot 'z' holds tensor"));
}

TEST(PipelineTensors, AreCheckedAtTheirPlaces) {
  const auto of = [](const std::string& input) {
    return message_of("input: {" + input + "}\nstages: [save-tensor]\n");
  };
  EXPECT_THAT(of("tensor: source"), HasSubstr("p.yaml:1:17: error: input: tensor: slot 'source'"));
  EXPECT_THAT(of("tensor: [z]"), HasSubstr("tensor must name a slot, got a list"));
  EXPECT_THAT(of("tensor: ''"), HasSubstr("tensor must name a slot"));
  EXPECT_THAT(of("tensor: z, pages: each"), HasSubstr("pages is for images"));
  EXPECT_THAT(of("tensor: z, max_pixels: 3"), HasSubstr("max_pixels is for images"));
  EXPECT_THAT(of("beside: {z: a}"), HasSubstr("'tensor', which is missing"));
  EXPECT_THAT(of("tensor: z, beside: [a]"), HasSubstr("beside must be a map"));
  EXPECT_THAT(of("tensor: z, beside: {z: a}"), HasSubstr("slot 'z' is given twice"));
  EXPECT_THAT(of("tensor: z, beside: {a: x, a: y}"), HasSubstr("slot 'a' is given twice"));
  EXPECT_THAT(of("tensor: z, beside: {a: '{nmae}'}"), HasSubstr("got '{nmae}'"));
  EXPECT_THAT(of("tensor: z, beside: {a: ''}"), HasSubstr("must not be empty"));
}

TEST(PipelineTensors, DecideTheFingerprint) {
  const auto of = [](const std::string& input) {
    return parsed("input: {" + input + "}\nstages: [save-tensor]\n").fingerprint();
  };
  EXPECT_NE(of("tensor: z"), of("tensor: z, beside: {a: x}"));
  EXPECT_NE(of("tensor: z, beside: {a: y}"), of("tensor: z, beside: {a: x}"));
}

TEST(PipelineOutputs, MustNotShareAFileOrLeaveOut) {
  EXPECT_THAT(message_of("stages:\n  - save-image: {to: a/{id}.png}\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(message_of("stages:\n  - save-image: {to: \"a/{id}.png\"}\n  - save-image: {to: \"a/{id}.png\"}\n"),
              HasSubstr("written by stage 'save-image' already"));
  EXPECT_THAT(message_of("stages:\n  - save-image: {to: \"../{id}.png\"}\n"), HasSubstr("stay inside OUT"));
  EXPECT_THAT(message_of("stages:\n  - save-image: {to: \"/tmp/{id}.png\"}\n"), HasSubstr("relative to OUT"));
  EXPECT_THAT(message_of("stages:\n  - save-image: {to: \"{ids}.png\"}\n"), HasSubstr("got '{ids}'"));
}

TEST(PipelineOverrides, ReplaceAnOptionOfAStage) {
  const auto pipeline = parsed("stages:\n  - gaussian-blur: {sigma: 1}\n", {Override::parse("gaussian-blur.sigma=7.5")});
  EXPECT_EQ(std::get<double>(pipeline.stages[0].values.at("sigma")), 7.5);
}

TEST(PipelineOverrides, NameOneOfSeveralStagesByItsNumber) {
  const std::string text = "stages:\n  - gaussian-blur\n  - gaussian-blur\n";
  const auto pipeline = parsed(text, {Override::parse("gaussian-blur[2].sigma=4")});
  EXPECT_EQ(std::get<double>(pipeline.stages[0].values.at("sigma")), 2.0);
  EXPECT_EQ(std::get<double>(pipeline.stages[1].values.at("sigma")), 4.0);
  EXPECT_THAT(message_of(text, {Override::parse("gaussian-blur.sigma=4")}), HasSubstr("has 2 stages"));
}

TEST(PipelineOverrides, AreRefusedWhereTheyFitNothing) {
  const std::string text = "stages:\n  - gaussian-blur\n";
  EXPECT_THAT(message_of(text, {Override::parse("gausian-blur.sigma=4")}), HasSubstr("did you mean 'gaussian-blur'"));
  EXPECT_THAT(message_of(text, {Override::parse("gaussian-blur.sgima=4")}), HasSubstr("did you mean 'sigma'"));
  EXPECT_THAT(message_of(text, {Override::parse("gaussian-blur.sigma=x")}), HasSubstr("must be a number"));
  EXPECT_THROW(Override::parse("sigma=4"), ConfigError);
}

TEST(PipelineFingerprint, FollowsWhatDecidesTheOutputsOnly) {
  const auto of = [](const std::string& text) { return parsed(text).fingerprint(); };
  const auto base = of("name: a\nstages:\n  - gaussian-blur: {sigma: 2}\n");
  EXPECT_EQ(base, of("# note\nname: b\nstages:\n  - gaussian-blur\n"));
  EXPECT_NE(base, of("name: a\nstages:\n  - gaussian-blur: {sigma: 2.5}\n"));
}

TEST(ContentHash, IsTheSha256OfTheBytes) {
  EXPECT_EQ(content_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace smear::test
