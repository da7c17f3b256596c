// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learning/architecture.h"

namespace smear::classifier {

/// The shape of a classifier: an image x in [0, 1] as 2 (1 - x); 3x3 convolutions with stride 2 and
/// padding 1, each followed by a group normalization and a leaky ReLU; the mean over all places;
/// one fully connected layer.
struct Architecture {
  std::int64_t image_size = 64;  ///< edge of the square RGB images, px
  std::vector<std::int64_t> filters{16, 32, 64, 128};
  double slope = 0.1;  ///< of the leaky ReLU below 0
  std::vector<std::string> classes;

  static constexpr std::int64_t channels = 3;
  static constexpr std::int64_t largest_group = 8;  ///< filters that are normalized together

  bool operator==(const Architecture&) const = default;

  /// Throws `ConfigError` where the sizes are beyond reason, or there are fewer than two classes.
  void check() const;

  /// Groups of the normalization behind convolution `i`.
  [[nodiscard]] std::int64_t groups(std::size_t i) const;
  /// The position of a class. Throws `ConfigError` that names those there are.
  [[nodiscard]] std::int64_t class_index(const std::string& name) const;
  /// Names and shapes of the weights, as in a file: those of a PyTorch module of the same layers.
  [[nodiscard]] std::vector<learning::WeightShape> weights() const;
  [[nodiscard]] std::int64_t parameters() const;

  /// As JSON text, and back. Throws `PluginError` for a text that is no architecture.
  [[nodiscard]] std::string to_json() const;
  static Architecture from_json(const std::string& text);
};

}  // namespace smear::classifier
