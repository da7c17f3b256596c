// SPDX-License-Identifier: Apache-2.0
#include <smear/errors.h>
#include <smear/reparameterization.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace {

class Annealed final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "annealed",
      .summary = "The standard reparameterization with a temperature that changes with the epoch.",
      .details =
          "z = mu + T * exp(logvar / 2) * eps, eps ~ N(0, I). With p = min(epoch / anneal_epochs, "
          "1), "
          "epochs counted from 0, T is (1 - p) start + p end (linear), start^(1 - p) end^p "
          "(exponential), or end + (start - end) (1 + cos(pi p)) / 2 (cosine). Outside training T "
          "is `end`.\n\n"
          "The KL stays that of the posterior N(mu, exp(logvar)) to N(0, I): -1/2 (1 + logvar - "
          "mu^2 - exp(logvar)): less noise at first lets the decoder find its way without a "
          "change of the objective's other half.",
      .reference =
          "D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2013, section 2.4, "
          "for T = 1",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("start", start_).range(0.0, 1e6).help("Temperature of the first epoch.");
    spec.real("end", end_)
        .range(0.0, 1e6)
        .help("Temperature from epoch `anneal_epochs` on, and outside training.");
    spec.integer("anneal_epochs", epochs_).range(1, 1000000).help("How many epochs the way takes.");
    spec.choice("shape", shape_,
                {{Shape::linear, "linear", "by equal steps"},
                 {Shape::exponential, "exponential", "by equal factors"},
                 {Shape::cosine, "cosine", "slowly at both ends"}})
        .help("How the temperature goes from start to end.");
  }

  void check() const override {
    if (shape_ == Shape::exponential && (start_ == 0.0 || end_ == 0.0))
      throw smear::ConfigError(
          "shape exponential needs start and end above 0; take linear or cosine to begin or end "
          "at 0");
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> epoch) const override {
    return mu + temperature(epoch) * (0.5 * logvar).exp() * noise_like(mu, generator);
  }

 private:
  enum class Shape { linear, exponential, cosine };

  [[nodiscard]] double temperature(std::optional<std::int64_t> epoch) const {
    if (!epoch || *epoch >= epochs_) return end_;
    const double p =
        static_cast<double>(std::max<std::int64_t>(*epoch, 0)) / static_cast<double>(epochs_);
    switch (shape_) {
      case Shape::linear: return std::lerp(start_, end_, p);
      case Shape::exponential: return std::pow(start_, 1.0 - p) * std::pow(end_, p);
      case Shape::cosine: break;
    }
    return end_ + (start_ - end_) * (1.0 + std::cos(std::numbers::pi * p)) / 2.0;
  }

  double start_ = 0.1;
  double end_ = 1.0;
  std::int64_t epochs_ = 50;
  Shape shape_ = Shape::linear;
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Annealed>();
}
SMEAR_PLUGIN("annealed", "0.1.0", "Apache-2.0", register_plugin);
