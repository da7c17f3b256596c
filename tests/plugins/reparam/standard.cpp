// SPDX-License-Identifier: Apache-2.0
// standard: the Gaussian of mu and logvar, its KL divergence, and gradients.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

double gauss(double eps) { return std::exp(-0.5 * eps * eps) / std::sqrt(2 * std::numbers::pi); }

TEST(Standard, DrawsFromThePosterior) {
  const auto z = drawn(*load("standard", {}, 1), 3.0, 2.0, 200000);
  expect_moments(z, {3.0, 4.0, 3.0});
  for (const double deviations : {-1.0, 0.0, 1.0, 2.0, 3.0})
    expect_tail(z, 3.0 + 2.0 * deviations, 0.5 * std::erfc(deviations / std::numbers::sqrt2));
}

TEST(Standard, HasTheDivergenceOfThePosterior) {
  const auto standard = load("standard", {}, 1);
  EXPECT_EQ(kl_of(*standard, 0.0, 1.0), 0.0);
  for (const double mu : {-2.0, 0.0, 0.5})
    for (const double sigma : {0.05, 0.5, 1.0, 3.0})
      EXPECT_NEAR(kl_of(*standard, mu, sigma), divergence(gauss, -12, 12, mu, sigma), 1e-9);
}

TEST(Standard, HasTheGradientsOfItsFormula) {
  expect_gradients(*load("standard"));
  expect_contract(*load("standard"));
}

}  // namespace
}  // namespace smear::test
