// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

namespace smear::imagej {

/// All outlines of a mask (CV_8UC1, non-zero inside), those of holes too, as ImageJ's Create
/// Selection finds them, in the order in which their lowest sides come. Corners only; the inside is
/// on the left of each side. Pixels that touch by corners are on one outline. `origin` is the place
/// of the mask's first pixel.
std::vector<std::vector<cv::Point2d>> selection_outlines(const cv::Mat& mask,
                                                         cv::Point origin = {0, 0});

/// The same, as they come out where ImageJ joins, cuts or inverts areas: those that touch by
/// corners apart; each from its uppermost corner on, of several the left one of an outside and the
/// right one of a hole.
std::vector<std::vector<cv::Point2d>> separate_outlines(const cv::Mat& mask,
                                                        cv::Point origin = {0, 0});

}  // namespace smear::imagej
