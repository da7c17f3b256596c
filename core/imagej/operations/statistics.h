// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <utility>

namespace smear::imagej {

/// What pixel values of an area give, in pixels and pixel values.
struct Statistics {
  double count = 0.0;  ///< pixels, those within the limits where there are some
  double mean = 0.0;
  double std_dev = 0.0;  ///< with n - 1
  double min = 0.0;
  double max = 0.0;
  double mode = 0.0;    ///< the lowest of the most frequent levels; of floats one of 256 bins
  double median = 0.0;  ///< the first level with more than half of the pixels up to it
  double x = 0.0;       ///< centroid: mean of the pixels' centres
  double y = 0.0;
  double xm = 0.0;  ///< centre of mass
  double ym = 0.0;
  double skewness = 0.0;
  double kurtosis = 0.0;
  double area_fraction = 0.0;  ///< per cent within the thresholds, or not 0 where there are none
};

/// What is wanted of that which costs more; the rest is always there.
struct StatisticsNeeds {
  bool median = false;
  bool moments = false;  ///< centre of mass, skewness, kurtosis
  bool area_fraction = false;
};

/// Of the pixels of `pixels` (CV_8UC1, CV_16UC1, CV_32FC1, or CV_8UC3, which counts as its grey
/// values, the three channels' mean or with `weighted` 0.299, 0.587, 0.114) in `box`, a part of it,
/// where `mask` (CV_8UC1 of the size of the box; empty: everywhere) is not 0. `limits`: only values
/// in first..second. `thresholds` decide the area fraction, nothing else.
Statistics statistics_of(const cv::Mat& pixels, const cv::Rect& box, const cv::Mat& mask,
                         const std::optional<std::pair<double, double>>& limits,
                         const std::optional<std::pair<double, double>>& thresholds,
                         const StatisticsNeeds& needs, bool weighted = false);

}  // namespace smear::imagej
