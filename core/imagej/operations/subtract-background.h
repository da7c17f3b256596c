// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

namespace smear::imagej {

/// How the background is found.
struct BackgroundModel {
  /// Radius of the ball, or of the paraboloid's curvature; pixels, above 0.
  double radius = 50.0;
  /// The background is brighter than the objects, in pixel values.
  bool light = false;
  /// Slides a paraboloid over the image rather than rolling a ball.
  bool paraboloid = false;
  /// Smooths by a 3x3 mean before, so that single pixels do not hold the ball up.
  bool smooth = true;
};

/// The background of one channel (CV_32FC1), in 32-bit float as ImageJ computes it. The ball rolls
/// over a copy shrunk by 1 (radius up to 10), 2 (30), 4 (100) or 8; throws `SampleError` where the
/// image is not wider than that.
cv::Mat background_of(cv::Mat values, const BackgroundModel& model);

/// Takes the background of a plane (CV_8UC1, CV_16UC1, CV_32FC1 or CV_8UC3) away, or, with
/// `create`, replaces the plane by it. RGB: the background of the brightness, leaving hue and
/// saturation; with `separate` that of each channel.
void subtract_background(cv::Mat& plane, const BackgroundModel& model, bool create, bool separate);

}  // namespace smear::imagej
