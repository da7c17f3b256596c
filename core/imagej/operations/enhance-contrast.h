// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <optional>
#include <vector>

#include "imagej/image-plus.h"

namespace smear::imagej {

/// How often the values of a plane occur within `region`, and within `mask` (CV_8UC1 of the size of
/// `region`; empty: everywhere). 8-bit: 256 bins; RGB: 256 bins of grey, the mean of the channels
/// or with `weights` their weighted sum; 16-bit: 65536 bins; 32-bit: 256 bins from the smallest to
/// the largest value.
struct ContrastHistogram {
  std::vector<int> bins;
  double least = 0.0;  ///< value of the first bin
  double width = 1.0;  ///< of a bin
  int count = 0;
};
ContrastHistogram histogram_of(const cv::Mat& plane, const cv::Rect& region, const cv::Mat& mask,
                       bool weighted_rgb);

/// The values between which all pixels lie but `saturated` per cent (0..100), half of them at
/// either end. Nothing where that leaves no range.
std::optional<DisplayRange> contrast_limits(const ContrastHistogram& histogram, double saturated);

/// Spreads `limits` over the whole range of the type: 0..255, 0..65535, or 0..1 for 32 bits.
/// `plane` has one channel.
void normalize_contrast(cv::Mat& plane, const cv::Rect& region, const DisplayRange& limits);

/// Makes `limits` of an RGB plane black and white.
void stretch_colours(cv::Mat& plane, const cv::Rect& region, const DisplayRange& limits);

/// Equalizes by the square roots of the histogram's bins, of an 8-bit, 16-bit or RGB plane.
void equalize_contrast(cv::Mat& plane, const cv::Rect& region, const ContrastHistogram& histogram);

}  // namespace smear::imagej
