// SPDX-License-Identifier: Apache-2.0
#include <smear/reparameterization.h>

#include <cmath>
#include <numbers>

namespace {

class PlanarFlow final : public smear::Reparameterization {
 public:
  static constexpr smear::ReparameterizationInfo info{
      .name = "planar-flow",
      .summary = "The standard reparameterization, bent by trainable planar layers.",
      .details =
          "z0 = mu + exp(logvar / 2) * eps, eps ~ N(0, I); then for each layer z -> z + v "
          "tanh(w'z + b), with trainable w, u and b, the same for all images, and v = u + "
          "(log(1 + exp(w'u)) - 1 - w'u) w / |w|^2, so that w'v > -1 and the layer can be "
          "inverted. Each multiplies the density by 1 / (1 + (1 - tanh^2(w'z + b)) w'v). The "
          "layers start as the identity (w random, always the same; v = 0).\n\n"
          "KL to N(0, I), one term, estimated from the z that was drawn: log q0(z0) - sum "
          "log(1 + (1 - tanh^2) w'v) - log p(z), q0 = N(mu, exp(logvar)), p = N(0, I). Where no z "
          "was drawn, it is the mean of that over 16 draws with noise of a fixed seed, without "
          "bias as well, and the same whenever it is asked for.",
      .reference =
          "D. J. Rezende, S. Mohamed, Variational Inference with Normalizing Flows, 2015, section "
          "4.1 and appendix A.1",
  };

  void describe(smear::OptionSpec& spec) override {
    spec.integer("layers", layers_).range(1, 256).help("How many planar layers follow each other.");
  }

  void prepare(std::int64_t latent, const torch::Device& device) override {
    const auto directions = torch::randn({layers_, latent}, at::detail::createCPUGenerator(seed)) /
                            std::sqrt(static_cast<double>(latent));
    // With w'u = log(e - 1), log(1 + exp(w'u)) is 1, and v = 0.
    const auto square = directions.square().sum(1, /*keepdim=*/true);
    const auto u = directions * (std::log(std::numbers::e - 1) / square);
    w_ = directions.to(device).requires_grad_();
    u_ = u.to(device).requires_grad_();
    b_ = torch::zeros({layers_}, directions.options().device(device)).requires_grad_();
  }

  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> epoch) const override {
    return draw(mu, logvar, generator, epoch).z;
  }

  Draw draw(const torch::Tensor& mu, const torch::Tensor& logvar, const torch::Generator& generator,
            std::optional<std::int64_t> /*epoch*/) const override {
    return flown(mu, logvar, noise_like(mu, generator));
  }

  torch::Tensor kl(const torch::Tensor& mu, const torch::Tensor& logvar) const override {
    // On the CPU, so that it is the same on every device.
    const auto generator = at::detail::createCPUGenerator(seed);
    const auto options = mu.options().device(torch::kCPU).requires_grad(false);
    torch::Tensor sum;
    for (int i = 0; i < draws; ++i) {
      const auto noise = torch::randn(mu.sizes(), generator, options).to(mu.device());
      const auto estimate = flown(mu, logvar, noise).kl;
      sum = sum.defined() ? sum + estimate : estimate;
    }
    return sum / draws;
  }

  std::vector<Parameter> parameters() const override { return {{"w", w_}, {"u", u_}, {"b", b_}}; }

 private:
  static constexpr std::uint64_t seed = 1;
  static constexpr int draws = 16;

  /// Takes z0, which this noise gives, through all layers.
  [[nodiscard]] Draw flown(const torch::Tensor& mu, const torch::Tensor& logvar,
                           const torch::Tensor& noise) const {
    auto z = mu + (0.5 * logvar).exp() * noise;
    // log q0(z0) without log(2 pi) / 2 a dimension, which log p(z) has too.
    auto log_density = -0.5 * (logvar + noise.square()).sum(1, /*keepdim=*/true);
    for (int layer = 0; layer < layers_; ++layer) {
      const auto w = w_[layer].to(mu.scalar_type());
      const auto u = u_[layer].to(mu.scalar_type());
      const auto product = w.dot(u);
      const auto positive = torch::softplus(product);  // 1 + w'v
      const auto v = u + (positive - 1 - product) * w / w.dot(w);
      const auto bend = torch::tanh((z * w).sum(1, /*keepdim=*/true) + b_[layer]);
      // The determinant 1 + (1 - bend^2) w'v, as a sum of what is not negative.
      const auto square = bend.square();
      log_density = log_density - torch::log(square + (1 - square) * positive);
      z = z + v * bend;
    }
    return {z, log_density + 0.5 * z.square().sum(1, /*keepdim=*/true)};
  }

  int layers_ = 8;
  torch::Tensor w_;  // {layers, latent}
  torch::Tensor u_;  // {layers, latent}
  torch::Tensor b_;  // {layers}
};

}  // namespace

static void register_plugin(smear::PluginRegistrar& registrar) {
  registrar.add_reparameterization<PlanarFlow>();
}
SMEAR_PLUGIN("planar-flow", "0.1.0", "Apache-2.0", register_plugin);
