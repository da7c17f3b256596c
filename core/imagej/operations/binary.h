// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace smear::imagej {

/// The level of objects in a binary image, 255 or 0: what ImageJ takes for black background and an
/// ordinary colour table is turned round by a white background and again by an inverting table.
std::uint8_t object_level(bool black_background, bool inverting_lut);

/// Whether a CV_8UC1 matrix holds nothing but 0 and 255.
bool is_binary(const cv::Mat& pixels);

/// How erosion and dilation go.
struct Morphology {
  int iterations = 1;      ///< 1..100
  int count = 1;           ///< neighbours of the other kind that change a pixel, 1..8
  bool pad_edges = false;  ///< erosion: what lies outside the image counts as object
};

// All of these work on binary matrices (CV_8UC1 of 0 and 255) in place. `object` is 0 or 255.
// Pixels around `region` are read but not changed.

/// Object pixels with at least `count` of 8 neighbours in the background become background. Outside
/// the image is background, unless the edges are padded.
void erode(cv::Mat& pixels, const cv::Rect& region, std::uint8_t object, const Morphology& how);
/// Background pixels with at least `count` of 8 neighbours in objects become object. Outside the
/// image is background.
void dilate(cv::Mat& pixels, const cv::Rect& region, std::uint8_t object, const Morphology& how);

/// Makes object of background that is not joined, over the 4 direct neighbours, to the image's
/// edge.
void fill_holes(cv::Mat& pixels, std::uint8_t object);

/// Clears the pixels of level `object` whose 8 neighbours are of that level too, and, where
/// `turned`, then turns all pixels round. The pixels at the edge of the image stay as they are.
void outline(cv::Mat& pixels, const cv::Rect& region, std::uint8_t object, bool turned);

}  // namespace smear::imagej
