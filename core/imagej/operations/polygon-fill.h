// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

namespace smear::imagej {

/// The pixels inside a polygon: those whose centre an odd number of sides lies left of. A centre on
/// a side belongs to what is left of and above it. A CV_8UC1 matrix of the size of `bounds`, 255
/// inside, 0 outside. `corners` are absolute; the last joins the first.
cv::Mat fill_polygon(const std::vector<cv::Point2d>& corners, const cv::Rect& bounds);

/// The same for outlines whose sides run along pixel edges.
cv::Mat fill_outline(const std::vector<cv::Point>& corners, const cv::Rect& bounds);

/// The pixels whose centre lies in the ellipse that fills a box of this size, its edge included.
cv::Mat fill_oval(const cv::Size& size);

/// The polygon that stands for the ellipse in `box` where ImageJ needs corners: four cubic curves,
/// halved until their control points are less than 0.1 pixels off.
std::vector<cv::Point2d> oval_outline(const cv::Rect& box);

}  // namespace smear::imagej
