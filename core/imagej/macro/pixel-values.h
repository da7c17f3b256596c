// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "imagej/image-plus.h"

namespace smear::imagej {

/// Calls `visit` with each pixel of the selected area, or of the whole image.
void for_selected(const ImagePlus& image, const std::function<void(int x, int y)>& visit);

/// A grey value; of RGB the mean of the three, rounded.
double grey_value_at(const ImagePlus& image, int x, int y);

/// Sets a pixel that lies in the image: cut to a whole number and to the type's range; of RGB
/// 0xRRGGBB.
void put_pixel(ImagePlus& image, int x, int y, double value);

}  // namespace smear::imagej
