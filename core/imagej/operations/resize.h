// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>

namespace smear::imagej {

/// How values between pixels are found.
enum class Interpolation { none, bilinear, bicubic };

/// "None", "Bilinear" or "Bicubic". Throws `ConfigError` for others.
Interpolation interpolation_named(std::string_view name);

/// The part `region` of a plane of any ImageJ type at another size, both sides at least 1. Pixels
/// around the region count where the result needs them.
///
/// Where `average`, each side that becomes shorter is first reduced by weighted means, in 32-bit
/// float, along rows and then along columns: the weights are a box (none), a triangle (bilinear) or
/// a cubic (bicubic, a = -0.5) as wide as the reduction, pixels beyond the edge being those of the
/// edge. What is left is interpolated, still in float then, at (x - cx) / scale + sx, with sx half
/// the length of the source, cx half that of the result, plus scale / 4 where interpolation changes
/// this side; an image one pixel
/// wide or high is stretched from end to end instead. Whole numbers are rounded half up; without
/// interpolation the place is truncated.
cv::Mat resize(const cv::Mat& pixels, const cv::Rect& region, cv::Size size,
               Interpolation interpolation, bool average);

/// The value of one channel at a place between pixels, in pixel coordinates, clamped to the image:
/// bilinear, or bicubic (Catmull-Rom) where all sixteen pixels lie inside.
double interpolated(const cv::Mat& pixels, int channel, double x, double y, Interpolation how);

}  // namespace smear::imagej
