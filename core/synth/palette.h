// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "synth/cell.h"
#include "synth/random.h"

namespace smear::synth {

/// Optical density, or its share in each channel: -ln(transmitted / incident light).
struct Absorbance {
  float red = 0.0F;
  float green = 0.0F;
  float blue = 0.0F;

  Absorbance operator+(Absorbance o) const { return {red + o.red, green + o.green, blue + o.blue}; }
  Absorbance operator*(float f) const { return {red * f, green * f, blue * f}; }
};

inline Absorbance mix(Absorbance a, Absorbance b, float share_of_b) {
  return a * (1.0F - share_of_b) + b * share_of_b;
}

/// The colours of one slide under a Romanowsky stain. Slides differ: red cells are anything from
/// grey-violet to brownish pink, nuclei from blue-violet to purple.
struct Palette {
  Absorbance red_cell;
  Absorbance nucleus;
  Absorbance basophilic;    ///< cytoplasm rich in RNA: lymphocytes and, deeper, blasts
  Absorbance neutrophilic;  ///< cytoplasm and granules of neutrophils
  Absorbance monocytic;
  Absorbance eosinophilic;  ///< granules of eosinophils
  Absorbance platelet;
  float background[3];  ///< light through an empty place, 0..255, red first

  static Palette draw(Random& random);
};

}  // namespace smear::synth
