// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace smear::learning {

/// A trainable tensor in the layout that is computed with.
struct Parameter {
  std::string name;
  torch::Tensor value;
};

/// A parameter of zeros that is trained; kernels of convolutions lie channels-last.
Parameter zero_parameter(std::string name, const std::vector<std::int64_t>& shape,
                         const torch::Device& device);

/// Fills the weight with normal numbers of mean 0. Drawn in the file's order, so that the layout in
/// memory does not decide the weights.
void draw_normal(const torch::Tensor& weight, double deviation, const torch::Generator& generator);

/// Random zeros in training. `rate` 0 leaves everything as it is.
struct Dropout {
  double rate = 0.0;
  torch::Generator generator;
};

/// The input with that share of its numbers set to 0, the others scaled up as much.
inline torch::Tensor dropped(const torch::Tensor& input, const Dropout& dropout) {
  if (dropout.rate == 0.0) return input;
  const double kept = 1.0 - dropout.rate;
  return input * at::empty_like(input).bernoulli_(kept, dropout.generator).div_(kept);
}

}  // namespace smear::learning
