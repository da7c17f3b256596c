// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "synth/random.h"

namespace smear::synth {

/// How far an outline is from a circle.
struct OutlineShape {
  double radius = 1.0;        ///< of the circle of about equal area, px
  double elongation = 1.0;    ///< long axis over short axis
  double irregularity = 0.0;  ///< root mean square deviation of the radius, relative
  double crenation = 0.0;     ///< height of regular spikes around the cell, relative
};

/// A closed curve around the origin, given by its radius as a function of the angle: an ellipse
/// modulated by a few random harmonics.
class Outline {
 public:
  Outline() = default;
  Outline(const OutlineShape& shape, Random& random);

  /// Distance from the origin to the curve, px, in the direction of (x, y).
  [[nodiscard]] float radius_towards(float x, float y) const;
  [[nodiscard]] float largest_radius() const { return largest_; }

 private:
  static constexpr int steps = 96;
  std::array<float, steps + 2> radii_{};  // two repeated, so that interpolation needs no wrapping
  float largest_ = 0.0F;
};

}  // namespace smear::synth
