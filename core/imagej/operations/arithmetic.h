// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

#include "imagej/image-plus.h"

namespace smear::imagej {

/// What one number does to every pixel.
enum class Arithmetic {
  invert,
  set,
  add,
  subtract,
  multiply,
  divide,
  bit_and,
  bit_or,
  bit_xor,
  minimum,  ///< values below it are raised to it
  maximum,
  gamma,
  log,
  exp,
  square,
  square_root,
  reciprocal,  ///< of 32 bits only; 1/0 is NaN
  absolute,    ///< changes 32 bits only
};

/// Applies `operation` to the pixels of any ImageJ type within `region`, each channel of RGB by
/// itself.
///
/// 8 and 16 bits: the number is truncated for add, subtract, set, minimum, maximum and the bit
/// operations; products are rounded half up, the rest is truncated; results are cut to the type's
/// range, and dividing by 0 changes nothing. 8 bits and RGB: gamma is (v/255)^g * 255, log
/// ln(v) * 255/ln(255), exp e^(v * ln(255)/255). 16 bits: gamma maps the display range `range` onto
/// itself (an empty one changes nothing), log and exp have its maximum in place of 255. 32 bits:
/// the plain functions, values up to 0 becoming 0 by gamma and square root; invert is max - (v -
/// min) of the display range. 16 bits invert to 65535 - v.
void apply(Arithmetic operation, double number, const DisplayRange& range, const cv::Rect& region,
           cv::Mat& pixels);

/// Whether the display range of 16 and 32-bit images is taken from the data anew afterwards.
bool resets_display_range(Arithmetic operation, int depth);

}  // namespace smear::imagej
