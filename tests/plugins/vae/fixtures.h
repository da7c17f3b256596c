// SPDX-License-Identifier: Apache-2.0
// Reparameterizations for the tests of training.
#pragma once

#include <smear/reparameterization.h>

#include <memory>

#include "../learning/fixtures.h"
#include "training/options.h"

namespace smear::vae::test {

/// z = mu + exp(logvar / 2) eps.
class Standard final : public Reparameterization {
 public:
  void describe(OptionSpec& /*spec*/) override {}
  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& logvar,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu + (0.5 * logvar).exp() * noise_like(mu, generator);
  }
};

/// z = mu + exp(scale) eps with a trained scale.
class Scaled final : public Reparameterization {
 public:
  void describe(OptionSpec& /*spec*/) override {}
  void prepare(std::int64_t latent, const torch::Device& device) override {
    scale_ = torch::full({latent}, -1.0, torch::TensorOptions().device(device));
    scale_.requires_grad_(true);
  }
  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& /*logvar*/,
                       const torch::Generator& generator,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu + scale_.exp() * noise_like(mu, generator);
  }
  std::vector<Parameter> parameters() const override { return {{"scale", scale_}}; }

 private:
  torch::Tensor scale_;
};

/// z = mu, without noise.
class Mean final : public Reparameterization {
 public:
  void describe(OptionSpec& /*spec*/) override {}
  torch::Tensor sample(const torch::Tensor& mu, const torch::Tensor& /*logvar*/,
                       const torch::Generator& /*generator*/,
                       std::optional<std::int64_t> /*epoch*/) const override {
    return mu.clone();
  }
};

using learning::test::Discs;
using learning::test::Folder;
using learning::test::Watcher;

/// A model that trains in a moment.
inline TrainingOptions small_options() {
  TrainingOptions options;
  options.image_size = 32;
  options.filters = {4, 8, 16};
  options.latent = 6;
  options.batch = 8;
  options.epochs = 3;
  options.learning_rate = 0.002;
  return options;
}

}  // namespace smear::vae::test
