// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "smear/image.h"
#include "synth/ground-truth.h"
#include "synth/settings.h"

namespace smear::synth {

/// A synthetic smear with its exact ground truth.
struct SyntheticSmear {
  Image image;   ///< rgb8, with a pixel size that makes red cells 7.5 micrometres wide
  Image labels;  ///< grey16; 0 background, else a cell's place in `cells` plus 1
  Image nuclei;  ///< grey8; 255 in visible nuclei of white cells, else 0
  std::vector<CellTruth> cells;
};

/// Paints the smear with this index, which depends on the settings and the index alone, to the
/// last bit and on every machine. Throws `ConfigError` for settings out of range.
SyntheticSmear paint_smear(const SmearSettings& settings, std::uint64_t index);

}  // namespace smear::synth
