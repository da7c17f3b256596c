// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <vector>

#include "smear/image.h"

/// What every format's reader does with the pixels it found.
namespace smear::codec {

/// Throws `SampleError` for more pixels than `max_pixels`.
void check_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels);

/// The calibration that resolution fields mean, or nothing where they hold a screen or print
/// default: pixels of smears are far below 10 um, and 1200 dpi is 21 um.
std::optional<PixelSize> calibration(double x_um, double y_um);

/// The pixels without their last channel, which must be opaque everywhere (8 or 16 bits). Throws
/// `SampleError` for transparency.
cv::Mat without_alpha(const cv::Mat& pixels);

/// Whether all colours are grey, so that one channel holds them.
bool is_grey(const std::vector<cv::Vec3b>& palette);

/// Each index replaced by its colour: rgb8, or grey8 where all colours of the palette are grey.
/// Throws `SampleError` for an index beyond the palette.
cv::Mat expand_palette(const cv::Mat& indices, const std::vector<cv::Vec3b>& palette);

/// Turns stored pixels upright; `orientation` is EXIF's and TIFF's 1..8, others mean 1.
cv::Mat upright(const cv::Mat& pixels, int orientation);

struct Exif {
  int orientation = 1;                  ///< 1..8
  std::optional<PixelSize> pixel_size;  ///< of the stored pixels, before they are turned
};

/// What an EXIF block (with or without its "Exif\0\0" prefix) says of the image; for what it leaves
/// out or has wrong, `Exif`'s defaults.
Exif read_exif(std::span<const unsigned char> block);

}  // namespace smear::codec
