// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

#include "imagej/operations/wand.h"

namespace smear::imagej {

/// A set of pixels that touch, by sides or corners.
struct Particle {
  cv::Point start;  ///< its first pixel
  Outline outline;
  /// Its pixels in `outline.bounds`, 255 inside; empty where that is one pixel wide or high, which
  /// it then fills.
  cv::Mat mask;
  int count = 0;  ///< pixels
};

/// Calls `visit` for every particle, in order of their first pixel, row by row.
///
/// `inside` is what `bordered_threshold` gives, and is used up: particles visited are 0 in it. With
/// `holes`, holes belong to the particle, and what lies in them is not visited; else particles in
/// holes are particles of their own. Outlines go round the holes either way.
void for_each_particle(cv::Mat& inside, bool holes,
                       const std::function<void(const Particle&)>& visit);

}  // namespace smear::imagej
