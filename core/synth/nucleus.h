// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "synth/outline.h"
#include "synth/random.h"

namespace smear::synth {

/// A point or vector, px, relative to a cell's centre unless said otherwise.
struct Point {
  float x = 0.0F;
  float y = 0.0F;
};

/// The nucleus of a white cell: lobes that melt into each other, with strands between
/// neighbouring ones, or one body with an irregular outline.
class Nucleus {
 public:
  struct Lobe {
    Point centre;
    float radius;
  };

  Nucleus() = default;

  /// 2..5 lobes in an open ring, joined by strands, as neutrophils and eosinophils have.
  static Nucleus lobed(int lobes, double cell_radius, Random& random);
  /// A thick bent band: the kidney of a monocyte.
  static Nucleus kidney(double cell_radius, Random& random);
  /// One body with the given outline, at an offset from the cell's centre.
  static Nucleus single(const OutlineShape& shape, Point offset, Random& random);

  [[nodiscard]] bool empty() const { return lobes_.empty(); }
  /// Depth below the nucleus's surface, px, about; negative outside it.
  [[nodiscard]] float depth(Point p) const;

 private:
  [[nodiscard]] float strand_depth(const Lobe& a, const Lobe& b, Point p) const;

  std::vector<Lobe> lobes_;
  Outline outline_;       // of a single body, else unused
  float strand_ = 0.0F;   // half width of a strand over the smaller lobe's radius
  float melting_ = 1.0F;  // how widely lobes melt into each other, px
};

}  // namespace smear::synth
