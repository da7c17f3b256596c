// SPDX-License-Identifier: Apache-2.0
// truncated: bounds, moments, tails and divergence of the truncated Gaussian, as it is and
// rescaled, and gradients.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

double gauss(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi); }
double above(double x) { return 0.5 * std::erfc(x / std::numbers::sqrt2); }

/// The n-th moment of N(0, 1) cut at the bound, by integration.
double moment(double bound, int n) {
  const double inside = 1 - 2 * above(bound);
  return integral([&](double x) { return std::pow(x, n) * gauss(x) / inside; }, -bound, bound);
}

TEST(Truncated, DrawsTheGaussianBetweenTheBounds) {
  for (const double bound : {0.01, 0.5, 2.0, 3.5})
    for (const bool rescale : {false, true})
      for (const auto type : {torch::kFloat32, torch::kFloat64}) {
        const auto truncated = load("truncated", {{"bound", bound}, {"rescale", rescale}}, 1);
        const double variance = moment(bound, 2);
        const double kurtosis = moment(bound, 4) / (variance * variance);
        const double spread = rescale ? 2.0 / std::sqrt(variance) : 2.0;
        const auto z = drawn(*truncated, 3.0, 2.0, 100000, type);
        expect_moments(z, {3.0, spread * spread * variance, kurtosis});
        for (const double part : {-0.99, -0.5, 0.0, 0.8, 0.99})
          expect_tail(z, 3.0 + spread * part * bound,
                      (above(part * bound) - above(bound)) / (1 - 2 * above(bound)));
        EXPECT_LE((z - 3.0).abs().max().item<double>(), spread * bound * (1 + 1e-6) + 1e-6);
      }
}

TEST(Truncated, IsTheGaussianWhereTheBoundIsFarAway) {
  const auto z = drawn(*load("truncated", {{"bound", 10.0}}, 1), 0.0, 1.0, 1000000);
  expect_moments(z, {0.0, 1.0, 3.0});
  for (const double x : {-4.0, -1.0, 2.0, 4.0}) expect_tail(z, x, above(x));
}

TEST(Truncated, HasTheDivergenceOfItsDensity) {
  for (const double bound : {0.1, 1.0, 2.0, 5.0})
    for (const bool rescale : {false, true}) {
      const auto truncated = load("truncated", {{"bound", bound}, {"rescale", rescale}}, 1);
      const double c = rescale ? 1 / std::sqrt(moment(bound, 2)) : 1.0;
      const auto density = [&](double x) { return gauss(x) / (1 - 2 * above(bound)); };
      for (const double mu : {-2.0, 0.0, 0.5})
        for (const double sigma : {0.05, 1.0, 3.0})
          EXPECT_NEAR(kl_of(*truncated, mu, sigma),
                      divergence(density, -bound, bound, mu, c * sigma), 1e-9)
              << bound << " " << rescale;
    }
}

TEST(Truncated, HasTheGradientsOfItsFormula) {
  for (const bool rescale : {false, true})
    expect_gradients(*load("truncated", {{"bound", 1.5}, {"rescale", rescale}}));
  expect_contract(*load("truncated"));
  expect_contract(*load("truncated", {{"bound", 10.0}, {"rescale", true}}));
}

TEST(Truncated, RefusesABoundThatLeavesNothing) {
  expect_refusal("truncated", {{"bound", 0.0}}, "bound must be 0.01..10");
  expect_refusal("truncated", {{"bound", -2.0}}, "bound must be 0.01..10");
}

}  // namespace
}  // namespace smear::test
