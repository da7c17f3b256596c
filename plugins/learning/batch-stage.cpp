// SPDX-License-Identifier: Apache-2.0
#include "learning/batch-stage.h"

#include "learning/device.h"
#include "learning/threads.h"

namespace smear::learning {

void BatchStage::process(Sample& sample, const RunContext& run) const {
  Sample* one = &sample;
  process_batch(std::span(&one, 1), run);
}

void BatchStage::describe_device(OptionSpec& spec) {
  spec.text("device", device_name_)
      .help("Where to compute: cpu, or cuda or cuda:N where LibTorch has it.");
}

torch::Device BatchStage::device() const { return device_of(device_name_); }

std::vector<torch::Tensor> BatchStage::inputs_of(std::span<Sample*> samples,
                                                 const Preprocessing& preprocessing,
                                                 const torch::Device& device) {
  std::vector<torch::Tensor> inputs(samples.size());
  for_each_in_parallel(std::ssize(samples), [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    inputs[at] = to_tensor(fitted(samples[at]->image("image"), preprocessing)).to(device);
  });
  return inputs;
}

}  // namespace smear::learning
