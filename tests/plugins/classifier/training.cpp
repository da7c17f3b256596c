// SPDX-License-Identifier: Apache-2.0
// Tests that a classifier learns to tell discs by their size, stops, goes on and fails as it says,
// and what it leaves.
#include "training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../learning/fixtures.h"
#include "model.h"
#include "smear/errors.h"

namespace smear::classifier {
namespace {

using learning::test::Discs;
using learning::test::Folder;
using learning::test::same_weights;
using learning::test::Watcher;
using testing::ElementsAre;
using testing::HasSubstr;

TrainingOptions small_options() {
  TrainingOptions options;
  options.image_size = 32;
  options.filters = {8, 12};
  options.batch = 8;
  options.epochs = 3;
  options.schedule = learning::Schedule::constant;
  options.learning_rate = 0.005;
  return options;
}

class ClassifierTraining : public testing::Test {
 protected:
  TrainingEnd run(const TrainingOptions& options, Watcher& watcher, const std::string& name,
                  bool resume = false, int threads = 2) {
    return run_on(data, options, watcher, name, resume, threads);
  }

  TrainingEnd run_on(const TrainingData& images, const TrainingOptions& options, Watcher& watcher,
                     const std::string& name, bool resume = false, int threads = 2) {
    auto job = learning::test::job_in(folder, name, images, resume, threads);
    job.options = {{"learning_rate", std::to_string(options.learning_rate)}};
    return train(options, job, watcher, watcher.stop);
  }

  [[nodiscard]] std::shared_ptr<const Model> model(const std::string& name) const {
    return load_model(folder / (name + ".safetensors"), torch::kCPU);
  }

  Folder folder;
  Discs data{40, 20, 4};
};

TEST_F(ClassifierTraining, LearnsToTellAndSaysHowWell) {
  auto options = small_options();
  options.epochs = 25;
  Watcher watcher;
  EXPECT_EQ(run(options, watcher, "m"), TrainingEnd::complete);
  EXPECT_LT(watcher.last("training_loss"), 0.3 * watcher.epochs.front()[1].second);
  EXPECT_GE(watcher.last("validation_balanced_accuracy"), 0.9);
  const auto trained = model("m");
  EXPECT_THAT(trained->network.architecture().classes, ElementsAre("large", "small"));
  const auto training = nlohmann::json::parse(trained->metadata.at("training"));
  const auto& evaluation = training.at("evaluation");
  EXPECT_EQ(evaluation.at("images"), 20);
  EXPECT_GE(evaluation.at("balanced_accuracy").get<double>(), 0.9);
  // The table has the same images, and the probabilities that give those figures.
  const auto& table = watcher.tables.at("held-out");
  ASSERT_EQ(table.rows(), 20U);
  int right = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    const double small = table.reals("probability_small")[i];
    EXPECT_NEAR(small + table.reals("probability_large")[i], 1.0, 1e-12);
    right += (small > 0.5) == (table.texts("class")[i] == "small") ? 1 : 0;
  }
  EXPECT_DOUBLE_EQ(evaluation.at("accuracy").get<double>(), right / 20.0);
  EXPECT_EQ(watcher.tables.at("calibration").rows(), 10U);
}

TEST_F(ClassifierTraining, IsTheSameToTheBitOnAnyNumberOfThreads) {
  auto options = small_options();
  options.stain = options.brightness = 0.1;
  options.blur = 1.0;
  options.dropout = 0.3;
  Watcher one;
  Watcher three;
  run(options, one, "one", false, 1);
  run(options, three, "three", false, 3);
  EXPECT_EQ(one.losses, three.losses);
  EXPECT_TRUE(same_weights(*model("one"), *model("three")));
  EXPECT_EQ(nlohmann::json::parse(model("one")->metadata.at("training"))["evaluation"],
            nlohmann::json::parse(model("three")->metadata.at("training"))["evaluation"]);
}

TEST_F(ClassifierTraining, GoesOnWhereItWasStopped) {
  const auto options = small_options();
  Watcher whole;
  run(options, whole, "whole");
  // In the middle of an epoch, and at its end.
  for (const std::int64_t steps : {2, 5}) {
    const auto name = "stopped-" + std::to_string(steps);
    Watcher first(steps);
    ASSERT_EQ(run(options, first, name), TrainingEnd::interrupted);
    EXPECT_FALSE(std::filesystem::exists(folder / (name + ".safetensors")));
    Watcher second;
    ASSERT_EQ(run(options, second, name, true), TrainingEnd::complete);
    auto losses = first.losses;
    losses.insert(losses.end(), second.losses.begin(), second.losses.end());
    EXPECT_EQ(losses, whole.losses) << steps;
    EXPECT_EQ(second.last("training_accuracy"), whole.last("training_accuracy"));
    EXPECT_TRUE(same_weights(*model(name), *model("whole"))) << steps;
  }
}

TEST_F(ClassifierTraining, RefusesACheckpointThatIsNotItsOwn) {
  const auto options = small_options();
  Watcher first(2);
  run(options, first, "m");
  const auto file = folder / "m.train" / "last.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);
  Watcher second;
  EXPECT_THROW(run(options, second, "m", true), PluginError);
  Watcher other;
  run(options, other, "other");
  std::filesystem::rename(folder / "other.safetensors", file);
  try {
    run(options, second, "m", true);
    FAIL() << "a model was taken for a checkpoint";
  } catch (const PluginError& error) {
    EXPECT_THAT(error.what(), HasSubstr("it is no classifier-checkpoint"));
  }
}

TEST_F(ClassifierTraining, WithoutHeldOutImagesSaysSo) {
  Watcher watcher;
  const Discs all(16, 0);
  EXPECT_EQ(run_on(all, small_options(), watcher, "m"), TrainingEnd::complete);
  ASSERT_EQ(watcher.notes.size(), 1U);
  EXPECT_THAT(watcher.notes.front(), HasSubstr("no image is held out"));
  EXPECT_FALSE(nlohmann::json::parse(model("m")->metadata.at("training")).contains("evaluation"));
}

TEST_F(ClassifierTraining, NeedsTwoClassesAndImagesOfEach) {
  Watcher watcher;
  const Discs one(1, 0);
  try {
    run_on(one, small_options(), watcher, "m");
    FAIL() << "one class was trained on";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("at least two classes apart, got 'large' only"));
  }
  const Discs held_out(1, 2);  // "small" has one image, which is held out
  EXPECT_THROW(run_on(held_out, small_options(), watcher, "m"), ConfigError);
}

}  // namespace
}  // namespace smear::classifier
