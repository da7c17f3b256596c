// SPDX-License-Identifier: Apache-2.0
#include "training/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "smear/errors.h"

namespace smear::vae {

void TrainingOptions::describe(OptionSpec& spec) {
  spec.integer("image_size", image_size)
      .range(2, 2048)
      .unit("px")
      .help("Edge of the square images that the model works on; others are scaled.");
  spec.reals("filters", filters)
      .range(1, 4096)
      .length(1, 8)
      .help("Filters of the encoder's convolutions; the decoder's are the same, mirrored.");
  spec.integer("latent", latent).range(1, 65536).help("Dimensions of the latent z.");
  describe_length(spec);
  spec.real("slope", slope).range(0.0, 0.99).help("Of the leaky ReLU below 0.");
  spec.choice(
          "loss", loss,
          {{ReconstructionLoss::squared_error, "mse", "sum of squared errors"},
           {ReconstructionLoss::cross_entropy, "cross-entropy", "sum of binary cross-entropies"},
           {ReconstructionLoss::absolute_error, "l1", "sum of absolute errors"},
           {ReconstructionLoss::ms_ssim_mix, "ms-ssim-mix",
            "0.84 (1 - MS-SSIM) + 0.16 mean absolute error, times the numbers of an image"}})
      .help("Reconstruction term: summed over pixels and channels, mean over the batch.");
  describe_learning_rate(spec);
  spec.real("kl_weight", kl_weight).range(0.0, 1e6).help("Weight of the KL term (beta).");
  spec.real("kl_warmup", kl_warmup)
      .range(0.0, 1e6)
      .unit("epochs")
      .help("That weight rises linearly from 0 over so many epochs.");
  spec.real("free_bits", free_bits)
      .range(0.0, 1e6)
      .unit("nats")
      .help(
          "The mean over the batch of each term of the KL costs at least this (Kingma et al. "
          "2016).");
  spec.reparameterization("reparameterization", reparameterization)
      .help("How z is drawn in training; `smear help NAME` tells its options.");
  spec.integer("draws", draws).range(1, 256).help("How many z of each image in a step.");
  spec.real("encoder_dropout", encoder_dropout)
      .range(0.0, 0.95)
      .help("Share of the encoder's activations that are set to 0 in training.");
  spec.real("decoder_dropout", decoder_dropout).range(0.0, 0.95).help("The same of the decoder's.");
  Augmentation::describe(spec);
  describe_patience(spec);
  describe_precision(spec, precision);
  spec.boolean("conditional", conditional)
      .help("Tell encoder and decoder the class, so that one image can be decoded as each.");
  describe_keep(spec);
  spec.integer("picture_every", picture_every)
      .range(0, 1000000)
      .unit("epochs")
      .help("Reconstructions and samples for the report; 0 is ten times in all.");
}

void TrainingOptions::check() const {
  for (const double count : filters)
    if (count != std::floor(count))
      throw ConfigError(fmt::format("filters must be whole numbers, got {}", count));
  architecture({}).check();
  if (draws > 1 && batch * draws > 65536)
    throw ConfigError(
        fmt::format("batch times draws must be at most 65536, got {}", batch * draws));
}

Architecture TrainingOptions::architecture(const std::vector<std::string>& classes) const {
  Architecture result;
  result.image_size = image_size;
  result.filters.assign(filters.begin(), filters.end());
  result.latent = latent;
  result.slope = slope;
  if (conditional) result.classes = classes;
  return result;
}

double TrainingOptions::kl_weight_at(double epoch) const {
  return kl_warmup > 0.0 ? kl_weight * std::min(1.0, epoch / kl_warmup) : kl_weight;
}

bool TrainingOptions::pictures_after(std::int64_t epoch) const {
  const auto every = picture_every > 0 ? picture_every : std::max<std::int64_t>(1, epochs / 10);
  return (epoch + 1) % every == 0 || epoch == 0 || epoch + 1 == epochs;
}

}  // namespace smear::vae
