// SPDX-License-Identifier: Apache-2.0
// Tests that @name@ draws around mu with the right spread, the same for the same seed, has the KL
// divergence of what it draws, and passes on gradients.
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

bool near(const torch::Tensor& number, double expected, double tolerance) {
  return std::abs(number.item<double>() - expected) <= tolerance;
}

}  // namespace

int main() {
  const smear::PluginUnderTest plugin(register_plugin);
  const auto made = [&](double scale) {
    auto result =
        plugin.reparameterization<smear::Reparameterization>("@name@", {{"scale", scale}});
    result->prepare(8, torch::kCPU);
    return result;
  };
  const auto mu = torch::full({1000, 8}, 3.0, torch::requires_grad());
  const auto logvar = torch::full({1000, 8}, std::log(4.0), torch::requires_grad());
  const auto draw = [&](double scale) {
    return made(scale)->sample(mu, logvar, at::detail::createCPUGenerator(1), std::nullopt);
  };

  // Of 8000 numbers: 5 standard errors, sigma / sqrt(8000) of the mean, sigma / sqrt(16000) of
  // sigma.
  expect(near(draw(1.0).mean(), 3.0, 0.12), "the mean is mu");
  expect(near(draw(1.0).std(), 2.0, 0.08), "the spread is exp(logvar / 2)");
  expect((draw(2.5) - mu).allclose(2.5 * (draw(1.0) - mu), 1e-4, 1e-5),
         "the scale is a factor of the noise");
  expect(draw(1.0).equal(draw(1.0)), "the same seed gives the same z");

  draw(1.0).sum().backward();
  expect(mu.grad().equal(torch::ones_like(mu)), "the gradient reaches mu");
  expect(logvar.grad().abs().sum().item<double>() > 0.0, "the gradient reaches logvar");

  const auto zero = torch::zeros({2, 8});
  expect(made(1.0)->kl(zero, zero).equal(zero), "N(0, I) has no KL divergence");
  expect(near(made(2.0)->kl(zero, zero)[0][0], 0.5 * (4 - 1 - std::log(4.0)), 1e-6),
         "the KL divergence is that of N(0, 4) where the scale is 2");
  return failures == 0 ? 0 : 1;
}
