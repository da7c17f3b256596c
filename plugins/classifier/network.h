// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "architecture.h"
#include "learning/parameter.h"

namespace smear::classifier {

/// The classifier's layers and their weights.
class Network {
 public:
  /// Weights are zero until they are initialized or set.
  Network(Architecture architecture, const torch::Device& device);

  [[nodiscard]] const Architecture& architecture() const { return architecture_; }
  [[nodiscard]] const torch::Device& device() const { return device_; }

  /// Kaiming's normal initialization for leaky ReLUs; a head of zeros, so that all classes begin
  /// alike.
  void initialize(torch::Generator generator);

  /// Everything that is trained, in the order of `Architecture::weights`. The values share storage
  /// with the network's.
  [[nodiscard]] const std::vector<learning::Parameter>& parameters() const { return parameters_; }
  /// Takes a parameter's value, of its shape.
  void set(const std::string& name, const torch::Tensor& value);

  /// {n, classes} of images {n, 3, size, size} in [0, 1], channels-last; differentiable. The
  /// softmax of a row are its probabilities.
  [[nodiscard]] torch::Tensor logits(const torch::Tensor& images,
                                     const learning::Dropout& dropout = {}) const;

  /// The probabilities of the classes, {n, classes} float64 on the CPU, without gradients: image by
  /// image on the threads of the calling oneTBB arena. A row depends on its own image alone.
  [[nodiscard]] torch::Tensor probabilities(const std::vector<torch::Tensor>& images) const;

 private:
  Architecture architecture_;
  torch::Device device_;
  std::vector<learning::Parameter> parameters_;
};

}  // namespace smear::classifier
