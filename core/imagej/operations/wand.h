// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

namespace smear::imagej {

/// Which pixels are neighbours.
enum class Connectivity { four, eight };

/// The outer outline of a set of pixels that touch: its corners only, in pixel-corner coordinates
/// (the pixel x, y is the square x..x+1), clockwise as seen on the screen.
struct Outline {
  std::vector<cv::Point> corners;
  cv::Rect bounds;
};

/// Follows an outline from the right edge of pixel `start` downwards, as ImageJ's wand does.
///
/// `inside` (CV_8UC1, non-zero inside) has a border of zeros one pixel wide; coordinates are
/// without it. `start` is inside and its right neighbour is not. With eight-connected pixels the
/// outline runs past both sides of a point where two pixels touch by their corners.
Outline trace_outline(const cv::Mat& inside, cv::Point start, Connectivity connectivity);

/// The same from any pixel inside: goes right to the end of the run first. Where that end lies at a
/// hole, the hole's outline is what is followed, as ImageJ's wand does.
Outline wand(const cv::Mat& inside, cv::Point at, Connectivity connectivity);

/// `inside` for these: 255 where a pixel of `pixels` (CV_8UC1, CV_16UC1 or CV_32FC1) is in
/// lower..upper, both included, else 0, with the border of zeros.
cv::Mat bordered_threshold(const cv::Mat& pixels, double lower, double upper);

}  // namespace smear::imagej
