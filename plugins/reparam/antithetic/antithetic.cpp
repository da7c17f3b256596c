// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

namespace {

class Antithetic final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "antithetic",
      .summary = "The standard reparameterization with the noise of every second row mirrored.",
      .details =
          "Rows 2i and 2i + 1 get z = mu + exp(logvar / 2) * eps and z = mu - exp(logvar / 2) * "
          "eps, eps ~ N(0, I); an odd last row gets an eps of its own. Where the two are draws of "
          "one image (`draws: 2`), their mean is mu exactly, and averages over them of anything "
          "near to linear vary less than those of independent draws.\n\n"
          "Each row by itself is distributed as in `standard`, and so is the KL to N(0, I): -1/2 "
          "(1 + logvar - mu^2 - exp(logvar)).",
      .reference =
          "J. M. Hammersley, K. W. Morton, A new Monte Carlo technique: antithetic variates, "
          "Proceedings of the Cambridge Philosophical Society 52, 1956",
  };

  void describe(smear::OptionSpec& /*spec*/) override {}

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    const std::int64_t rows = mu.size(0);
    const auto half = noise_like(mu.detach().narrow(0, 0, (rows + 1) / 2), generator);
    const auto noise = torch::stack({half, -half}, 1).flatten(0, 1).narrow(0, 0, rows);
    return mu + (0.5 * logvar).exp() * noise;
  }
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Antithetic>();
}
SMEAR_PLUGIN("antithetic", "0.1.0", "Apache-2.0", register_plugin);
