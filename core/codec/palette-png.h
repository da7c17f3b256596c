// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <opencv2/core.hpp>

namespace smear::codec {

/// A PNG of 8-bit indices (CV_8UC1) with a palette of 256 colours in RGB order. The same bytes for
/// the same image. Throws `RunError` where the disk does not take the file.
void write_palette_png(const std::filesystem::path& path, const cv::Mat& indices,
                       const std::array<cv::Vec3b, 256>& palette);

}  // namespace smear::codec
