// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "architecture.h"
#include "learning/augmentation.h"
#include "learning/loop-options.h"
#include "precision.h"
#include "reconstruction-loss.h"
#include "smear/options.h"

namespace smear::vae {

using learning::Keep;
using learning::Schedule;

/// What a user sets of a training; the defaults are the published ones where the publication says,
/// else ours.
struct TrainingOptions : learning::LoopOptions, learning::Augmentation {
  // The published model and training.
  std::int64_t image_size = 256;
  std::vector<double> filters{32, 64, 128, 256};
  std::int64_t latent = 128;

  // What the publication leaves open.
  double slope = 0.2;
  ReconstructionLoss loss = ReconstructionLoss::squared_error;

  // The KL term.
  double kl_weight = 1.0;
  double kl_warmup = 0.0;
  double free_bits = 0.0;
  ReparameterizationChoice reparameterization;
  std::int64_t draws = 1;

  // Against overfitting.
  double encoder_dropout = 0.0;
  double decoder_dropout = 0.0;

  Precision precision = Precision::float32;
  bool conditional = false;
  std::int64_t picture_every = 0;

  void describe(OptionSpec& spec);
  /// Throws `ConfigError` for values that do not go together.
  void check() const;
  /// `classes` are used where the model is conditional.
  [[nodiscard]] Architecture architecture(const std::vector<std::string>& classes) const;

  /// The weight of the KL term.
  [[nodiscard]] double kl_weight_at(double epoch) const;
  /// Whether there are pictures after this epoch, which counts from 0.
  [[nodiscard]] bool pictures_after(std::int64_t epoch) const;
};

}  // namespace smear::vae
