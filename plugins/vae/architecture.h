// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learning/architecture.h"

namespace smear::vae {

/// The shape of a variational autoencoder; the defaults are the published model.
///
/// Encoder: 3x3 convolutions, stride 2, padding 1, each followed by a leaky ReLU, then one fully
/// connected layer each for mu and logvar. Decoder: a fully connected layer, a leaky ReLU, then the
/// encoder's convolutions mirrored as transposed ones (3x3, stride 2, padding 1, output padding 1)
/// with leaky ReLUs between; the last one's output goes through a sigmoid into [0, 1].
struct Architecture {
  std::int64_t image_size = 256;  ///< edge of the square RGB images, px
  std::vector<std::int64_t> filters{32, 64, 128, 256};
  std::int64_t latent = 128;
  double slope = 0.2;  ///< of the leaky ReLU below 0
  /// Of a class-conditional model: encoder and decoder are told the class. Empty for others.
  std::vector<std::string> classes;

  static constexpr std::int64_t channels = 3;

  bool operator==(const Architecture&) const = default;

  /// Throws `ConfigError` where the sizes do not fit each other or are beyond reason.
  void check() const;

  [[nodiscard]] std::int64_t feature_edge() const;  ///< of the innermost feature map, px
  [[nodiscard]] std::int64_t features() const;      ///< numbers in it
  [[nodiscard]] bool conditional() const { return !classes.empty(); }
  /// The position of a class. Throws `ConfigError` that names those there are.
  [[nodiscard]] std::int64_t class_index(const std::string& name) const;
  /// Its parameters in all.
  [[nodiscard]] std::int64_t parameters() const;

  /// As JSON text, and back. Throws `PluginError` for a text that is no architecture.
  [[nodiscard]] std::string to_json() const;
  static Architecture from_json(const std::string& text);
};

/// Its weights as they are in a model file: encoder.0.weight, encoder.mu.weight,
/// decoder.dense.weight, decoder.0.weight, ... Features are flattened as {channels, rows, columns}.
std::vector<learning::WeightShape> weight_shapes(const Architecture& architecture);

}  // namespace smear::vae
