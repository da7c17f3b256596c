// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <array>
#include <cmath>

#include "learning/threads.h"

namespace smear::classifier {
namespace {

using torch::Tensor;

constexpr std::size_t layer_parameters = 4;  // of a convolution and its normalization
constexpr std::array<std::int64_t, 2> two{2, 2};
constexpr std::array<std::int64_t, 2> one{1, 1};

}  // namespace

Network::Network(Architecture architecture, const torch::Device& device)
    : architecture_(std::move(architecture)), device_(device) {
  for (const auto& [name, shape] : architecture_.weights())
    parameters_.push_back(learning::zero_parameter(name, shape, device_));
}

void Network::initialize(torch::Generator generator) {
  const torch::NoGradGuard no_gradients;
  const double gain = 2.0 / (1.0 + architecture_.slope * architecture_.slope);
  for (std::size_t i = 0; i < architecture_.filters.size(); ++i) {
    const auto& weight = parameters_[layer_parameters * i].value;
    learning::draw_normal(weight, std::sqrt(gain / (9.0 * static_cast<double>(weight.size(1)))),
                          generator);
    parameters_[layer_parameters * i + 2].value.detach().fill_(1.0);
  }
}

void Network::set(const std::string& name, const Tensor& value) {
  const torch::NoGradGuard no_gradients;
  for (const auto& parameter : parameters_)
    if (parameter.name == name) parameter.value.detach().copy_(value);
}

Tensor Network::logits(const Tensor& images, const learning::Dropout& dropout) const {
  // The ground of a smear is near 1. Where it is not 0, all images begin almost alike, and nothing
  // is learnt for many epochs.
  auto maps = 2.0 * (1.0 - images);
  for (std::size_t i = 0; i < architecture_.filters.size(); ++i) {
    const auto* layer = &parameters_[layer_parameters * i];
    maps = at::conv2d(maps, layer[0].value, layer[1].value, two, one);
    maps = at::group_norm(maps, architecture_.groups(i), layer[2].value, layer[3].value);
    maps = at::leaky_relu(maps, architecture_.slope);
  }
  const auto features = learning::dropped(maps.mean({2, 3}), dropout);
  const auto* head = &parameters_[layer_parameters * architecture_.filters.size()];
  // BLAS promises no order of sums.
  return (features.unsqueeze(1) * head[0].value.unsqueeze(0)).sum(2) + head[1].value;
}

Tensor Network::probabilities(const std::vector<Tensor>& images) const {
  const torch::NoGradGuard no_gradients;
  const auto count = static_cast<std::int64_t>(images.size());
  auto result =
      at::empty({count, static_cast<std::int64_t>(architecture_.classes.size())}, torch::kFloat64);
  learning::for_each_in_parallel(count, [&](std::int64_t i) {
    const auto row = logits(images[static_cast<std::size_t>(i)]).cpu().to(torch::kFloat64);
    result[i].copy_(at::softmax(row, 1).squeeze(0));
  });
  return result;
}

}  // namespace smear::classifier
