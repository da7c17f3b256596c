// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "learning/model-file.h"
#include "learning/preprocessing.h"
#include "network.h"
#include "reconstruction-loss.h"
#include "smear/reparameterization.h"

namespace smear::vae {

using learning::Preprocessing;

/// A trained autoencoder, as a file holds it.
struct Model {
  Model(Architecture architecture, const torch::Device& device)
      : network(std::move(architecture), device) {}

  Network network;
  Preprocessing preprocessing;
  ReconstructionLoss loss = ReconstructionLoss::squared_error;
  /// What was sampled with in training, and its trained parameters, if it has any.
  std::string reparameterization = "standard";
  std::vector<Reparameterization::Parameter> reparameterization_parameters;
  /// The mean of mu over the images of each class that the training met, {latent}.
  std::map<std::string, torch::Tensor> class_means;
  /// Inputs above their reconstructions, for people; undefined where there is none.
  torch::Tensor preview;  // {rows, columns, 3}, uint8
  /// All else that is known: options, training, provenance.
  safetensors::Metadata metadata;

  /// The class's mean. Throws `ConfigError` that names those there are.
  [[nodiscard]] const torch::Tensor& class_mean(const std::string& name) const;
  /// The positions of `classes` as `Network` takes them: `name` for each of `rows`; undefined for a
  /// model that is not conditional. Throws `ConfigError` for a name that is missing or too much.
  [[nodiscard]] torch::Tensor classes(const std::string& name, std::int64_t rows) const;
  /// Gives the trained parameters to a reparameterization of this name that is prepared. Throws
  /// `ConfigError` where it is another one that has parameters, or of other shapes.
  void install_parameters(const std::string& name, const Reparameterization& to) const;
};

/// Throws `PluginError` with the reason where the file is refused: before any weight is allocated,
/// its header, architecture and every shape are checked.
std::shared_ptr<const Model> load_model(const std::filesystem::path& file,
                                        const torch::Device& device);

/// The same, shared with whoever has the file open already: the stages of a pipeline name it each.
std::shared_ptr<const Model> shared_model(const std::filesystem::path& file,
                                          const torch::Device& device);

/// Writes the file whole or not at all. Throws `RunError`.
void save_model(const Model& model, const std::filesystem::path& file);

}  // namespace smear::vae
