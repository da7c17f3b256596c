// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "learning/batch-stage.h"
#include "model.h"
#include "smear/reparameterization.h"
#include "smear/stage.h"

/// What the stages share: tensors of a sample, a model that is opened once, and drawing.
namespace smear::vae {

Tensor to_slot(const torch::Tensor& tensor);
/// A slot's tensor; one of shape {n} or {rows, n} comes as {rows, n}. Throws `SampleError` for
/// another shape, naming the slot.
torch::Tensor rows_of(const Tensor& tensor, std::string_view slot);

/// A stage that works with a model, on a device.
class ModelStage : public learning::BatchStage {
 public:
  void open() override;

 protected:
  /// Binds `model`, which must be given, `device` and `precision`.
  void describe_model(OptionSpec& spec);
  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] bool has_model() const { return !file_.empty(); }
  [[nodiscard]] Precision precision() const { return precision_; }

  /// The samples' images as the network takes them.
  [[nodiscard]] std::vector<torch::Tensor> inputs_of(std::span<Sample*> samples) const;
  /// Latents of the model's dimension, on its device. Throws `SampleError`.
  [[nodiscard]] torch::Tensor latents_of(const Sample& sample, std::string_view slot) const;

  std::string file_;

 private:
  Precision precision_ = Precision::float32;
  std::shared_ptr<const Model> model_;
};

/// A reparameterization as an option of a stage.
class Sampler {
 public:
  /// `fallback` is the function where none is given.
  explicit Sampler(std::string fallback) { function_.name = std::move(fallback); }
  void describe(OptionSpec& spec);
  /// With the model's latent dimension and trained parameters. Throws `ConfigError`.
  void open(const Model& model);
  /// Throws `ConfigError` where it has trained parameters, which only a model can give.
  void open_without_model();

  /// Draws {rows, latent} from one posterior {1, latent}, repeated `rows` times.
  [[nodiscard]] Reparameterization::Draw draw(const torch::Tensor& mu, const torch::Tensor& logvar,
                                              std::int64_t rows, const SampleId& id,
                                              const RunContext& run) const;
  /// Draws {rows, latent} from the function's prior; `like` {1, latent} tells the latents' number,
  /// type and device.
  [[nodiscard]] torch::Tensor draw_from_prior(const torch::Tensor& like, std::int64_t rows,
                                              const SampleId& id, const RunContext& run) const;

 private:
  /// `work` with the function, prepared for latents as `like`, and the sample's generator.
  template <typename Work>
  auto with_function(const torch::Tensor& like, const SampleId& id, const RunContext& run,
                     const Work& work) const;
  [[nodiscard]] Reparameterization& function() const;
  void prepare(std::int64_t latent, const torch::Device& device) const;

  ReparameterizationChoice function_;
  bool of_model_ = false;
  mutable std::mutex mutex_;
  mutable std::int64_t prepared_ = 0;
};

}  // namespace smear::vae
