// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "architecture.h"
#include "learning/parameter.h"
#include "precision.h"

namespace smear::vae {

/// The approximate posterior N(mu, exp(logvar)) of each row; both {rows, latent}.
struct Posterior {
  torch::Tensor mu;
  torch::Tensor logvar;
};

using learning::Dropout;
using learning::Parameter;

/// The variational autoencoder's layers and their weights.
///
/// Images are {n, 3, size, size} floats in [0, 1], channels-last. Feature rows are {n, features},
/// flattened as {rows, columns, channels}, so that nothing is moved between convolutions and fully
/// connected layers. `classes` are positions in the architecture's list, one a row, int64; they are
/// undefined for a model that is not conditional.
class Network {
 public:
  /// Weights are zero until they are initialized or set.
  Network(Architecture architecture, const torch::Device& device);

  [[nodiscard]] const Architecture& architecture() const { return architecture_; }
  [[nodiscard]] const torch::Device& device() const { return device_; }

  /// Kaiming's normal initialization for leaky ReLUs; biases zero.
  void initialize(torch::Generator generator);

  /// Everything that is trained, in a fixed order. The values share storage with the network's.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  [[nodiscard]] std::vector<torch::Tensor> encoder_parameters() const;  ///< of `features`
  [[nodiscard]] std::vector<torch::Tensor> dense_parameters() const;    ///< of the two below
  [[nodiscard]] std::vector<torch::Tensor> decoder_parameters() const;  ///< of `logits`

  /// The weights in the layout of model files (see `weight_shapes`), on the CPU.
  [[nodiscard]] std::vector<std::pair<std::string, torch::Tensor>> file_weights() const;
  /// Takes one of them; its shape is that of `weight_shapes`.
  void set_file_weight(const std::string& name, const torch::Tensor& value);

  // The parts, differentiable.
  [[nodiscard]] torch::Tensor features(const torch::Tensor& images, const torch::Tensor& classes,
                                       Precision precision = Precision::float32,
                                       const Dropout& dropout = {}) const;
  [[nodiscard]] Posterior posterior(const torch::Tensor& features) const;
  [[nodiscard]] torch::Tensor feature_map(const torch::Tensor& z,
                                          const torch::Tensor& classes) const;
  /// The image before its sigmoid. `kernels` as `last_kernels` gives, made once for many images.
  [[nodiscard]] torch::Tensor logits(const torch::Tensor& feature_map, const torch::Tensor& kernels,
                                     Precision precision = Precision::float32,
                                     const Dropout& dropout = {}) const;
  [[nodiscard]] torch::Tensor last_kernels() const;

  // The whole, without gradients, image by image on the threads of the calling oneTBB arena. A row
  // depends on its own input alone, to the bit.
  [[nodiscard]] Posterior encode(const std::vector<torch::Tensor>& images,
                                 const torch::Tensor& classes,
                                 Precision precision = Precision::float32) const;
  /// Images {1, 3, size, size} in [0, 1], one a row of `z`.
  [[nodiscard]] std::vector<torch::Tensor> decode(const torch::Tensor& z,
                                                  const torch::Tensor& classes,
                                                  Precision precision = Precision::float32) const;

 private:
  torch::Tensor& add(std::string name, std::vector<std::int64_t> shape);
  [[nodiscard]] torch::Tensor value(const std::string& name) const;

  Architecture architecture_;
  torch::Device device_;
  std::vector<Parameter> parameters_;
  std::vector<torch::Tensor> encoder_weights_;
  std::vector<torch::Tensor> encoder_biases_;
  torch::Tensor encoder_condition_;  // {classes, filters[0]}
  torch::Tensor posterior_weight_;   // {2 latent, features}: mu, then logvar
  torch::Tensor posterior_bias_;
  torch::Tensor dense_weight_;  // {latent, features}
  torch::Tensor dense_bias_;
  torch::Tensor decoder_condition_;  // {classes, features}
  std::vector<torch::Tensor> decoder_weights_;
  std::vector<torch::Tensor> decoder_biases_;
};

}  // namespace smear::vae
