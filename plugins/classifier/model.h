// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>

#include "learning/preprocessing.h"
#include "network.h"
#include "safetensors/safetensors.h"

namespace smear::classifier {

/// A trained classifier, as a file holds it.
struct Model {
  Model(Architecture architecture, const torch::Device& device)
      : network(std::move(architecture), device) {}

  Network network;
  learning::Preprocessing preprocessing;
  /// All else that is known: options, training, provenance.
  safetensors::Metadata metadata;
};

/// Throws `PluginError` with the reason where the file is refused: before any weight is allocated,
/// its header, architecture and every shape are checked.
std::shared_ptr<const Model> load_model(const std::filesystem::path& file,
                                        const torch::Device& device);

/// The same, shared with whoever has the file open already.
std::shared_ptr<const Model> shared_model(const std::filesystem::path& file,
                                          const torch::Device& device);

/// Writes the file whole or not at all. Throws `RunError`.
void save_model(const Model& model, const std::filesystem::path& file);

}  // namespace smear::classifier
