// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace smear::imagej {

/// What the pixels of a block become.
enum class Binning { average, median, min, max, sum };

/// "Average", "Median", ... as Bin... lists them.
const std::vector<std::string>& binning_names();
/// Throws `ConfigError` where there is none of that name.
Binning binning_named(std::string_view name);

/// One pixel for each whole block of `block` pixels; columns and rows that fill none are left out.
///
/// Averages of whole numbers are rounded half up; sums are cut to the type's range. The "median" is
/// that of ImageJ 1.53t: of n values in order, number (n + 1) / 2 - 1 (whole numbers), of up to
/// four the first, and at least 0. Throws `SampleError` where there is no whole block.
cv::Mat binned(const cv::Mat& pixels, cv::Size block, Binning binning);

}  // namespace smear::imagej
