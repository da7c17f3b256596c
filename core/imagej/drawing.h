// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>
#include <string_view>

#include "imagej/session.h"

namespace smear::imagej {

/// What the functions drawLine, fillRect and their like draw with in an image: the value or colour
/// of setColor, or else the foreground colour. `what` names the function in errors. Throws
/// `SampleError` for values that the image's type does not have, and for colours in 16-bit and
/// 32-bit images.
cv::Scalar drawn_value(const Session& session, ImagePlus& image, std::string_view what);

/// What Fill fills the image with: the value or colour of setColor, where the image was active
/// then; what Analyze Particles left, which is forgotten then; or the foreground colour. Throws as
/// `drawn_value`.
cv::Scalar filled_value(const Session& session, ImagePlus& image);

}  // namespace smear::imagej
