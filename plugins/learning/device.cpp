// SPDX-License-Identifier: Apache-2.0
#include "learning/device.h"

#include <fmt/format.h>
#include <torch/cuda.h>

#include "smear/errors.h"

namespace smear::learning {

torch::Device device_of(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  torch::Device device(torch::kCPU);
  try {
    device = torch::Device(name);
  } catch (const c10::Error&) {
    throw ConfigError(fmt::format("device must be cpu, cuda or cuda:N, got '{}'", name));
  }
  if (!device.is_cuda())
    throw ConfigError(fmt::format("device must be cpu, cuda or cuda:N, got '{}'", name));
  if (!torch::cuda::is_available())
    throw ConfigError(fmt::format(
        "device '{}' is not there: {}; use device cpu", name,
        torch::hasCUDA() ? "LibTorch finds no GPU"
                         : "this LibTorch is built without CUDA (Debian's is); build Smearkit "
                           "against one with it"));
  const auto count = torch::cuda::device_count();
  if (device.has_index() && static_cast<std::size_t>(device.index()) >= count)
    throw ConfigError(fmt::format("device '{}' is not there: LibTorch finds {}", name, count));
  return device;
}

}  // namespace smear::learning
