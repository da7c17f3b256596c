// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>
#include <numbers>

namespace {

class Uniform final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "uniform",
      .summary = "Uniform noise: no deviation beyond sqrt(3) standard deviations.",
      .details =
          "z = mu + sigma * eps, sigma = exp(logvar / 2); eps is uniform on [-sqrt(3), sqrt(3)], "
          "so that its variance is 1 and sigma keeps its meaning.\n\n"
          "KL to N(0, I), a term a dimension, from the entropy log(2 sqrt(3) sigma) and E[z^2] = "
          "mu^2 + sigma^2: 1/2 (mu^2 + sigma^2 - logvar) - log(2 sqrt(3)) + log(2 pi) / 2.",
      .reference = "T. M. Cover, J. A. Thomas, Elements of Information Theory, 2006, chapter 8",
  };

  void describe(smear::OptionSpec& /*spec*/) override {}

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    const auto u = torch::rand(mu.sizes(), generator, mu.options().requires_grad(false));
    return mu + (0.5 * logvar).exp() * (bound * (2 * u - 1));
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    return 0.5 * (mu.square() + logvar.exp() - logvar) - std::log(2 * bound) +
           0.5 * std::log(2 * std::numbers::pi);
  }

 private:
  static constexpr double bound = std::numbers::sqrt3;
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Uniform>();
}
SMEAR_PLUGIN("uniform", "0.1.0", "Apache-2.0", register_plugin);
