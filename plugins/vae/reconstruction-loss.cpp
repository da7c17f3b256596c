// SPDX-License-Identifier: Apache-2.0
#include "reconstruction-loss.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "similarity.h"
#include "smear/errors.h"

namespace smear::vae {
namespace {

constexpr std::array names{std::pair{ReconstructionLoss::squared_error, "mse"},
                           std::pair{ReconstructionLoss::cross_entropy, "cross-entropy"},
                           std::pair{ReconstructionLoss::absolute_error, "l1"},
                           std::pair{ReconstructionLoss::ms_ssim_mix, "ms-ssim-mix"}};

}  // namespace

std::string_view name_of(ReconstructionLoss kind) {
  for (const auto& [value, name] : names)
    if (value == kind) return name;
  return "";
}

ReconstructionLoss reconstruction_loss_of(std::string_view name) {
  for (const auto& [value, known] : names)
    if (known == name) return value;
  throw PluginError(fmt::format("its loss '{}' is not known", name));
}

torch::Tensor reconstruction_loss(ReconstructionLoss kind, const torch::Tensor& logits,
                                  const torch::Tensor& images) {
  switch (kind) {
    case ReconstructionLoss::squared_error:
      return (at::sigmoid(logits) - images).square().sum({1, 2, 3});
    case ReconstructionLoss::cross_entropy:
      // From the logits, as log(y) of a saturated y has no gradient.
      return (at::softplus(logits) - images * logits).sum({1, 2, 3});
    case ReconstructionLoss::absolute_error:
      return (at::sigmoid(logits) - images).abs().sum({1, 2, 3});
    case ReconstructionLoss::ms_ssim_mix: {
      // The share of the absolute error that H. Zhao, O. Gallo, I. Frosio and J. Kautz, Loss
      // functions for image restoration with neural networks, 2017, found best.
      constexpr double share = 0.84;
      const auto outputs = at::sigmoid(logits);
      const auto numbers = static_cast<double>(images.numel() / images.size(0));
      const auto error = (outputs - images).abs().mean({1, 2, 3});
      return numbers * (share * (1.0 - ms_ssim(outputs, images)) + (1.0 - share) * error);
    }
  }
  return {};
}

}  // namespace smear::vae
