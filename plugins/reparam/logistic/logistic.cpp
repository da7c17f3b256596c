// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>
#include <numbers>

namespace {

class Logistic final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "logistic",
      .summary = "Logistic noise: tails somewhat heavier than Gaussian ones.",
      .details =
          "z = mu + sigma * eps, sigma = exp(logvar / 2); eps = s log(u / (1 - u)), u uniform on "
          "(0, 1), has the distribution function 1 / (1 + exp(-eps / s)). With s = sqrt(3) / pi "
          "its variance is 1, so that sigma keeps its meaning.\n\n"
          "KL to N(0, I), a term a dimension, from the entropy 2 + log(s sigma) and E[z^2] = mu^2 "
          "+ sigma^2: 1/2 (mu^2 + sigma^2 - logvar) - 2 - log(s) + log(2 pi) / 2.",
      .reference = "N. Balakrishnan (ed.), Handbook of the Logistic Distribution, 1992, chapter 1",
  };

  void describe(smear::OptionSpec& /*spec*/) override {}

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    // In float64: of the 2^24 values that float32 has for u, one is 0, whose logarithm is infinite.
    const auto options = mu.options().dtype(torch::kFloat64).requires_grad(false);
    const auto u = torch::rand(mu.sizes(), generator, options).clamp_min(0x1p-54);
    const auto noise = scale * (u.log() - torch::log1p(-u));
    return mu + (0.5 * logvar).exp() * noise.to(mu.scalar_type());
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    return 0.5 * (mu.square() + logvar.exp() - logvar) - 2.0 - std::log(scale) +
           0.5 * std::log(2 * std::numbers::pi);
  }

 private:
  static constexpr double scale = std::numbers::sqrt3 / std::numbers::pi;
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Logistic>();
}
SMEAR_PLUGIN("logistic", "0.1.0", "Apache-2.0", register_plugin);
