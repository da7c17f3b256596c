// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace smear::imagej {

enum class Neighbourhood {
  edges,    ///< square root of the sum of the squares of both Sobel derivatives
  smooth,   ///< mean of 3x3
  sharpen,  ///< 3x3 with -1 around 12, divided by 4
};

/// Filters the pixels within `region` by their 3x3 neighbourhoods, in place, as ImageJ's Find
/// Edges, Smooth and Sharpen. `plane` is CV_8U (any number of channels), in whole numbers; CV_16UC1
/// or CV_32FC1, in 32-bit float. Pixels outside the image are those at its edge; but sharpening
/// leaves the outermost pixels of CV_8UC3 alone. Images one pixel wide stay as they are.
void filter_neighbourhood(cv::Mat& plane, const cv::Rect& region, Neighbourhood filter);

}  // namespace smear::imagej
