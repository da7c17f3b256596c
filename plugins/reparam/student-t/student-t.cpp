// SPDX-License-Identifier: Apache-2.0
#include <smear/errors.h>
#include <smear/reparameterization.h>

#include <cmath>
#include <numbers>

namespace {

class StudentT final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "student-t",
      .summary = "Student's t noise: heavy tails, the heavier the fewer degrees of freedom.",
      .details =
          "z = mu + c * exp(logvar / 2) * eps, eps of Student's t distribution with n degrees of "
          "freedom, drawn as sqrt(n (u^(-2/n) - 1)) cos(2 pi v), u and v uniform on (0, 1]. c is "
          "sqrt((n - 2) / n) with `unit_variance`, so that exp(logvar) is the variance, else 1.\n\n"
          "With `kl: sampled`, the KL to N(0, I), a term a dimension, with s = c * exp(logvar / "
          "2), "
          "from the entropy h = (n + 1)/2 (psi((n + 1)/2) - psi(n/2)) + log(sqrt(n) B(n/2, 1/2)) "
          "of eps (psi is the digamma function) and E[z^2] = mu^2 + s^2 n / (n - 2): 1/2 (mu^2 + "
          "s^2 n / (n - 2)) - h - log(s) + log(2 pi) / 2. It is infinite for n <= 2, where `kl: "
          "posterior` must be taken: that of N(mu, exp(logvar)), for drawing from a model that was "
          "trained otherwise.",
      .reference =
          "R. W. Bailey, Polar generation of random variates with the t-distribution, Mathematics "
          "of Computation 62, 1994",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.real("degrees_of_freedom", degrees_)
        .range(0.1, 1e6)
        .help("1 is Cauchy's distribution; the larger, the nearer to Gaussian noise.");
    spec.boolean("unit_variance", unit_variance_)
        .help("Whether the noise is scaled to variance 1; needs more than 2 degrees of freedom.");
    spec.choice("kl", kl_,
                {{Kl::sampled, "sampled", "of what is drawn from"},
                 {Kl::posterior, "posterior", "of N(mu, exp(logvar)), whatever is drawn"}})
        .help("Whose KL divergence to N(0, I) counts in training and scores.");
  }

  void check() const override {
    if (degrees_ > 2.0) return;
    if (unit_variance_)
      throw smear::ConfigError(
          "with 2 degrees of freedom or fewer the variance is infinite and cannot be scaled to 1; "
          "take unit_variance: false");
    if (kl_ == Kl::sampled)
      throw smear::ConfigError(
          "with 2 degrees of freedom or fewer the KL of what is drawn is infinite; take kl: "
          "posterior");
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    // In float64, for the tails.
    const auto options = mu.options().dtype(torch::kFloat64).requires_grad(false);
    const auto u = 1 - torch::rand(mu.sizes(), generator, options);
    const auto v = torch::rand(mu.sizes(), generator, options);
    const auto radius = (degrees_ * torch::expm1(-2 / degrees_ * u.log())).sqrt();
    const auto noise = radius * torch::cos(2 * std::numbers::pi * v);
    return mu + (0.5 * logvar).exp() * (factor() * noise).to(mu.scalar_type());
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    if (kl_ == Kl::posterior) return Reparameterization::kl(mu, logvar);
    const double c = factor();
    const double variance = c * c * degrees_ / (degrees_ - 2);
    return 0.5 * (mu.square() + variance * logvar.exp() - logvar) - entropy() - std::log(c) +
           0.5 * std::log(2 * std::numbers::pi);
  }

 private:
  enum class Kl { sampled, posterior };

  [[nodiscard]] double factor() const {
    return unit_variance_ ? std::sqrt((degrees_ - 2) / degrees_) : 1.0;
  }

  /// Of eps.
  [[nodiscard]] double entropy() const {
    const auto n = torch::tensor(degrees_, torch::kFloat64);
    const auto half = (n + 1) / 2;
    const auto log_beta =
        torch::lgamma(n / 2) + 0.5 * std::log(std::numbers::pi) - torch::lgamma(half);
    return (half * (torch::digamma(half) - torch::digamma(n / 2)) + 0.5 * n.log() + log_beta)
        .item<double>();
  }

  double degrees_ = 5.0;
  bool unit_variance_ = true;
  Kl kl_ = Kl::sampled;
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<StudentT>();
}
SMEAR_PLUGIN("student-t", "0.1.0", "Apache-2.0", register_plugin);
