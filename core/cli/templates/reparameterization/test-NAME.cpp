// SPDX-License-Identifier: Apache-2.0
// Tests that @name@ gives mu where the scale is 0, the right spread elsewhere, the same numbers for
// the same seed, and gradients.
#include <smear/reparameterization.h>
#include <smear/testing.h>

#include <cmath>
#include <cstdio>

void register_plugin(smear::PluginRegistrar& registrar);

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  const smear::PluginUnderTest plugin(register_plugin);
  const auto made = [&](double scale) {
    return plugin.reparameterization<smear::Reparameterization>("@name@", {{"scale", scale}});
  };
  const auto mu = torch::full({1000, 8}, 3.0, torch::requires_grad());
  const auto logvar = torch::full({1000, 8}, std::log(4.0), torch::requires_grad());
  const auto draw = [&](double scale) {
    return made(scale)->sample(mu, logvar, at::detail::createCPUGenerator(1), std::nullopt);
  };

  expect(draw(0.0).equal(mu), "scale 0 gives mu");
  expect(draw(1.0).equal(draw(1.0)), "the same seed gives the same z");
  expect(std::abs(draw(1.0).mean().item<double>() - 3.0) < 0.1, "the mean is mu");
  expect(std::abs(draw(1.0).std().item<double>() - 2.0) < 0.1, "the spread is exp(logvar / 2)");

  draw(1.0).sum().backward();
  expect(mu.grad().equal(torch::ones_like(mu)), "the gradient reaches mu");
  expect(logvar.grad().abs().sum().item<double>() > 0.0, "the gradient reaches logvar");

  const auto zero = torch::zeros({2, 8});
  expect(made(1.0)->kl(zero, zero).equal(torch::zeros({2})), "N(0, I) has no KL divergence");
  return failures == 0 ? 0 : 1;
}
