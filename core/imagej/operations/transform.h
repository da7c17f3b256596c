// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

#include "imagej/operations/resize.h"

namespace smear::imagej {

/// Turns the pixels within `region` of a plane of any ImageJ type about the region's centre.
///
/// \param angle degrees, clockwise.
/// \param outside value of pixels that come from beyond the image.
void rotate(cv::Mat& pixels, const cv::Rect& region, double angle, Interpolation interpolation,
            const cv::Scalar& outside);

/// Moves the pixels within `region` to the right and down; what comes from beyond the image gets
/// `outside`. Values stay where both distances are whole numbers, or
/// without interpolation, which cuts off their fractions.
void translate(cv::Mat& pixels, const cv::Rect& region, double right, double down,
               Interpolation interpolation, const cv::Scalar& outside);

/// A plane on a canvas of another size, with its upper left corner at `offset` and `outside` around
/// it.
cv::Mat on_canvas(const cv::Mat& pixels, cv::Size size, cv::Point offset,
                  const cv::Scalar& outside);

}  // namespace smear::imagej
