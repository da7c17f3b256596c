// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/export.h"
#include "smear/image.h"

namespace smear {

/// How values between pixels are found.
enum class Interpolation {
  nearest,   ///< the input pixel in which the centre lies; of two, the right or lower one
  bilinear,  ///< the triangle over 2 x 2 pixels
  bicubic,   ///< the cubic convolution kernel of Keys with a = -1/2 over 4 x 4 pixels
  area,      ///< the mean over exactly the area that the output pixel covers
};

/// The image scaled to `width` x `height` pixels, both at least 1; the pixel size in micrometres is
/// scaled along.
///
/// Pixel centres are aligned: output pixel i lies at (i + 0.5) * old / new - 0.5 in the input.
/// Pixels outside the image repeat its edge. With `antialias`, along an axis that shrinks,
/// `bilinear` and `bicubic` stretch their kernel by old / new, cut it off at the image's edge and
/// scale it to a sum of 1, as Pillow and PyTorch (antialias=True) do; the others do not heed it.
/// Sums are formed in single precision, rows first; 8- and 16-bit results are rounded once, to the
/// nearest (ties to even), and clipped to their range. Pillow rounds 8-bit images after either
/// axis, so that a value may differ by 1 from its own.
///
/// Throws `SampleError` for labels, which only `nearest` scales, and for a size below 1.
SMEAR_SDK_API Image resample(const Image& image, int width, int height, Interpolation interpolation,
                             bool antialias = false);

/// An 8-bit image scaled as Pillow's `Image.resize((width, height), Image.BILINEAR)` scales it, to
/// the bit: the triangle stretched where an axis shrinks, weights of 22 fractional bits, columns
/// first, each axis rounded to 8 bits. Models that were made with Pillow, or are compared with it,
/// want just these pixels. The pixel size in micrometres is scaled along.
///
/// Throws `SampleError` for other images than grey8 and rgb8, and for a size below 1.
SMEAR_SDK_API Image resample_as_pillow(const Image& image, int width, int height);

}  // namespace smear
