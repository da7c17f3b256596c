// SPDX-License-Identifier: Apache-2.0
#include "torchscript.h"

#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>

#include "model.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

namespace fs = std::filesystem;

std::string attribute(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

/// As TorchScript takes a float: never without a point.
std::string number(double value) { return fmt::format("{:#.17g}", value); }

std::string encoder_source(const Architecture& a) {
  const std::string classes = a.conditional() ? ", classes" : "";
  std::string text = fmt::format("def encode(self, images{}):\n  x = images\n", classes);
  for (std::size_t i = 0; i < a.filters.size(); ++i) {
    text += fmt::format(
        "  x = torch.conv2d(x, self.encoder_{0}_weight, self.encoder_{0}_bias, [2, 2], [1, 1])\n",
        i);
    if (i == 0 && a.conditional())
      text += "  x = x + self.encoder_condition_weight[classes].unsqueeze(2).unsqueeze(3)\n";
    text += fmt::format("  x = torch.leaky_relu(x, {})\n", number(a.slope));
  }
  return text +
         "  x = x.flatten(1)\n"
         "  mu = torch.linear(x, self.encoder_mu_weight, self.encoder_mu_bias)\n"
         "  logvar = torch.linear(x, self.encoder_logvar_weight, "
         "self.encoder_logvar_bias)\n"
         "  return mu, logvar\n";
}

std::string decoder_source(const Architecture& a) {
  const std::string classes = a.conditional() ? ", classes" : "";
  std::string text = fmt::format(
      "def decode(self, z{}):\n"
      "  x = torch.linear(z, self.decoder_dense_weight, self.decoder_dense_bias)\n",
      classes);
  if (a.conditional()) text += "  x = x + self.decoder_condition_weight[classes]\n";
  text += fmt::format("  x = torch.leaky_relu(x, {})\n", number(a.slope));
  text += fmt::format("  x = x.view(-1, {0}, {1}, {1})\n", a.filters.back(), a.feature_edge());
  for (std::size_t i = 0; i < a.filters.size(); ++i) {
    text += fmt::format(
        "  x = torch.conv_transpose2d(x, self.decoder_{0}_weight, self.decoder_{0}_bias, [2, 2], "
        "[1, 1], [1, 1])\n",
        i);
    if (i + 1 < a.filters.size())
      text += fmt::format("  x = torch.leaky_relu(x, {})\n", number(a.slope));
  }
  return text + "  return torch.sigmoid(x)\n";
}

std::string forward_source(const Architecture& a) {
  const std::string classes = a.conditional() ? ", classes" : "";
  return fmt::format(
      "def forward(self, images{0}):\n"
      "  mu, logvar = self.encode(images{0})\n"
      "  return self.decode(mu{0})\n",
      classes);
}

}  // namespace

void export_torchscript(const fs::path& file, const fs::path& to) {
  const auto model = load_model(file, torch::kCPU);
  const auto& architecture = model->network.architecture();
  torch::jit::Module module("VariationalAutoencoder");
  for (const auto& [name, tensor] : model->network.file_weights())
    module.register_parameter(attribute(name), tensor.clone(), /*is_buffer=*/false);
  module.define(encoder_source(architecture));
  module.define(decoder_source(architecture));
  module.define(forward_source(architecture));
  try {
    module.save(to.string());
  } catch (const c10::Error& problem) {
    throw RunError(
        fmt::format("cannot write {}: {}", to.string(), problem.what_without_backtrace()));
  }
}

}  // namespace smear::vae
