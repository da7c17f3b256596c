// SPDX-License-Identifier: Apache-2.0
// annealed: the noise has the temperature of the epoch, by each shape, and the end's outside
// training.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

/// The temperature that is used, from the noise itself.
double temperature(const std::string& shape, double start, double end,
                   std::optional<std::int64_t> epoch) {
  const auto annealed =
      load("annealed",
           {{"start", start}, {"end", end}, {"anneal_epochs", std::int64_t{10}}, {"shape", shape}});
  const auto zero = torch::zeros({2, 4}, torch::kFloat64);
  const auto noise = load("standard")->sample(zero, zero, seeded(1), std::nullopt);
  return (annealed->sample(zero, zero, seeded(1), epoch) / noise).mean().item<double>();
}

TEST(Annealed, GoesFromStartToEndByItsShape) {
  EXPECT_NEAR(temperature("linear", 0.5, 4.5, 3), 0.5 + 4.0 * 0.3, 1e-12);
  EXPECT_NEAR(temperature("exponential", 0.5, 8.0, 5), 2.0, 1e-12);
  EXPECT_NEAR(temperature("exponential", 8.0, 0.5, 5), 2.0, 1e-12);
  EXPECT_NEAR(temperature("cosine", 1.0, 3.0, 5), 2.0, 1e-12);
  EXPECT_NEAR(temperature("cosine", 1.0, 3.0, 2), 3.0 - (1.0 + std::cos(0.2 * std::numbers::pi)),
              1e-12);
}

TEST(Annealed, BeginsAtTheStartAndStaysAtTheEnd) {
  for (const char* shape : {"linear", "exponential", "cosine"}) {
    EXPECT_NEAR(temperature(shape, 0.25, 2.0, 0), 0.25, 1e-12) << shape;
    double before = 0.25;
    for (const std::int64_t epoch : {1, 4, 7, 9}) {
      const double now = temperature(shape, 0.25, 2.0, epoch);
      EXPECT_GT(now, before) << shape;
      before = now;
    }
    for (const std::int64_t epoch : {10, 11, 500})
      EXPECT_EQ(temperature(shape, 0.25, 2.0, epoch), 2.0) << shape;
    EXPECT_EQ(temperature(shape, 0.25, 2.0, std::nullopt), 2.0) << shape;
  }
  EXPECT_EQ(temperature("linear", 0.0, 1.0, 0), 0.0);
}

TEST(Annealed, IsGaussianOfTheEndsTemperatureOutsideTraining) {
  const auto z = drawn(*load("annealed", {{"end", 3.0}}, 1), 1.0, 2.0, 200000);
  expect_moments(z, {1.0, 36.0, 3.0});
  for (const double deviations : {-1.0, 1.0, 3.0})
    expect_tail(z, 1.0 + 6.0 * deviations, 0.5 * std::erfc(deviations / std::numbers::sqrt2));
}

TEST(Annealed, HasTheDivergenceOfThePosteriorAndGradients) {
  const auto annealed = load("annealed", {{"end", 0.7}});
  const auto mu = between(-1.0, 1.0, {3, 4});
  const auto logvar = between(-2.0, 2.0, {3, 4});
  EXPECT_TRUE(annealed->kl(mu, logvar).equal(load("standard")->kl(mu, logvar)));
  expect_gradients(*annealed);
  expect_contract(*annealed);
}

TEST(Annealed, RefusesOptionsThatMakeNoSense) {
  expect_refusal("annealed", {{"anneal_epochs", std::int64_t{0}}}, "anneal_epochs must be 1..");
  expect_refusal("annealed", {{"start", -1.0}}, "start must be 0..");
  expect_refusal("annealed", {{"shape", std::string("square")}}, "shape must be one of");
  expect_refusal("annealed", {{"shape", std::string("exponential")}, {"start", 0.0}},
                 "shape exponential needs start and end above 0");
}

}  // namespace
}  // namespace smear::test
