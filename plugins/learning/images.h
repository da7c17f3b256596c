// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "learning/preprocessing.h"
#include "smear/model-kind.h"

namespace smear::learning {

/// The classes that the data has images of to train on or hold out, in its order.
std::vector<std::string> trained_classes(const TrainingData& data);

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

}  // namespace smear::learning
