// SPDX-License-Identifier: Apache-2.0
// logistic: moments, tails and divergence of logistic noise of variance 1, and gradients.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

constexpr double scale = std::numbers::sqrt3 / std::numbers::pi;

double tail(double eps) { return 1 / (1 + std::exp(eps / scale)); }
double density(double eps) { return tail(eps) * tail(-eps) / scale; }

TEST(Logistic, DrawsLogisticNoiseOfVarianceOne) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const auto z = drawn(*load("logistic", {}, 1), 3.0, 2.0, 200000, type);
    expect_moments(z, {3.0, 4.0, 4.2});
    for (const double eps : {-4.0, -1.0, 0.0, 0.5, 1.0, 3.0, 5.0})
      expect_tail(z, 3.0 + 2.0 * eps, tail(eps));
  }
}

TEST(Logistic, HasTheDivergenceOfItsDensity) {
  const auto logistic = load("logistic", {}, 1);
  for (const double mu : {-2.0, 0.0, 0.5})
    for (const double sigma : {0.05, 0.5, 1.0, 3.0})
      EXPECT_NEAR(kl_of(*logistic, mu, sigma), divergence(density, -35, 35, mu, sigma), 1e-9);
}

TEST(Logistic, HasTheGradientsOfItsFormula) {
  expect_gradients(*load("logistic"));
  expect_contract(*load("logistic"));
}

}  // namespace
}  // namespace smear::test
