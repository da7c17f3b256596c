// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

/// Otsu's criterion for any number of classes: N. Otsu, A threshold selection method from
/// gray-level histograms, IEEE Trans. Syst. Man Cybern. 9(1), 1979.
///
/// No ITK: its calculator tries every combination of thresholds, seconds an image for five classes;
/// dynamic programming finds the same optimum in a fraction of a millisecond.
namespace smear::segmentation {

constexpr int otsu_bins = 256;
using OtsuHistogram = std::array<std::int64_t, otsu_bins>;

/// The first bin of each class but the first: the division with the greatest between-class
/// variance, of equally good ones that with the lowest thresholds.
std::vector<int> otsu_starts(const OtsuHistogram& histogram, int classes);

/// Thresholds between the classes of `values`, counted in 256 equal bins from `low` to `high`;
/// values beyond count in the outermost bins, NaN does not count.
std::vector<double> otsu_thresholds(const std::vector<float>& values, double low, double high,
                                    int classes);

}  // namespace smear::segmentation
