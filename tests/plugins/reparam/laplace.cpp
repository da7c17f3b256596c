// SPDX-License-Identifier: Apache-2.0
// laplace: moments, tails and divergence of Laplace noise of variance 1, and gradients.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

constexpr double b = 1 / std::numbers::sqrt2;

double density(double eps) { return std::exp(-std::abs(eps) / b) / (2 * b); }

TEST(Laplace, DrawsLaplaceNoiseOfVarianceOne) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const auto z = drawn(*load("laplace", {}, 1), 3.0, 2.0, 200000, type);
    expect_moments(z, {3.0, 4.0, 6.0});
    for (const double eps : {0.0, 0.5, 1.0, 3.0, 5.0}) {
      expect_tail(z, 3.0 + 2.0 * eps, 0.5 * std::exp(-eps / b));
      expect_tail(z, 3.0 - 2.0 * eps, 1 - 0.5 * std::exp(-eps / b));
    }
  }
}

TEST(Laplace, HasTheDivergenceOfItsDensity) {
  const auto laplace = load("laplace", {}, 1);
  for (const double mu : {-2.0, 0.0, 0.5})
    for (const double sigma : {0.05, 0.5, 1.0, 3.0})
      EXPECT_NEAR(kl_of(*laplace, mu, sigma), divergence(density, -35, 35, mu, sigma), 1e-9);
}

TEST(Laplace, HasTheGradientsOfItsFormula) {
  expect_gradients(*load("laplace"));
  expect_contract(*load("laplace"));
}

}  // namespace
}  // namespace smear::test
