// SPDX-License-Identifier: Apache-2.0
// mean: z is mu, without noise, with the divergence of the posterior.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

TEST(Mean, IsMuWhateverTheSeed) {
  const auto mean = load("mean");
  const auto mu = between(-3.0, 3.0, {9, 4}, torch::kFloat32);
  for (const double logvar : {-20.0, 0.0, 20.0})
    for (const std::uint64_t seed : {1U, 2U})
      EXPECT_TRUE(mean->sample(mu, torch::full({9, 4}, logvar), seeded(seed), 0).equal(mu));
}

TEST(Mean, HasTheDivergenceOfThePosterior) {
  const auto mean = load("mean");
  const auto mu = between(-1.0, 1.0, {3, 4});
  const auto logvar = between(-2.0, 2.0, {3, 4});
  EXPECT_TRUE(mean->kl(mu, logvar).equal(load("standard")->kl(mu, logvar)));
}

TEST(Mean, HasTheGradientsOfItsFormula) {
  expect_gradients(*load("mean"));
  expect_contract(*load("mean"));
}

}  // namespace
}  // namespace smear::test
