// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace smear::imagej {

/// Lets areas of level 255 grow over a CV_8UC1 relief, from level 254 down to 1, so that none of
/// them ever meet: what becomes 255 belongs to the area it grew from, and lines of lower levels
/// remain between them. Level 0 is never covered.
void grow_areas(cv::Mat& relief);

/// Divides touching objects of a binary matrix (CV_8UC1 of 0 and 255, `object` being one of them)
/// where their distance map has a saddle: ImageJ's Watershed.
void watershed(cv::Mat& pixels, std::uint8_t object);

}  // namespace smear::imagej
