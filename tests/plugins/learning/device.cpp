// SPDX-License-Identifier: Apache-2.0
// Tests that a device is named as LibTorch has it, and that one which is not there is refused.
#include "learning/device.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "smear/errors.h"

namespace smear::learning {
namespace {

TEST(Device, IsNamedAndThere) {
  EXPECT_EQ(device_of("cpu"), torch::Device(torch::kCPU));
  for (const auto* name : {"", "tpu", "cpu:1:2", "mps"})
    EXPECT_THROW((void)device_of(name), ConfigError) << name;
  if (torch::cuda::is_available()) {
    EXPECT_TRUE(device_of("cuda").is_cuda());
  } else {
    EXPECT_THROW((void)device_of("cuda"), ConfigError);
  }
}

}  // namespace
}  // namespace smear::learning
