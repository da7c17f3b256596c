// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "smear/options.h"

namespace smear::learning {

enum class Schedule { constant, cosine, step };
enum class Keep { best, last };

/// How a training goes on, whatever is trained.
struct LoopOptions {
  std::int64_t epochs = 300;
  std::int64_t batch = 32;
  double learning_rate = 5e-4;
  Schedule schedule = Schedule::constant;
  double warmup = 0.0;
  double final_rate = 0.01;
  std::int64_t step_epochs = 100;
  double step_factor = 0.1;
  double gradient_clip = 0.0;
  std::int64_t patience = 0;
  Keep keep = Keep::best;

  // Bound in parts, so that a kind of model can place its own options between them.
  void describe_length(OptionSpec& spec);         ///< epochs, batch
  void describe_learning_rate(OptionSpec& spec);  ///< up to gradient_clip
  void describe_patience(OptionSpec& spec);
  void describe_keep(OptionSpec& spec);

  /// The learning rate of a step that begins after so many epochs (with their fraction).
  [[nodiscard]] double learning_rate_at(double epoch) const;
};

}  // namespace smear::learning
