// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

namespace smear::imagej {

enum class RankFilter { mean, minimum, maximum, variance, median };

/// Replaces every pixel within `region` by a statistic of its circular neighbourhood, in place, as
/// ImageJ's RankFilters. `plane` is CV_8U (any number of channels), CV_16UC1 or CV_32FC1; `radius`,
/// in pixels, decides the circle as in `circle_half_widths`. Pixels outside the image are those at
/// its edge; pixels around `region` are read but not changed. Variances that an integer type cannot
/// hold are cut to its range. Throws `SampleError` for pixels that are NaN, but for variances.
void rank_filter(cv::Mat& plane, const cv::Rect& region, RankFilter filter, double radius);

/// Replaces the pixels that are above (`bright`) or below the median of their neighbourhood by more
/// than `threshold` by that median. Else as `rank_filter`.
void remove_outliers(cv::Mat& plane, const cv::Rect& region, double radius, double threshold,
                     bool bright);

/// Of ImageJ's circular neighbourhoods: how far the row at each distance from the middle row
/// reaches to either side. Radius 0.5 makes a cross of 5 pixels, 1 a square of 9, 1.5 one of 13, 2
/// of 21.
std::vector<int> circle_half_widths(double radius);

}  // namespace smear::imagej
