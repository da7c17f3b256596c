// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace smear::imagej {

/// ImageJ's Euclidean distance map: how far, in pixels between centres, each pixel of a CV_8UC1
/// matrix is from the nearest one of level `background`; CV_32FC1, 0 in the background.
///
/// Lines of pixels pass the nearest background pixel on to their neighbours, forwards, backwards
/// and then again from the bottom up, which is exact but for rare pixels far (13 and more) from the
/// background, and there wrong as in ImageJ. Beyond the image there is no background; where there
/// is none at all, distances are 46340.95, the root of the greatest int.
cv::Mat distance_map(const cv::Mat& pixels, std::uint8_t background);

}  // namespace smear::imagej
