// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "architecture.h"
#include "learning/augmentation.h"
#include "learning/loop-options.h"
#include "smear/options.h"

namespace smear::classifier {

/// What a user sets of a classifier's training.
struct TrainingOptions : learning::LoopOptions, learning::Augmentation {
  TrainingOptions();

  std::int64_t image_size = 64;
  std::vector<double> filters{16, 32, 64, 128};
  double slope = 0.1;
  double weight_decay = 0.01;
  double dropout = 0.2;
  double label_smoothing = 0.0;
  bool balance = true;
  double blank_corner = 0.15;

  void describe(OptionSpec& spec);
  /// Throws `ConfigError` for values that do not go together.
  void check() const;
  [[nodiscard]] Architecture architecture(const std::vector<std::string>& classes) const;
};

}  // namespace smear::classifier
