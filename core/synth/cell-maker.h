// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "synth/cell.h"
#include "synth/random.h"

namespace smear::synth {

/// Makes the cells of one smear, without a place yet. What cells of a smear have in common (how
/// pale red cells are, whether they are crenated) is drawn once.
class CellMaker {
 public:
  /// `irregularity` multiplies that of white cells and their nuclei.
  CellMaker(double red_radius, double irregularity, Random& random);

  [[nodiscard]] Cell red(Random& random) const;
  /// A blast with the given probability, else one of the four normal kinds as often as in blood.
  [[nodiscard]] Cell white(double abnormal, Random& random) const;
  [[nodiscard]] Cell platelet(Random& random) const;

 private:
  [[nodiscard]] Cell granulocyte(Subtype subtype, Random& random) const;
  [[nodiscard]] Cell lymphocyte(Random& random) const;
  [[nodiscard]] Cell monocyte(Random& random) const;
  [[nodiscard]] Cell blast(Random& random) const;
  /// Of a white cell: `low` to `high` is the ordinary.
  [[nodiscard]] double white_irregularity(double low, double high, Random& random) const;

  double red_radius_;
  double irregularity_;
  double pallor_;
  double crenated_share_;
};

}  // namespace smear::synth
