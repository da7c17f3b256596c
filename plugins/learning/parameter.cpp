// SPDX-License-Identifier: Apache-2.0
#include "learning/parameter.h"

namespace smear::learning {

Parameter zero_parameter(std::string name, const std::vector<std::int64_t>& shape,
                         const torch::Device& device) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  auto value = shape.size() == 4
                   ? at::empty(shape, options, torch::MemoryFormat::ChannelsLast).zero_()
                   : at::zeros(shape, options);
  value.requires_grad_(true);
  return {std::move(name), std::move(value)};
}

void draw_normal(const torch::Tensor& weight, double deviation, const torch::Generator& generator) {
  const torch::NoGradGuard no_gradients;
  weight.detach().copy_(at::randn(weight.sizes(), generator, torch::kFloat32).mul_(deviation));
}

}  // namespace smear::learning
