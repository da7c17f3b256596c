// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

/// How alike two images are. Both are {n, channels, rows, columns} in [0, 1]; results are {n},
/// differentiable. In single precision, SSIM of nearly flat regions is exact to about 1e-3 only,
/// since variances are differences of squares.
namespace smear::vae {

/// The structural similarity, at most 1: Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on
/// Image Processing 13(4), 2004. Gaussian window of 11 x 11 px and sigma 1.5, K1 = 0.01, K2 = 0.03,
/// where the whole window lies in the image; the mean over places and channels. A smaller image
/// gets the largest odd window that fits.
torch::Tensor ssim(const torch::Tensor& a, const torch::Tensor& b);

/// The multi-scale one, at most 1: Wang, Simoncelli and Bovik, Asilomar Conference 2003. Five
/// scales with the published exponents; where the image is too small for five, as many as fit,
/// their exponents scaled to a sum of 1. Contrast terms below 0 count as 0.
torch::Tensor ms_ssim(const torch::Tensor& a, const torch::Tensor& b);

/// The peak signal-to-noise ratio in dB for a peak of 1; infinite for equal images.
torch::Tensor psnr(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace smear::vae
