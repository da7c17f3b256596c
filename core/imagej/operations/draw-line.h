// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace smear::imagej {

/// What a line is drawn with: a pixel, a square of two, or a disc.
class LinePen {
 public:
  explicit LinePen(int width);  ///< pixels, from 1
  /// Sets what the pen covers to 255; what lies outside the mask is left out.
  void put(cv::Point at, cv::Mat& mask) const;

 private:
  int width_;
  cv::Mat tip_;
};

/// Sets the pixels of a line to 255 in a CV_8UC1 mask: as many dots as it is long in its longer
/// direction, both ends included.
void add_line(cv::Point from, cv::Point to, const LinePen& pen, cv::Mat& mask);

}  // namespace smear::imagej
