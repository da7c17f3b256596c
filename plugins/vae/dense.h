// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The three products of a fully connected layer between few rows (a batch) and very long columns
/// (a feature map), on the CPU.
///
/// They are ours because a result must not depend on what else is in the batch, to the bit: each
/// element is summed in an order that depends on the layer's sizes alone, which no BLAS promises.
/// They also need no BLAS, of which Debian's LibTorch may find the slow reference one. All matrices
/// are dense and row-major: `weights` is {units, features}, `few` is {rows, units} and `many` is
/// {rows, features}. Each call uses the threads of the calling oneTBB arena.
namespace smear::vae::dense {

struct Sizes {
  std::int64_t rows = 0;
  std::int64_t units = 0;     ///< the short side, such as the latent's
  std::int64_t features = 0;  ///< the long side, a multiple of 16
};

/// few[r][u] = sum over f of many[r][f] weights[u][f]
void reduce(const Sizes& sizes, const float* many, const float* weights, float* few);

/// many[r][f] = sum over u of few[r][u] weights[u][f]
void expand(const Sizes& sizes, const float* few, const float* weights, float* many);

/// weights[u][f] = sum over r of few[r][u] many[r][f]
void correlate(const Sizes& sizes, const float* few, const float* many, float* weights);

}  // namespace smear::vae::dense
