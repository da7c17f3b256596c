// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

namespace smear::imagej {

/// The ellipse that has the area and the second moments of a set of pixels, in pixels.
struct Ellipse {
  double x = 0.0;  ///< centre, from the mask's upper left corner
  double y = 0.0;
  double major = 0.0;  ///< whole axes, not halves
  double minor = 0.0;
  double angle = 0.0;  ///< of the major axis, degrees 0..180, counter-clockwise from the x axis
};

/// Of the non-zero pixels of `mask` (CV_8UC1). Without any, the axes are NaN.
Ellipse fit_ellipse(const cv::Mat& mask);
/// Of a full rectangle.
Ellipse fit_ellipse(const cv::Size& rectangle);

}  // namespace smear::imagej
