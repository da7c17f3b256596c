// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace smear::imagej {

/// Red, green and blue of 0..255 as hue (0..1, a turn), saturation and brightness (both 0..1), in
/// 32-bit float as Java's `java.awt.Color.RGBtoHSB` does it. Greys have hue and saturation 0.
void rgb_to_hsb(const std::uint8_t rgb[3], float hsb[3]);

/// The way back, `java.awt.Color.HSBtoRGB`: only the fraction of the hue counts.
void hsb_to_rgb(const float hsb[3], std::uint8_t rgb[3]);

/// The three channels of an RGB plane (CV_8UC3) as bytes: hue, saturation and brightness times 255,
/// truncated. `hsb` gets three CV_8UC1 matrices.
void split_hsb(const cv::Mat& rgb, cv::Mat hsb[3]);

/// An RGB plane (CV_8UC3) of hue, saturation and brightness as bytes (three CV_8UC1 of one size).
cv::Mat merge_hsb(const cv::Mat hsb[3]);

}  // namespace smear::imagej
