// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <string_view>

namespace smear::vae {

/// What the reconstruction term of the loss is: -log p(x | z) up to constants for the first three.
enum class ReconstructionLoss {
  squared_error,   ///< sum of (x - y)^2: a Gaussian of variance 1/2
  cross_entropy,   ///< sum of -x log y - (1 - x) log(1 - y): a Bernoulli of mean y
  absolute_error,  ///< sum of |x - y|: a Laplacian of scale 1
  ms_ssim_mix,     ///< N (0.84 (1 - MS-SSIM) + 0.16 mean |x - y|) for N numbers: Zhao et al. 2017
};

/// Its name in configs and model files. Throws `PluginError` for a name that is none.
std::string_view name_of(ReconstructionLoss kind);
ReconstructionLoss reconstruction_loss_of(std::string_view name);

/// The loss of each image, summed over its pixels and channels: {n}, in nats where it is a
/// likelihood's. `logits` is the decoder's output before the sigmoid, `images` the truth.
torch::Tensor reconstruction_loss(ReconstructionLoss kind, const torch::Tensor& logits,
                                  const torch::Tensor& images);

}  // namespace smear::vae
