// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <span>
#include <string>
#include <vector>

#include "learning/preprocessing.h"
#include "smear/stage.h"

namespace smear::learning {

/// How many samples the stages work on at a time.
inline constexpr std::size_t stage_batch = 32;

/// A stage that works on batches, on a device. A subclass overrides `process_batch`.
class BatchStage : public Stage {
 public:
  [[nodiscard]] std::size_t preferred_batch() const override { return stage_batch; }
  void process(Sample& sample, const RunContext& run) const override;

 protected:
  /// Binds `device`.
  void describe_device(OptionSpec& spec);
  /// The device that was asked for. Throws `ConfigError`.
  [[nodiscard]] torch::Device device() const;
  /// The slot `image` of each sample, prepared and on the device.
  [[nodiscard]] static std::vector<torch::Tensor> inputs_of(std::span<Sample*> samples,
                                                            const Preprocessing& preprocessing,
                                                            const torch::Device& device);

 private:
  std::string device_name_ = "cpu";
};

}  // namespace smear::learning
