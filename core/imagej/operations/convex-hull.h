// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/types.hpp>
#include <vector>

namespace smear::imagej {

/// The corners of the convex hull, without those on straight sides, from the topmost (of these the
/// leftmost) on, counter-clockwise as seen on the screen.
std::vector<cv::Point2d> convex_hull(std::vector<cv::Point2d> points);

/// Of a simple polygon.
double polygon_area(const std::vector<cv::Point2d>& corners);

/// Caliper measures of a convex hull, in units of the given pixel size.
struct Feret {
  double diameter = 0.0;  ///< the longest distance between two corners
  double angle = 0.0;     ///< of that, degrees 0..180, counter-clockwise from the x axis
  double minimum = 0.0;   ///< the smallest distance of two parallel lines that enclose it
  cv::Point2d start;      ///< the left end of the longest distance, in pixels
};
Feret feret_of(const std::vector<cv::Point2d>& hull, double pixel_width, double pixel_height);

}  // namespace smear::imagej
