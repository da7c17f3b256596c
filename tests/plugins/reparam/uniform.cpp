// SPDX-License-Identifier: Apache-2.0
// uniform: moments, bounds and divergence of uniform noise of variance 1, and gradients.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

constexpr double bound = std::numbers::sqrt3;

TEST(Uniform, DrawsUniformNoiseOfVarianceOne) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const auto z = drawn(*load("uniform", {}, 1), 3.0, 2.0, 200000, type);
    expect_moments(z, {3.0, 4.0, 1.8});
    for (const double part : {0.001, 0.1, 0.5, 0.9, 0.999})
      expect_tail(z, 3.0 + 2.0 * bound * (1 - 2 * part), part);
    EXPECT_LE((z - 3.0).abs().max().item<double>(), 2.0 * bound + 1e-6);
  }
}

TEST(Uniform, HasTheDivergenceOfItsDensity) {
  const auto uniform = load("uniform", {}, 1);
  const auto density = [](double) { return 1 / (2 * bound); };
  for (const double mu : {-2.0, 0.0, 0.5})
    for (const double sigma : {0.05, 0.5, 1.0, 3.0})
      EXPECT_NEAR(kl_of(*uniform, mu, sigma), divergence(density, -bound, bound, mu, sigma), 1e-9);
}

TEST(Uniform, HasTheGradientsOfItsFormula) {
  expect_gradients(*load("uniform"));
  expect_contract(*load("uniform"));
}

}  // namespace
}  // namespace smear::test
