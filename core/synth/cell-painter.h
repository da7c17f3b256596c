// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

#include "synth/cell.h"
#include "synth/palette.h"

namespace smear::synth {

/// The optical density of a part of the smear. Densities of what lies on each other add up, by
/// Beer and Lambert's law.
struct AbsorbanceLayer {
  cv::Mat density;  ///< CV_32FC3, red first
  int left = 0;     ///< image coordinates of its first pixel
  int top = 0;
};

/// Adds a cell's optical density to the layer, as far as it lies in it.
void paint_cell(const Cell& cell, const Palette& palette, AbsorbanceLayer& layer);

}  // namespace smear::synth
