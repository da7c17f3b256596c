// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>

namespace {

class VariationalDropout final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "variational-dropout",
      .summary = "Noise in proportion to mu, with a trainable rate for each latent dimension.",
      .details =
          "z = mu (1 + sqrt(alpha) eps), eps ~ N(0, 1), drawn anew for every row and dimension: "
          "the local form, which samples activations instead of weights. logvar is not used. Each "
          "dimension trains its own alpha = 1 / (1 + exp(-logit_alpha)), which stays between 0 and "
          "1; dropout with the probability p has alpha = p / (1 - p).\n\n"
          "The prior is log-uniform, p(|z|) proportional to 1 / |z|, so that the KL depends on "
          "alpha only, and is known up to a constant, which is chosen to make it 0 at alpha = 1. A "
          "term a dimension, by the paper's approximation for alpha <= 1: f(1) - f(alpha), "
          "f(alpha) = log(alpha) / 2 + 1.16145124 alpha - 1.50204118 alpha^2 + 0.58629921 "
          "alpha^3.",
      .reference =
          "D. P. Kingma, T. Salimans, M. Welling, Variational Dropout and the Local "
          "Reparameterization Trick, 2015, sections 2.2, 3 and 4",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("alpha", alpha_)
        .range(0.0001, 0.9999)
        .help("Variance of the noise by mu^2 at the start of training, for every dimension.");
  }

  void prepare(std::int64_t latent, const torch::Device& device) override {
    logit_alpha_ = torch::full({latent}, std::log(alpha_ / (1 - alpha_)),
                               torch::dtype(torch::kFloat32).device(device).requires_grad(true));
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& /*logvar*/,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    const auto rate = logit_alpha_.to(mu.scalar_type()).sigmoid();
    return mu * (1 + rate.sqrt() * noise_like(mu, generator));
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& /*logvar*/) const override {
    const auto logit = logit_alpha_.to(mu.scalar_type());
    const auto rate = logit.sigmoid();
    const auto polynomial = rate * (c1 + rate * (c2 + rate * c3));
    return (c1 + c2 + c3 - 0.5 * torch::log_sigmoid(logit) - polynomial).expand(mu.sizes());
  }

  std::vector<Parameter> parameters() const override { return {{"logit_alpha", logit_alpha_}}; }

 private:
  static constexpr double c1 = 1.16145124;
  static constexpr double c2 = -1.50204118;
  static constexpr double c3 = 0.58629921;

  double alpha_ = 0.25;
  torch::Tensor logit_alpha_;  // {latent}
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<VariationalDropout>();
}
SMEAR_PLUGIN("variational-dropout", "0.1.0", "Apache-2.0", register_plugin);
