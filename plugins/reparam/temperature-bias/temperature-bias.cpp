// SPDX-License-Identifier: Apache-2.0
#include <smear/errors.h>
#include <smear/reparameterization.h>

#include <algorithm>

#include "latent-vector.h"

namespace {

class TemperatureBias final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "temperature-bias",
      .summary = "The standard reparameterization with the noise scaled and the latent shifted.",
      .details =
          "z = mu + temperature * exp(logvar / 2) * eps + bias, eps ~ N(0, I). At temperature 1 "
          "and bias 0 it is `standard`, bit for bit; at temperature 0 there is no noise. Either "
          "can be one number for all latent dimensions, or a number for each from a file.\n\n"
          "With `kl: posterior` the KL stays that of N(mu, exp(logvar)) to N(0, I): -1/2 (1 + "
          "logvar - mu^2 - exp(logvar)). Temperature and bias then change what is drawn from a "
          "model and not what it is trained for. With `kl: sampled` it is that of N(mu + bias, "
          "temperature^2 exp(logvar)), which z is drawn from: -1/2 (1 + logvar + 2 log(temperature)"
          " - (mu + bias)^2 - temperature^2 exp(logvar)); training then undoes both, since the "
          "encoder can give any mu and logvar.",
      .reference =
          "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, section 2.4, for "
          "temperature 1 and bias 0",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("temperature", temperature_).range(0.0, 1e6).help("Factor of the noise.");
    spec.real("bias", bias_).range(-1e6, 1e6).help("What is added to every latent dimension.");
    spec.file("temperature_file", temperature_file_)
        .help(
            "A temperature for each latent dimension: an .npy file, or text with one number a "
            "line. Instead of `temperature`.");
    spec.file("bias_file", bias_file_)
        .help("A bias for each latent dimension, in the same way. Instead of `bias`.");
    spec.choice("kl", kl_,
                {{Kl::posterior, "posterior", "of N(mu, exp(logvar)), whatever is drawn"},
                 {Kl::sampled, "sampled", "of what is drawn from"}})
        .help("Whose KL divergence to N(0, I) counts in training and scores.");
  }

  void check() const override {
    if (temperature_ != 1.0 && !temperature_file_.empty())
      throw smear::ConfigError("give temperature or temperature_file, not both");
    if (bias_ != 0.0 && !bias_file_.empty())
      throw smear::ConfigError("give bias or bias_file, not both");
    if (temperature_ == 0.0) check_spread();
  }

  void prepare(std::int64_t latent, const torch::Device& device) override {
    auto temperatures = temperature_file_.empty() ? std::vector<double>{temperature_}
                                                  : read_latent_vector(temperature_file_, latent);
    auto biases =
        bias_file_.empty() ? std::vector<double>{bias_} : read_latent_vector(bias_file_, latent);
    const double lowest = *std::ranges::min_element(temperatures);
    if (lowest < 0.0)
      throw smear::ConfigError(
          c10::str(temperature_file_, ": temperatures must be at least 0, got ", lowest));
    if (lowest == 0.0) check_spread();
    // Adding -0.0 leaves every number as it is; adding 0.0 would make 0.0 of -0.0.
    std::ranges::replace(biases, 0.0, -0.0);
    temperatures_ = torch::tensor(temperatures, torch::dtype(torch::kFloat64)).to(device);
    biases_ = torch::tensor(biases, torch::dtype(torch::kFloat64)).to(device);
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    const auto spread = temperatures_.to(mu.scalar_type()) * (0.5 * logvar).exp();
    return mu + spread * noise_like(mu, generator) + biases_.to(mu.scalar_type());
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    if (kl_ == Kl::posterior) return Reparameterization::kl(mu, logvar);
    return Reparameterization::kl(mu + biases_.to(mu.scalar_type()),
                                  logvar + 2 * temperatures_.log().to(mu.scalar_type()));
  }

 private:
  enum class Kl { posterior, sampled };

  void check_spread() const {
    if (kl_ == Kl::sampled)
      throw smear::ConfigError(
          "at temperature 0 the KL of what is drawn is infinite; take kl: posterior");
  }

  double temperature_ = 1.0;
  double bias_ = 0.0;
  std::string temperature_file_;
  std::string bias_file_;
  Kl kl_ = Kl::posterior;
  torch::Tensor temperatures_;  // {1} or {latent}, float64
  torch::Tensor biases_;        // {1} or {latent}, float64
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<TemperatureBias>();
}
SMEAR_PLUGIN("temperature-bias", "0.1.0", "Apache-2.0", register_plugin);
