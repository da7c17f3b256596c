// SPDX-License-Identifier: Apache-2.0
// variational-dropout: noise in proportion to mu, of a trainable variance, and the approximation of
// its divergence to the log-uniform prior against the integral.
#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

double kl_at(double alpha) {
  return kl_of(*load("variational-dropout", {{"alpha", alpha}}, 1), 0.3, 1.0);
}

/// KL(N(1, alpha) || log-uniform), without the prior's constant: -log(alpha)/2 + E[log|e|], e ~
/// N(1, alpha). By integration after e = +-exp(x), which takes the logarithm's pole away.
double true_divergence(double alpha) {
  const auto integrand = [&](double x) {
    const double e = std::exp(x);
    const auto density = [&](double at) {
      return std::exp(-0.5 * (at - 1) * (at - 1) / alpha) / std::sqrt(2 * std::numbers::pi * alpha);
    };
    return x * e * (density(e) + density(-e));
  };
  return -0.5 * std::log(alpha) + integral(integrand, -40.0, 5.0, 100000);
}

TEST(VariationalDropout, ScalesTheNoiseWithMu) {
  for (const double alpha : {0.01, 0.25, 0.9}) {
    const auto dropout = load("variational-dropout", {{"alpha", alpha}}, 1);
    const double mu = -3.0;
    const auto z = drawn(*dropout, mu, 1.0, 200000);
    expect_moments(z, {mu, alpha * mu * mu, 3.0});
    for (const double deviations : {-2.0, 1.0, 3.0})
      expect_tail(z, mu + deviations * 3.0 * std::sqrt(alpha),
                  0.5 * std::erfc(deviations / std::numbers::sqrt2));
    // The rate alone says how much: another logvar makes no difference.
    EXPECT_TRUE(drawn(*dropout, mu, 100.0, 10).equal(drawn(*dropout, mu, 1.0, 10)));
  }
}

TEST(VariationalDropout, DrawsNoiseForEveryRowAndDimension) {
  const auto z = load("variational-dropout")
                     ->sample(torch::ones({2, 4}), torch::zeros({2, 4}), seeded(1), std::nullopt);
  EXPECT_EQ(std::get<0>(torch::_unique(z)).numel(), 8);
}

TEST(VariationalDropout, ApproximatesTheDivergenceToTheLogUniformPrior) {
  // Both are 0 at alpha = 1. From 0.1 on the polynomial is within 0.006 nats of the integral;
  // below, what it says about 1 takes it 0.04 off, where the divergence itself is 1 to 5 nats.
  const double at_one = true_divergence(1.0);
  for (const double alpha : {0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 0.9999})
    EXPECT_NEAR(kl_at(alpha), true_divergence(alpha) - at_one, alpha < 0.1 ? 0.04 : 0.006) << alpha;
  EXPECT_NEAR(kl_at(0.9999), 0.0, 1e-4);
}

TEST(VariationalDropout, CountsATermForEveryRowAndDimension) {
  const auto dropout = load("variational-dropout", {}, 4);
  const auto kl = dropout->kl(torch::ones({3, 4}), torch::ones({3, 4}));
  EXPECT_EQ(kl.sizes(), torch::IntArrayRef({3, 4}));
  EXPECT_NEAR(kl.max().item<double>(), kl_at(0.25), 1e-6);
  EXPECT_NEAR(kl.min().item<double>(), kl_at(0.25), 1e-6);
}

TEST(VariationalDropout, TrainsARateForEachDimension) {
  const auto dropout = load("variational-dropout");
  const auto parameters = dropout->parameters();
  ASSERT_EQ(parameters.size(), 1U);
  EXPECT_EQ(parameters[0].name, "logit_alpha");
  EXPECT_EQ(parameters[0].value.sizes(), torch::IntArrayRef({4}));
  {
    // What the trainer writes is what is used.
    const torch::NoGradGuard no_grad;
    parameters[0].value[2].fill_(-100.0);
  }
  const auto mu = torch::ones({5, 4});
  const auto z = dropout->sample(mu, mu, seeded(1), std::nullopt);
  EXPECT_TRUE(z.select(1, 2).equal(torch::ones({5})));
  EXPECT_GT((z.select(1, 1) - 1).abs().min().item<double>(), 0.0);
  EXPECT_TRUE(dropout->kl(mu, mu).isfinite().all().item<bool>());
}

TEST(VariationalDropout, HasTheGradientsOfItsFormula) {
  expect_contract(*load("variational-dropout"));
  expect_gradients(*load("variational-dropout"));
}

TEST(VariationalDropout, RefusesRatesOutsideTheApproximation) {
  expect_refusal("variational-dropout", {{"alpha", 1.5}}, "alpha must be 0.0001..0.9999");
  expect_refusal("variational-dropout", {{"alpha", 0.0}}, "alpha must be 0.0001..0.9999");
}

}  // namespace
}  // namespace smear::test
