// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "smear/options.h"

namespace smear::learning {

/// Random changes to an image in training.
struct Augmentation {
  bool flip = false;        ///< in both directions
  bool rotate = false;      ///< by multiples of 90 degrees
  double brightness = 0.0;  ///< all values times 1 - this to 1 + this
  double stain = 0.0;       ///< each channel's optical density times 1 - this to 1 + this
  double blur = 0.0;        ///< Gaussian, of a sigma of 0 to this, in px

  /// Binds all of them but `blur`.
  void describe(OptionSpec& spec);
  void describe_blur(OptionSpec& spec);
};

/// {1, 3, rows, columns} in [0, 1] with the random changes, drawn from `seed`.
torch::Tensor augmented(const torch::Tensor& image, const Augmentation& options,
                        std::uint64_t seed);

}  // namespace smear::learning
