// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "codec/codec.h"
#include "imagej/image-plus.h"

namespace smear::imagej {

/// Opens an image file as ImageJ 1.53t's File>Open does; its first bytes, not its name, say what it
/// is. The title is the file's name.
///
/// - TIFF: `read_tiff`.
/// - JPEG: 8-bit where all three channels are equal everywhere, else RGB.
/// - PNG: 8- and 16-bit grey stay that, colours become RGB even where they are all grey.
/// - BMP: 24-bit becomes RGB, a palette of all 256 greys in order 8-bit.
///
/// Neither EXIF orientation nor resolution of JPEG, PNG and BMP is looked at, as in ImageJ.
/// Refused, since ImageJ keeps their palette or changes their values: other palettes, PNG with 1, 2
/// or 4 bits, transparency and 16-bit colour. Throws `SampleError` with a reason.
ImagePlus open_image(const std::filesystem::path& path, const codec::ReadOptions& options = {});

}  // namespace smear::imagej
