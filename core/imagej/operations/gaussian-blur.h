// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace smear::imagej {

/// How far ImageJ follows the bell curve: the weight, relative to the middle, at which it ends.
inline constexpr double gaussian_accuracy_8_bit = 0.002;   ///< of 8-bit and RGB images
inline constexpr double gaussian_accuracy_deep = 0.0002;   ///< of 16-bit and 32-bit images
inline constexpr double gaussian_accuracy_unsharp = 0.01;  ///< inside Unsharp Mask

/// Blurs `values` (CV_32FC1) within `region` by a Gaussian of the given standard deviations
/// (pixels; 0 leaves a direction alone), in place and in 32-bit float exactly as ImageJ: first
/// along x, then along y, the image being continued by its edge pixels. Pixels around `region` are
/// read but not changed. Above 8.5 pixels a line is shrunk, blurred and enlarged again.
void gaussian_blur(cv::Mat& values, const cv::Rect& region, double sigma_x, double sigma_y,
                   double accuracy);

/// The accuracy that ImageJ uses for pixels of a matrix depth: CV_8U, CV_16U or CV_32F.
double gaussian_accuracy(int depth);

}  // namespace smear::imagej
