// SPDX-License-Identifier: Apache-2.0
// Tests that our Adam makes the steps of its published equations, and the norm of gradients.
#include "learning/adam.h"

#include <gtest/gtest.h>
#include <smear/reparameterization.h>

#include <cmath>
#include <limits>

namespace smear::learning {
namespace {

TEST(AdamTest, MakesThePublishedSteps) {
  torch::manual_seed(4);
  const auto parameter = torch::randn({3, 5});
  auto expected = parameter.to(torch::kFloat64);
  auto mean = torch::zeros_like(expected);
  auto variance = torch::zeros_like(expected);
  Adam adam({parameter});
  for (int t = 1; t <= 20; ++t) {
    const auto gradient = torch::randn({3, 5}) * (t % 3);
    const double rate = 0.01 * t;
    const double scale = t % 2 == 0 ? 0.5 : 1.0;
    adam.step({gradient}, rate, scale);
    const auto g = gradient.to(torch::kFloat64) * scale;
    mean = 0.9 * mean + 0.1 * g;
    variance = 0.999 * variance + 0.001 * g * g;
    const auto unbiased_mean = mean / (1 - std::pow(0.9, t));
    const auto unbiased_variance = variance / (1 - std::pow(0.999, t));
    expected = expected - rate * unbiased_mean / (unbiased_variance.sqrt() + 1e-8);
  }
  EXPECT_LT((parameter.to(torch::kFloat64) - expected).abs().max().item<double>(), 1e-5);
  EXPECT_EQ(adam.steps(), 20);
}

TEST(AdamTest, HeedsTheLayoutOfAGradient) {
  torch::manual_seed(4);
  const auto start = torch::randn({4, 3, 3, 3});
  const auto gradient = torch::randn({4, 3, 3, 3});
  const auto plain = start.clone();
  const auto last = start.contiguous(torch::MemoryFormat::ChannelsLast).clone();
  Adam({plain}).step({gradient}, 0.1, 1.0);
  Adam({last}).step({gradient}, 0.1, 1.0);
  EXPECT_TRUE(plain.equal(last));
}

TEST(AdamTest, LeavesAParameterWithoutGradientAlone) {
  const auto parameter = torch::ones({2});
  Adam({parameter}).step({torch::Tensor()}, 0.1, 1.0);
  EXPECT_TRUE(parameter.equal(torch::ones({2})));
}

TEST(Norm, IsEuclideanOverAllGradients) {
  torch::manual_seed(4);
  const auto a = torch::randn({1000, 333});
  const auto b = torch::randn({7});
  const double expected = std::sqrt(
      (a.to(torch::kFloat64).square().sum() + b.to(torch::kFloat64).square().sum()).item<double>());
  EXPECT_NEAR(norm_of({a, torch::Tensor(), b}), expected, 1e-9 * expected);
  b[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(norm_of({a, b})));
}

}  // namespace
}  // namespace smear::learning
