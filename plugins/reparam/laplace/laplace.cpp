// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>
#include <numbers>

namespace {

class Laplace final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "laplace",
      .summary = "Laplace noise: more small and more large deviations than Gaussian noise.",
      .details =
          "z = mu + sigma * eps, sigma = exp(logvar / 2); eps has the density exp(-|eps| / b) / "
          "(2 b) with b = 1 / sqrt(2), so that its variance is 1 and sigma keeps its meaning. It "
          "is drawn as b times the difference of two exponential numbers.\n\n"
          "KL to N(0, I), a term a dimension, from the entropy 1 + log(2 b sigma) and E[z^2] = "
          "mu^2 + sigma^2: 1/2 (mu^2 + sigma^2 - logvar) - 1 + log(pi) / 2.",
      .reference =
          "L. Devroye, Non-Uniform Random Variate Generation, 1986, chapter IX; entropy: T. M. "
          "Cover, J. A. Thomas, Elements of Information Theory, 2006, table 17.1",
  };

  void describe(smear::OptionSpec& /*spec*/) override {}

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    const auto exponential = [&] {
      return torch::empty(mu.sizes(), mu.options().requires_grad(false))
          .exponential_(1.0, generator);
    };
    const auto above = exponential();
    const auto below = exponential();
    return mu + (0.5 * logvar).exp() * ((above - below) / std::numbers::sqrt2);
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    return 0.5 * (mu.square() + logvar.exp() - logvar) - 1.0 + 0.5 * std::log(std::numbers::pi);
  }
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Laplace>();
}
SMEAR_PLUGIN("laplace", "0.1.0", "Apache-2.0", register_plugin);
