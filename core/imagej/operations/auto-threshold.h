// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "imagej/image-plus.h"

namespace smear::imagej {

/// How often each of 256 levels occurs.
using Histogram = std::array<int, 256>;

/// ImageJ's automatic thresholds. `standard` is its "Default".
enum class ThresholdMethod {
  standard,
  huang,
  intermodes,
  iso_data,
  ij_iso_data,
  li,
  max_entropy,
  mean,
  min_error,
  minimum,
  moments,
  otsu,
  percentile,
  renyi_entropy,
  shanbhag,
  triangle,
  yen,
};

/// ImageJ's names, in the order of `ThresholdMethod`: "Default", "Huang", ... "Yen".
std::span<const std::string_view> threshold_method_names();

/// By ImageJ's name, case as written; nothing where there is none.
std::optional<ThresholdMethod> threshold_method_named(std::string_view name);

/// Of a CV_8UC1 matrix, or of its pixels where `mask` (CV_8UC1 of its size) is not 0.
Histogram histogram_of(const cv::Mat& pixels, const cv::Mat& mask = {});

/// The level that ends the darker part, 0..255, or -1 where the method finds none.
///
/// As in ImageJ 1.53t to the last detail, ties and rounding included. MinError follows its
/// iteration out of the levels for some histograms, where ImageJ stops with an exception: throws
/// `SampleError`.
int auto_threshold(ThresholdMethod method, const Histogram& histogram);

/// Both ends included, in levels or pixel values.
struct Limits {
  double lower = 0.0;
  double upper = 255.0;
  bool operator==(const Limits&) const = default;
};

/// The darker side 0..t, or t+1..255 where just one of `dark` (a dark background) and `inverted`
/// (an inverting colour table) holds.
Limits auto_limits(ThresholdMethod method, const Histogram& histogram, bool dark, bool inverted);

/// What ImageJ does where no method is named: IsoData on a histogram whose mode is cut down to 1.5
/// times the second highest level, and the side that lies away from the highest peak of the
/// smoothed histogram where it has a clear one.
Limits legacy_limits(const Histogram& histogram, bool inverted);

/// Limits found on pixels converted to 8 bits by `range` (convert_grey) as pixel values of `type`:
/// grey16 (whole numbers) or grey32. The ends 0 and 255 become the ends of the type, +-1e30 for
/// grey32.
Limits limits_in_values(const Limits& levels, ImageType type, const DisplayRange& range);

/// 255 where a pixel of a CV_8UC1, CV_16UC1 or CV_32FC1 matrix lies within the limits, else 0.
cv::Mat within_limits(const cv::Mat& pixels, const Limits& limits);

}  // namespace smear::imagej
