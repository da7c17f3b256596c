// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace smear::learning {

/// What a seed of a training is for, so that no two uses share one.
enum Purpose : std::uint64_t {
  for_weights,
  for_order,
  for_step,
  for_augmentation,
  for_validation,
  for_pictures,
  for_parameters,
};

/// A number that depends on all of these and looks random: what is drawn for an image in an epoch
/// has a generator of its own, so that neither threads nor an interruption can change it.
std::uint64_t seed_of(std::uint64_t seed, const std::vector<std::uint64_t>& path);

/// A generator of this device's kind with a seed of its own.
inline torch::Generator seeded_generator(const torch::Device& device, std::uint64_t seed) {
  // LibTorch 1.13 leaks what it clones, 5 KB each.
  if (device.is_cpu()) return at::detail::createCPUGenerator(seed);
  auto generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

}  // namespace smear::learning
