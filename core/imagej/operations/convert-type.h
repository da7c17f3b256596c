// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

#include "imagej/image-plus.h"

namespace smear::imagej {

/// Grey of an RGB plane (CV_8UC3, red first) as CV_8UC1: the weighted sum of the channels in
/// double, +0.5, truncated. The weights are thirds, or 0.299, 0.587 and 0.114 where `weighted`.
cv::Mat rgb_to_grey8(const cv::Mat& rgb, bool weighted = false);

/// The same sum, not rounded, as CV_32FC1.
cv::Mat rgb_to_grey32(const cv::Mat& rgb, bool weighted = false);

/// A CV_16UC1 plane as CV_8UC1. Where `scale`, what is shown as black becomes 0 and what is shown
/// as white 255: (value - min) * 256 / (max - min + 1) + 0.5, truncated, with the range's ends cut
/// to whole numbers. Else values above 255 become 255.
cv::Mat grey16_to_grey8(const cv::Mat& pixels, const DisplayRange& range, bool scale = true);

/// A CV_32FC1 plane as CV_8UC1: where `scale` (value - min) * 255 / (max - min) + 0.5, truncated;
/// else the value itself, so rounded. NaN becomes 0.
cv::Mat grey32_to_grey8(const cv::Mat& pixels, const DisplayRange& range, bool scale = true);

/// A CV_32FC1 plane as CV_16UC1, likewise with 65535 in place of 255.
cv::Mat grey32_to_grey16(const cv::Mat& pixels, const DisplayRange& range, bool scale = true);

/// A plane of any grey type as another, as ImageJ's "8-bit", "16-bit" and "32-bit" do: wider types
/// take the values over, narrower ones scale the display range (see above). `to` is one of grey8,
/// grey16 and grey32.
cv::Mat convert_grey(const cv::Mat& pixels, ImageType to, const DisplayRange& range,
                     bool scale = true);

/// The colours that 256 levels are shown in when `range` is stretched over the table.
Lut stretched(const Lut& lut, const DisplayRange& range);

/// The colours in which an 8-bit image is shown: its table, stretched over its display range.
Lut shown_lut(const ImagePlus& image);

/// A grey plane in the colours it is shown in, CV_8UC3: 8-bit through `lut` as it stands; 16 and 32
/// bits are first scaled to 8 bits by `range`.
cv::Mat grey_to_rgb(const cv::Mat& pixels, const DisplayRange& range, const Lut& lut);

/// The pixel value that `image` shows most nearly in a colour (ARGB): red, green and blue of RGB
/// images; of 8 bits the level of the nearest displayed colour, the lowest of several; of 16 and 32
/// bits min + (max - min) * level / 255 of the display range, truncated for 16 bits, or 0 for black
/// where min is above 0.
cv::Scalar value_of_colour(const ImagePlus& image, std::uint32_t argb);

/// The same to paint with: 16 and 32-bit images that show 0..0, as all zeros do, show 0..255 from
/// then on, unless black makes it 0.
cv::Scalar painted_value(ImagePlus& image, std::uint32_t argb);

}  // namespace smear::imagej
