// SPDX-License-Identifier: Apache-2.0
// planar-flow: starts as the identity, stays invertible, and its divergence is that of the density
// of what is drawn, which is integrated on a grid with volumes from differences.
#include <array>

#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

/// A flow with parameters that bend the space well.
std::unique_ptr<Reparameterization> bent(std::int64_t latent, std::int64_t layers) {
  auto flow = load("planar-flow", {{"layers", layers}}, latent);
  std::uint64_t seed = 10;
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : flow->parameters())
    parameter.value.copy_(2.0 * torch::randn(parameter.value.sizes(), seeded(seed++)));
  return flow;
}

/// Where the flow takes the rows of `z0`: drawn without noise, to the precision of float64.
torch::Tensor flown(const Reparameterization& flow, const torch::Tensor& z0) {
  return flow.sample(z0, torch::full_like(z0, -200.0), seeded(1), std::nullopt);
}

double log_gauss(double x) { return -0.5 * x * x - 0.5 * std::log(2 * std::numbers::pi); }

TEST(PlanarFlow, StartsAsTheIdentity) {
  const auto flow = load("planar-flow", {}, 16);
  const auto mu = between(-2.0, 2.0, {50, 16}, torch::kFloat32);
  const auto logvar = between(-2.0, 1.0, {50, 16}, torch::kFloat32);
  const auto standard = load("standard")->draw(mu, logvar, seeded(4), std::nullopt);
  EXPECT_TRUE(flow->draw(mu, logvar, seeded(4), std::nullopt).z.allclose(standard.z, 1e-5, 1e-5));
  // And with the posterior at the prior, every single estimate is 0.
  const auto zero = torch::zeros({50, 16});
  EXPECT_LT(flow->draw(zero, zero, seeded(4), std::nullopt).kl.abs().max().item<double>(), 1e-4);
}

TEST(PlanarFlow, DrawsFromTheBentDensity) {
  // In one dimension the flow is monotonous: quantiles of z0 become quantiles of z.
  const auto flow = bent(1, 3);
  const auto z = drawn(*flow, 0.4, 0.8, 200000);
  for (const double deviations : {-2.0, -1.0, 0.0, 1.0, 2.0}) {
    const auto at = torch::full({1, 1}, 0.4 + 0.8 * deviations, torch::kFloat64);
    expect_tail(z, flown(*flow, at).item<double>(),
                0.5 * std::erfc(deviations / std::numbers::sqrt2));
  }
}

TEST(PlanarFlow, StaysInvertibleWhateverItsParameters) {
  const auto flow = load("planar-flow", {{"layers", std::int64_t{1}}}, 1);
  const auto parameters = flow->parameters();
  const auto grid = torch::linspace(-5.0, 5.0, 2001, torch::kFloat64).unsqueeze(1);
  for (const double w : {-3.0, 0.2, 5.0})
    for (const double u : {-10.0, -1.0, 0.0, 4.0}) {
      {
        const torch::NoGradGuard no_grad;
        parameters[0].value.fill_(w);
        parameters[1].value.fill_(u);
      }
      const auto z = flown(*flow, grid).flatten();
      EXPECT_GT((z.slice(0, 1) - z.slice(0, 0, -1)).min().item<double>(), 0.0) << w << " " << u;
      const auto kl = flow->draw(grid, torch::full_like(grid, -2.0), seeded(1), std::nullopt).kl;
      EXPECT_TRUE(kl.isfinite().all().item<bool>()) << w << " " << u;
    }
}

/// The estimates of `count` draws.
torch::Tensor estimates(const Reparameterization& flow, const std::vector<double>& mu,
                        const std::vector<double>& sigma, std::int64_t count) {
  const auto rows = [&](const torch::Tensor& row) {
    return row.expand({count, static_cast<std::int64_t>(mu.size())});
  };
  const auto logvar = 2 * torch::tensor(sigma, torch::kFloat64).log();
  return flow.draw(rows(torch::tensor(mu, torch::kFloat64)), rows(logvar), seeded(2), std::nullopt)
      .kl.flatten();
}

/// Allowed are 5 standard errors.
void expect_mean(const torch::Tensor& estimates, double expected) {
  const double error =
      estimates.std().item<double>() / std::sqrt(static_cast<double>(estimates.numel()));
  EXPECT_NEAR(estimates.mean().item<double>(), expected, 5 * error);
}

TEST(PlanarFlow, HasTheDivergenceOfItsDensityInOneDimension) {
  const auto flow = bent(1, 4);
  const double mu = 0.4;
  const double sigma = 0.8;
  constexpr int steps = 4000;
  constexpr double step = 16.0 / steps;
  constexpr double small = 1e-6;
  const auto eps = torch::linspace(-8.0, 8.0, steps + 1, torch::kFloat64).unsqueeze(1);
  const auto z0 = mu + sigma * eps;
  const auto z = flown(*flow, z0);
  const auto slope = (flown(*flow, z0 + small) - flown(*flow, z0 - small)) / (2 * small);
  double expected = 0.0;
  for (std::int64_t i = 0; i <= steps; ++i) {
    const double log_q0 = log_gauss(eps[i].item<double>()) - std::log(sigma);
    expected += std::exp(log_q0) * sigma * step *
                (log_q0 - std::log(slope[i].item<double>()) - log_gauss(z[i].item<double>()));
  }
  expect_mean(estimates(*flow, {mu}, {sigma}, 100000), expected);
}

TEST(PlanarFlow, HasTheDivergenceOfItsDensityInTwoDimensions) {
  const auto flow = bent(2, 3);
  const std::vector<double> mu{0.3, -0.5};
  const std::vector<double> sigma{0.7, 1.1};
  constexpr int steps = 300;
  constexpr double step = 14.0 / steps;
  constexpr double small = 1e-6;
  const auto axis = torch::linspace(-7.0, 7.0, steps + 1, torch::kFloat64);
  const auto eps = torch::cartesian_prod({axis, axis});
  const auto z0 = torch::tensor(mu, torch::kFloat64) + torch::tensor(sigma, torch::kFloat64) * eps;
  const auto z = flown(*flow, z0);
  const auto along = [&](int dimension) {
    auto shift = torch::zeros({2}, torch::kFloat64);
    shift[dimension] = small;
    return (flown(*flow, z0 + shift) - flown(*flow, z0 - shift)) / (2 * small);
  };
  const auto a = along(0);
  const auto b = along(1);
  const auto volume = a.select(1, 0) * b.select(1, 1) - a.select(1, 1) * b.select(1, 0);
  EXPECT_GT(volume.min().item<double>(), 0.0);
  const auto log_gauss_of = [](const torch::Tensor& rows) {
    return -0.5 * rows.square().sum(1) - std::log(2 * std::numbers::pi);
  };
  const auto log_q0 = log_gauss_of(eps) - std::log(sigma[0] * sigma[1]);
  const double expected =
      (log_gauss_of(eps).exp() * step * step * (log_q0 - volume.log() - log_gauss_of(z)))
          .sum()
          .item<double>();
  expect_mean(estimates(*flow, mu, sigma, 100000), expected);
}

TEST(PlanarFlow, EstimatesTheDivergenceWithoutADraw) {
  const auto flow = bent(2, 3);
  const auto mu = torch::tensor({0.3, -0.5}, torch::kFloat64).expand({20000, 2});
  const auto logvar = torch::tensor({-0.5, 0.2}, torch::kFloat64).expand({20000, 2});
  const auto kl = flow->kl(mu, logvar).flatten();
  EXPECT_TRUE(kl.equal(flow->kl(mu, logvar).flatten()));
  const auto single = flow->draw(mu, logvar, seeded(9), std::nullopt).kl;
  expect_mean(single, kl.mean().item<double>());
  // The mean of 16 draws has a quarter of one draw's spread.
  EXPECT_NEAR(kl.std().item<double>() / single.std().item<double>(), 0.25, 0.025);
}

TEST(PlanarFlow, HasTheGradientsOfItsFormula) {
  expect_gradients(*bent(4, 3));
  expect_gradients(*load("planar-flow"));
  expect_contract(*bent(4, 3));
}

TEST(PlanarFlow, GivesParametersThatShareItsStorage) {
  const auto flow = load("planar-flow", {{"layers", std::int64_t{5}}}, 7);
  std::vector<std::string> names;
  for (const auto& parameter : flow->parameters()) {
    names.push_back(parameter.name);
    EXPECT_TRUE(parameter.value.is_leaf() && parameter.value.requires_grad());
    EXPECT_EQ(parameter.value.size(0), 5);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("w", "u", "b"));
  const auto zero = torch::zeros({3, 7});
  const auto before = flow->sample(zero, zero, seeded(1), std::nullopt);
  {
    const torch::NoGradGuard no_grad;
    flow->parameters()[1].value.add_(1.0);
  }
  EXPECT_FALSE(flow->sample(zero, zero, seeded(1), std::nullopt).allclose(before));
}

TEST(PlanarFlow, RefusesAFlowWithoutLayers) {
  expect_refusal("planar-flow", {{"layers", std::int64_t{0}}}, "layers must be 1..256");
}

}  // namespace
}  // namespace smear::test
