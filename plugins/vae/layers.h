// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include "precision.h"

/// The network's layers, in the forms that are fast on the CPU; elsewhere LibTorch's own.
/// All are differentiable in every tensor argument.
///
/// Feature maps are {1, channels, rows, columns} in channels-last layout: one image at a time stays
/// in the cache, oneDNN works on that layout without reordering, and a result cannot depend on the
/// other images of a batch.
namespace smear::vae {

/// 3x3 convolution, stride 2, padding 1. `weight` {out, in, 3, 3}, `bias` {out}.
torch::Tensor convolve(const torch::Tensor& input, const torch::Tensor& weight,
                       const torch::Tensor& bias, Precision precision = Precision::float32);

/// 3x3 transposed convolution, stride 2, padding 1, output padding 1: twice the size.
/// `weight` {in, out, 3, 3}, `bias` {out}.
torch::Tensor convolve_transposed(const torch::Tensor& input, const torch::Tensor& weight,
                                  const torch::Tensor& bias,
                                  Precision precision = Precision::float32);

/// The kernels {4 out, in, 2, 2} with which one ordinary convolution gives all four phases (even
/// and odd rows and columns) of such a transposed convolution, channel c's at 4 c + 2 row + column.
torch::Tensor phase_kernels(const torch::Tensor& weight);

/// The transposed convolution of these kernels, `bias` {out}. For few output channels (an image),
/// where oneDNN's own runs at a tenth of its speed.
torch::Tensor convolve_phases(const torch::Tensor& input, const torch::Tensor& kernels,
                              const torch::Tensor& bias);

/// {rows, features} and {units, features} to {rows, units}: few[r][u] = sum_f many[r][f] w[u][f].
torch::Tensor reduce_features(const torch::Tensor& many, const torch::Tensor& weight);

/// {rows, units} and {units, features} to {rows, features}: many[r][f] = sum_u few[r][u] w[u][f].
torch::Tensor expand_features(const torch::Tensor& few, const torch::Tensor& weight);

}  // namespace smear::vae
