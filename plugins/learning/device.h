// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <string>

namespace smear::learning {

/// The device of that name ("cpu", "cuda", "cuda:1"). Throws `ConfigError` for one that is not
/// there, with what to do.
torch::Device device_of(const std::string& name);

}  // namespace smear::learning
