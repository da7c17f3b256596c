// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>

namespace {

class ClassName final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "@name@",
      .summary = "The standard reparameterization, with the noise scaled.",
      .details =
          "z = mu + scale * exp(logvar / 2) * eps, eps ~ N(0, I).\n\n"
          "KL to N(0, I) of what is drawn, N(mu, scale^2 exp(logvar)), a term a dimension: -1/2 (1 "
          "+ logvar + 2 log(scale) - mu^2 - scale^2 exp(logvar)).",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("scale", scale_).above(0.0).help("Factor of the noise; 1 is the standard.");
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu + scale_ * (0.5 * logvar).exp() * noise_like(mu, generator);
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    return Reparameterization::kl(mu, logvar + 2 * std::log(scale_));
  }

 private:
  double scale_ = 1.0;
};

}  // namespace

void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<ClassName>();
}
SMEAR_PLUGIN("@name@", "0.1.0", "Apache-2.0", register_plugin);
