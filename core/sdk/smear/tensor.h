// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace smear {

/// A dense row-major array of 32-bit floats, such as the posterior's `mu` (shape {latent}).
/// `values.size()` is the product of `shape`.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

}  // namespace smear
