// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <optional>
#include <vector>

namespace smear::imagej {

/// What counts as a maximum.
struct MaximaSettings {
  /// How far a maximum stands out of what joins it to a higher one, in pixel values.
  double prominence = 10.0;
  /// Refuses the highest maximum where all else lies within the prominence, and, with
  /// `exclude_edges`, every maximum whose area of values within the prominence touches the edge.
  bool strict = false;
  /// Leaves out maxima at the image's edge.
  bool exclude_edges = false;
  /// Ignores pixels below it.
  std::optional<double> lowest;
  /// The matrix has 32-bit values of its own, rather than those of 8 or 16 bits.
  bool fractions = true;
  /// The matrix is a distance map: heights are corrected for ridges that run between pixels.
  bool distance_map = false;
};

/// What `find_maxima` found.
struct Maxima {
  /// One pixel of each, from the highest to the lowest: of those of equal height, the one nearest
  /// to their centre.
  std::vector<cv::Point> points;
  /// CV_8UC1, 255 at these points. This one and the next are empty where segments were asked for.
  cv::Mat single_points;
  /// CV_8UC1, 255 where values lie within the prominence of the maximum that they belong to.
  cv::Mat areas;
  /// CV_8UC1, 255 in areas that belong to one maximum each, 0 between them; empty unless it was
  /// asked for.
  cv::Mat segments;
};

/// Finds the maxima of a CV_32FC1 matrix within `region` as ImageJ's Find Maxima... does; outside
/// of it nothing is found, though values there count where they are joined to a maximum.
/// `segmented` also divides the image by watersheds.
Maxima find_maxima(const cv::Mat& values, const cv::Rect& region, const MaximaSettings& settings,
                   bool segmented = false);

}  // namespace smear::imagej
