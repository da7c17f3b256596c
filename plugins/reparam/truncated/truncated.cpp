// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>
#include <numbers>

namespace {

class Truncated final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "truncated",
      .summary = "Gaussian noise without its tails.",
      .details =
          "z = mu + c * exp(logvar / 2) * eps, eps ~ N(0, 1) given that |eps| <= bound = B; drawn "
          "by the inverse distribution function, eps = sqrt(2) erfinv(v erf(B / sqrt(2))), v "
          "uniform on [-1, 1]. With the density phi(B) of N(0, 1) at B and the probability Z = "
          "erf(B / sqrt(2)) of the interval, the variance of eps is V = 1 - 2 B phi(B) / Z. c is "
          "1, or 1 / sqrt(V) with `rescale`, so that exp(logvar) is the variance again.\n\n"
          "KL to N(0, I), a term a dimension, with s = c * exp(logvar / 2), from the entropy 1/2 "
          "log(2 pi e) + log(Z s) - B phi(B) / Z and E[z^2] = mu^2 + s^2 V: 1/2 (mu^2 + s^2 V - 1) "
          "- log(Z s) + B phi(B) / Z.",
      .reference =
          "N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions 1, 1994, "
          "section 13.10.1",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("bound", bound_)
        .range(0.01, 10.0)
        .help("Where the noise is cut off on both sides, in standard deviations before the cut.");
    spec.boolean("rescale", rescale_).help("Whether the noise is scaled to variance 1.");
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    // In float64: float32 has few numbers near to 1, where the tails come from.
    const auto options = mu.options().dtype(torch::kFloat64).requires_grad(false);
    const auto v = 2 * torch::rand(mu.sizes(), generator, options) - 1;
    const auto noise = (std::numbers::sqrt2 * torch::erfinv(v * inside())).clamp(-bound_, bound_);
    return mu + (0.5 * logvar).exp() * (factor() * noise).to(mu.scalar_type());
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    const double c = factor();
    return 0.5 * (mu.square() + c * c * variance() * logvar.exp() - logvar - 1.0) -
           std::log(inside() * c) + edge();
  }

 private:
  /// Z: the probability that an unbounded number lies within the bounds.
  [[nodiscard]] double inside() const { return std::erf(bound_ / std::numbers::sqrt2); }

  /// B phi(B) / Z.
  [[nodiscard]] double edge() const {
    const double density = std::exp(-bound_ * bound_ / 2) / std::sqrt(2 * std::numbers::pi);
    return bound_ * density / inside();
  }

  [[nodiscard]] double variance() const { return 1.0 - 2 * edge(); }

  [[nodiscard]] double factor() const { return rescale_ ? 1.0 / std::sqrt(variance()) : 1.0; }

  double bound_ = 2.0;
  bool rescale_ = false;
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<Truncated>();
}
SMEAR_PLUGIN("truncated", "0.1.0", "Apache-2.0", register_plugin);
