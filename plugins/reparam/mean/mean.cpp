// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

namespace {

class Mean final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "mean",
      .summary = "No noise: the mean of the posterior itself.",
      .details =
          "z = mu, the same at every draw; logvar is not used.\n\n"
          "The KL is that of the posterior N(mu, exp(logvar)) to N(0, I), a term a dimension: -1/2 "
          "(1 + logvar - mu^2 - exp(logvar)). That of the point mu itself would be infinite. In "
          "training it takes logvar to 0 and leaves mu^2 / 2 of every dimension: weight decay on "
          "the latent.",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(smear::OptionSpec& /*spec*/) override {}

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& /*logvar*/,
                       const torch::Generator& /*generator*/,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu;
  }
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Mean>();
}
SMEAR_PLUGIN("mean", "0.1.0", "Apache-2.0", register_plugin);
