// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "imagej/image-plus.h"

/// The text that ImageJ puts into a TIFF's ImageDescription: "ImageJ=1.53t", then key=value lines.
namespace smear::imagej {

/// Takes over what `text` says of an image whose planes are already there; lines of unknown keys go
/// to `unknown_description`. False where it is no description of ImageJ's, and nothing was done.
bool apply_description(std::string_view text, ImagePlus& image);

/// What ImageJ writes, without the final NUL: ASCII. `stored_description` where that says the same.
std::string description_of(const ImagePlus& image, std::string_view version);

/// Java's Double.toString: "10.0", "1.7821702440167246E-4".
std::string java_text(double value);

}  // namespace smear::imagej
