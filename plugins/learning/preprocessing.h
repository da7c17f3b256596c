// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "smear/image.h"

namespace smear::learning {

/// What is done to an image before the encoder sees it: scaled to `size` x `size` as Pillow's
/// BILINEAR does (to the bit), then divided by 255.
/// The aspect ratio is not kept. Part of a model file.
struct Preprocessing {
  std::int64_t size = 256;
  /// The share of width and height of the lower right corner that is painted over in grey, after
  /// scaling: data sets burn a scale bar there, which may tell the class. 0 leaves it.
  double blank_corner = 0.0;

  [[nodiscard]] std::string to_json() const;
  /// Throws `PluginError` for a text that is none, or of steps that this version does not know.
  static Preprocessing from_json(const std::string& text);
};

/// The image in the model's size. Throws `SampleError` for one that is not rgb8.
Image fitted(const Image& image, const Preprocessing& preprocessing);

/// {1, 3, rows, columns} floats in [0, 1], channels-last, of an rgb8 image.
torch::Tensor to_tensor(const Image& image);

/// The rgb8 image of {1, 3, rows, columns} floats, rounded to the nearest of 0..255.
Image to_image(const torch::Tensor& tensor);

/// Images of one size beside each other, in rows of at most `columns`; white where there is none.
Image montage(const std::vector<Image>& images, int columns);

}  // namespace smear::learning
