// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "preprocessing.h"
#include "smear/model-kind.h"
#include "training/options.h"

namespace smear::vae {

/// A number that depends on all of these and looks random: what is drawn for an image in an epoch
/// has a generator of its own, so that neither threads nor an interruption can change it.
std::uint64_t seed_of(std::uint64_t seed, const std::vector<std::uint64_t>& path);

/// The images of a training in the model's size, in memory: 196,608 bytes each at 256 px.
class Images {
 public:
  /// Reads those of the training and validation parts. Throws `ConfigError` where there is none to
  /// train on.
  Images(const TrainingData& data, const Preprocessing& preprocessing, TrainingObserver& observer);

  [[nodiscard]] const std::vector<std::size_t>& training() const { return training_; }
  [[nodiscard]] const std::vector<std::size_t>& validation() const { return validation_; }
  /// Item `i` of the data as the network takes it.
  [[nodiscard]] torch::Tensor tensor(std::size_t i) const { return to_tensor(images_[i]); }
  [[nodiscard]] const Image& image(std::size_t i) const { return images_[i]; }

 private:
  std::vector<Image> images_;  // empty for items of the reference part
  std::vector<std::size_t> training_;
  std::vector<std::size_t> validation_;
};

/// The image with the options' random changes, drawn from `seed`.
torch::Tensor augmented(const torch::Tensor& image, const TrainingOptions& options,
                        std::uint64_t seed);

}  // namespace smear::vae
