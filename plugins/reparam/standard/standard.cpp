// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

namespace {

class Standard final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "standard",
      .summary = "The reparameterization trick as published.",
      .details =
          "z = mu + exp(logvar / 2) * eps, eps ~ N(0, I).\n\n"
          "KL to N(0, I), a term a dimension: -1/2 (1 + logvar - mu^2 - exp(logvar)).",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, section 2.4",
  };

  void describe(smear::OptionSpec& /*spec*/) override {}

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu + (0.5 * logvar).exp() * noise_like(mu, generator);
  }
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Standard>();
}
SMEAR_PLUGIN("standard", "0.1.0", "Apache-2.0", register_plugin);
