// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

namespace {

class ClassName final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "@name@",
      .summary = "The standard reparameterization, with the noise scaled.",
      .details = "z = mu + scale * exp(logvar / 2) * eps, eps ~ N(0, I).",
      .reference = "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("scale", scale_).range(0.0, 100.0).help("Factor of the noise; 1 is the standard.");
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu + scale_ * (0.5 * logvar).exp() * noise_like(mu, generator);
  }

 private:
  double scale_ = 1.0;
};

}  // namespace

void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<ClassName>();
}
SMEAR_PLUGIN("@name@", "0.1.0", "Apache-2.0", register_plugin);
