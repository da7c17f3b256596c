// SPDX-License-Identifier: Apache-2.0
// Tests that a training learns, stops, goes on and fails as it says, and what it leaves.
#include "training/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "fixtures.h"
#include "learning/preprocessing.h"
#include "model.h"
#include "smear/errors.h"
#include "training/step.h"

namespace smear::vae {
namespace {

using learning::to_tensor;
using learning::test::same_weights;
using test::Discs;
using test::Folder;
using test::Watcher;
using testing::ElementsAre;
using testing::HasSubstr;
using torch::Tensor;

class TrainingTest : public testing::Test {
 protected:
  TrainingEnd run(TrainingOptions options, Watcher& watcher, const std::string& name,
                  bool resume = false, int threads = 2) {
    test::Standard standard;
    return run_with(standard, options, watcher, name, resume, threads);
  }

  TrainingEnd run_with(Reparameterization& function, TrainingOptions options, Watcher& watcher,
                       const std::string& name, bool resume = false, int threads = 2) {
    auto job = learning::test::job_in(folder, name, data, resume, threads);
    job.options = {{"learning_rate", std::to_string(options.learning_rate)},
                   {"epochs", std::to_string(options.epochs)},
                   {"schedule", options.schedule == Schedule::cosine ? "cosine" : "constant"}};
    return train(options, function, job, watcher, watcher.stop);
  }

  [[nodiscard]] std::shared_ptr<const Model> model(const std::string& name) const {
    return load_model(folder / (name + ".safetensors"), torch::kCPU);
  }

  Folder folder;
  Discs data{20, 10, 4};
};

TEST_F(TrainingTest, LearnsAndLeavesAModel) {
  auto options = test::small_options();
  options.epochs = 25;
  Watcher watcher;
  EXPECT_EQ(run(options, watcher, "m"), TrainingEnd::complete);
  ASSERT_EQ(watcher.epochs.size(), 25U);
  const auto& first = watcher.epochs.front();
  EXPECT_EQ(first.front().first, "epoch");
  EXPECT_LT(watcher.last("training_loss"), 0.5 * first[1].second);
  EXPECT_LT(watcher.last("validation_loss"), watcher.last("training_loss") * 2);
  const auto trained = model("m");
  EXPECT_EQ(trained->class_means.size(), 3U);  // the reference class too
  EXPECT_EQ(trained->class_mean("benign").numel(), 6);
  EXPECT_THROW((void)trained->class_mean("none"), ConfigError);
  EXPECT_EQ(trained->preview.sizes().vec(), (std::vector<std::int64_t>{64, 256, 3}));
  EXPECT_THAT(watcher.pictures.front().first, "reconstructions");
}

TEST_F(TrainingTest, IsTheSameToTheBitOnAnyNumberOfThreads) {
  Watcher one;
  Watcher three;
  auto options = test::small_options();
  options.encoder_dropout = 0.2;
  options.decoder_dropout = 0.2;
  options.flip = options.rotate = true;
  options.stain = options.brightness = 0.1;
  options.draws = 2;
  run(options, one, "one", false, 1);
  run(options, three, "three", false, 3);
  EXPECT_EQ(one.losses, three.losses);
  EXPECT_TRUE(same_weights(*model("one"), *model("three")));
}

TEST_F(TrainingTest, GoesOnWhereItWasStopped) {
  auto options = test::small_options();
  Watcher whole;
  run(options, whole, "whole");
  // In the middle of an epoch, at its end, and twice.
  for (const std::int64_t steps : {1, 3, 4}) {
    const auto name = "stopped-" + std::to_string(steps);
    Watcher first(steps);
    ASSERT_EQ(run(options, first, name), TrainingEnd::interrupted);
    EXPECT_FALSE(std::filesystem::exists(folder / (name + ".safetensors")));
    Watcher second(1);
    ASSERT_EQ(run(options, second, name, true), TrainingEnd::interrupted);
    Watcher third;
    ASSERT_EQ(run(options, third, name, true), TrainingEnd::complete);
    auto losses = first.losses;
    losses.insert(losses.end(), second.losses.begin(), second.losses.end());
    losses.insert(losses.end(), third.losses.begin(), third.losses.end());
    EXPECT_EQ(losses, whole.losses) << steps;
    EXPECT_EQ(third.last("training_loss"), whole.last("training_loss"));
    EXPECT_EQ(third.last("validation_loss"), whole.last("validation_loss"));
    EXPECT_TRUE(same_weights(*model(name), *model("whole"))) << steps;
  }
}

TEST_F(TrainingTest, RefusesToGoOnWithOtherOptionsOrADamagedCheckpoint) {
  auto options = test::small_options();
  Watcher first(2);
  run(options, first, "m");
  options.learning_rate = 0.5;
  Watcher second;
  try {
    run(options, second, "m", true);
    FAIL() << "nothing was thrown";
  } catch (const PluginError& error) {
    EXPECT_THAT(error.what(), HasSubstr("learning_rate was"));
  }
  options = test::small_options();
  const auto file = folder / "m.train" / "last.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);
  EXPECT_THROW(run(options, second, "m", true), PluginError);
}

TEST_F(TrainingTest, MayGoOnForMoreEpochs) {
  auto options = test::small_options();
  Watcher whole;
  run(options, whole, "whole");
  options.epochs = 2;
  Watcher first;
  run(options, first, "m");
  options.epochs = 3;
  Watcher second;
  run(options, second, "m", true);
  EXPECT_EQ(second.first, 2);
  EXPECT_TRUE(same_weights(*model("m"), *model("whole")));
}

// Half of a cosine is no part of a longer one.
TEST_F(TrainingTest, RefusesOtherEpochsOfACosine) {
  auto options = test::small_options();
  options.schedule = Schedule::cosine;
  Watcher first(2);
  run(options, first, "m");
  options.epochs = 5;
  Watcher second;
  EXPECT_THROW(run(options, second, "m", true), PluginError);
}

TEST_F(TrainingTest, StepsDownAtTheEndOfItsPeriod) {
  auto options = test::small_options();
  options.schedule = Schedule::step;
  options.step_epochs = 2;
  options.step_factor = 0.1;
  Watcher watcher;
  run(options, watcher, "m");
  const auto rate = [&](std::size_t epoch) {
    for (const auto& [name, value] : watcher.epochs[epoch])
      if (name == "learning_rate") return value;
    return -1.0;
  };
  EXPECT_NEAR(rate(0), options.learning_rate, 1e-12);
  EXPECT_NEAR(rate(1), options.learning_rate, 1e-12);
  EXPECT_NEAR(rate(2), 0.1 * options.learning_rate, 1e-12);
}

TEST_F(TrainingTest, KeepsTheBestWhateverWasKeptBefore) {
  auto options = test::small_options();
  options.keep = Keep::last;
  Watcher first(3);
  run(options, first, "m");
  options.keep = Keep::best;
  Watcher second;
  EXPECT_EQ(run(options, second, "m", true), TrainingEnd::complete);
}

TEST_F(TrainingTest, StopsEarly) {
  auto options = test::small_options();
  options.learning_rate = 1e-30;  // nothing changes, so the first epoch stays the best
  options.epochs = 50;
  options.patience = 3;
  Watcher watcher;
  EXPECT_EQ(run(options, watcher, "m"), TrainingEnd::early_stopped);
  EXPECT_EQ(watcher.epochs.size(), 4U);
  EXPECT_TRUE(std::filesystem::exists(folder / "m.safetensors"));
}

TEST_F(TrainingTest, SaysWhereItDiverged) {
  auto options = test::small_options();
  options.learning_rate = 1.0;
  options.epochs = 200;
  Watcher watcher;
  try {
    run(options, watcher, "m");
    FAIL() << "it did not diverge";
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("diverged in epoch"));
    EXPECT_THAT(error.what(), HasSubstr("the largest gradient is"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "m.safetensors"));
}

TEST_F(TrainingTest, KeepsTheParametersOfAReparameterization) {
  auto options = test::small_options();
  options.reparameterization.name = "scaled";
  test::Scaled scaled;
  Watcher watcher;
  run_with(scaled, options, watcher, "m");
  const auto trained = model("m");
  ASSERT_EQ(trained->reparameterization_parameters.size(), 1U);
  EXPECT_FALSE(trained->reparameterization_parameters[0].value.equal(torch::full({6}, -1.0)));
  test::Scaled other;
  other.prepare(6, torch::kCPU);
  trained->install_parameters("scaled", other);
  EXPECT_TRUE(other.parameters()[0].value.equal(trained->reparameterization_parameters[0].value));
  EXPECT_THROW(trained->install_parameters("another", other), ConfigError);
}

TEST_F(TrainingTest, OfAConditionalModelKnowsItsClasses) {
  auto options = test::small_options();
  options.conditional = true;
  Watcher watcher;
  run(options, watcher, "m");
  const auto trained = model("m");
  EXPECT_THAT(trained->network.architecture().classes, ElementsAre("large", "small"));
  EXPECT_EQ(trained->classes("small", 2)[1].item<std::int64_t>(), 1);
  EXPECT_THROW((void)trained->classes("", 1), ConfigError);
  EXPECT_THROW((void)trained->classes("benign", 1), ConfigError);
}

TEST_F(TrainingTest, FollowsItsSchedules) {
  TrainingOptions options;
  options.epochs = 100;
  options.learning_rate = 0.1;
  options.schedule = Schedule::cosine;
  options.warmup = 10;
  EXPECT_NEAR(options.learning_rate_at(5), 0.05 * (0.01 + 0.99 * 0.5 * (1 + std::cos(M_PI * 0.05))),
              1e-12);
  EXPECT_NEAR(options.learning_rate_at(100), 0.001, 1e-12);
  options.schedule = Schedule::step;
  options.warmup = 0;
  options.step_epochs = 30;
  EXPECT_NEAR(options.learning_rate_at(29.9), 0.1, 1e-12);
  EXPECT_NEAR(options.learning_rate_at(60.0), 0.001, 1e-12);
  options.kl_weight = 2;
  options.kl_warmup = 4;
  EXPECT_EQ(options.kl_weight_at(1), 0.5);
  EXPECT_EQ(options.kl_weight_at(40), 2.0);
}

// The gradients of all that is between images and loss, by central differences in the loss.
TEST(StepTest, GivesTheGradientOfItsLoss) {
  auto options = test::small_options();
  options.free_bits = 0.01;
  options.draws = 2;
  Network network(options.architecture({}), torch::kCPU);
  network.initialize(at::detail::createCPUGenerator(1));
  test::Scaled scaled;
  scaled.prepare(6, torch::kCPU);
  const Step step(network, scaled, options);
  const Discs data(5, 0);
  Batch batch;
  batch.seed = 3;
  batch.kl_weight = 2.0;
  for (std::size_t i = 0; i < 5; ++i) batch.images.push_back(to_tensor(data.read(i)));
  const auto result = step.run(batch);
  const auto loss = [&] { return step.run(batch).losses.total; };
  const auto move = [](const Tensor& value, const Tensor& direction, double by) {
    const torch::NoGradGuard no_gradients;
    value.detach().add_(direction, by);
  };
  for (std::size_t i = 0; i < step.parameters().size(); ++i) {
    const auto& [name, value] = step.parameters()[i];
    // Along the gradient, where the difference is the largest and so the least rounded.
    const auto& gradient = result.gradients[i];
    ASSERT_TRUE(gradient.defined()) << name;
    const double norm = gradient.norm().item<double>();
    const double h = 1e-3 * (1.0 + value.norm().item<double>());
    const auto direction = gradient / norm;
    move(value, direction, h);
    const double above = loss();
    move(value, direction, -2 * h);
    const double below = loss();
    move(value, direction, h);
    EXPECT_NEAR((above - below) / (2 * h), norm, 0.05 * norm) << name;
  }
}

TEST(StepTest, CountsFreeBitsAndWeightInTheTotal) {
  auto options = test::small_options();
  Network network(options.architecture({}), torch::kCPU);
  network.initialize(at::detail::createCPUGenerator(1));
  const test::Mean mean;
  const Discs data(4, 0);
  Batch batch;
  for (std::size_t i = 0; i < 4; ++i) batch.images.push_back(to_tensor(data.read(i)));
  batch.kl_weight = 3.0;
  const auto plain = Step(network, mean, options).run(batch).losses;
  EXPECT_NEAR(plain.total, plain.reconstruction + 3.0 * plain.kl, 1e-3 * plain.total);
  options.free_bits = 100.0;  // more than any dimension has
  const auto free = Step(network, mean, options).run(batch).losses;
  EXPECT_NEAR(free.total, free.reconstruction + 3.0 * 6 * 100.0, 1e-3 * free.total);
  EXPECT_NEAR(free.kl, plain.kl, 1e-6 * (1 + plain.kl));
}

}  // namespace
}  // namespace smear::vae
