// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace smear::imagej {

/// Sharpens `values` (CV_32FC1) within `region`, in place: takes `weight` (0..1, below 1) times a
/// Gaussian-blurred copy (standard deviation `sigma`, pixels) away and divides by 1 - `weight`.
void unsharp_mask(cv::Mat& values, const cv::Rect& region, double sigma, float weight);

}  // namespace smear::imagej
