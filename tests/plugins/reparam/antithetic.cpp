// SPDX-License-Identifier: Apache-2.0
// antithetic: rows in pairs mirror each other about mu, each is of the posterior, pairs are
// independent, and an odd last row is alone.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

TEST(Antithetic, MirrorsEverySecondRow) {
  const auto antithetic = load("antithetic");
  for (const std::int64_t rows : {1, 2, 5, 8}) {
    const auto mu = between(-1.0, 1.0, {rows, 4});
    const auto logvar = between(-1.0, 1.0, {rows, 4});
    const auto noise =
        (antithetic->sample(mu, logvar, seeded(2), std::nullopt) - mu) / (0.5 * logvar).exp();
    for (std::int64_t row = 0; row + 1 < rows; row += 2)
      EXPECT_TRUE(noise[row].allclose(-noise[row + 1], 1e-12, 1e-12)) << row;
    for (std::int64_t row = 2; row < rows; row += 2)
      EXPECT_FALSE(noise[row].allclose(noise[row - 2], 1e-3, 1e-3)) << row;
    EXPECT_GT(noise[rows - 1].abs().min().item<double>(), 0.0) << "the last row has noise too";
  }
}

TEST(Antithetic, DrawsEachRowFromThePosterior) {
  const auto z = drawn(*load("antithetic", {}, 1), 3.0, 2.0, 400000);
  for (const std::int64_t first : {0, 1}) {
    const auto half = z.slice(0, first, c10::nullopt, 2);
    expect_moments(half, {3.0, 4.0, 3.0});
    for (const double deviations : {-2.0, 1.0, 3.0})
      expect_tail(half, 3.0 + 2.0 * deviations, 0.5 * std::erfc(deviations / std::numbers::sqrt2));
  }
  // Neighbours of two pairs do not know of each other: the correlation's standard error is
  // 1/sqrt(n).
  const auto noise = (z - 3.0) / 2.0;
  const auto product = noise.slice(0, 1, -1, 2) * noise.slice(0, 2, c10::nullopt, 2);
  EXPECT_NEAR(product.mean().item<double>(), 0.0,
              5 / std::sqrt(static_cast<double>(product.numel())));
}

TEST(Antithetic, HasTheDivergenceOfThePosteriorAndGradients) {
  const auto antithetic = load("antithetic");
  const auto mu = between(-1.0, 1.0, {3, 4});
  const auto logvar = between(-2.0, 2.0, {3, 4});
  EXPECT_TRUE(antithetic->kl(mu, logvar).equal(load("standard")->kl(mu, logvar)));
  expect_gradients(*antithetic);
  expect_contract(*antithetic);
}

}  // namespace
}  // namespace smear::test
