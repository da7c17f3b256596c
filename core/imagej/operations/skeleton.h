// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace smear::imagej {

/// Thins the objects of a binary matrix (CV_8UC1 of 0 and 255, `object` being one of them) to lines
/// one pixel wide, as ImageJ's Skeletonize does. Beyond the edge of the matrix is background.
void skeletonize(cv::Mat& pixels, std::uint8_t object);

}  // namespace smear::imagej
