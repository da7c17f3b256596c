// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "synth/nucleus.h"
#include "synth/outline.h"

namespace smear::synth {

enum class CellClass { red, white, platelet };

enum class Subtype {
  discocyte,    ///< the ordinary red cell
  spherocyte,   ///< red, without central pallor
  elliptocyte,  ///< red, elongated
  neutrophil,
  lymphocyte,
  monocyte,
  eosinophil,
  blast,  ///< abnormal white cell
  platelet,
};

std::string_view name_of(CellClass cell_class);
std::string_view name_of(Subtype subtype);

/// The drops of colour in the cytoplasm of a white cell or a platelet.
struct Granules {
  int count = 0;
  float radius = 0.0F;  ///< px
};

/// One cell of a synthetic smear: all that its picture and its ground truth are made from.
struct Cell {
  CellClass cell_class = CellClass::red;
  Subtype subtype = Subtype::discocyte;
  Point centre;               ///< px, where (0, 0) is the middle of the first pixel
  double radius = 0.0;        ///< mean radius of the outline, px
  Outline outline;            ///< around the centre
  Nucleus nucleus;            ///< white cells only
  double irregularity = 0.0;  ///< of the nucleus where there is one, else of the outline
  float stain = 1.0F;         ///< how strongly it is stained, about 1
  float pallor = 1.0F;        ///< red cells: 0 without a pale centre, 1 where that is clear
  float pallor_width = 1.0F;  ///< red cells: relative width of the pale centre
  Point pallor_offset;        ///< red cells: of the pale centre, relative to the radius
  Granules granules;
  std::uint64_t texture_seed = 0;

  /// Depth of a point (relative to the centre) below the cell's surface, px; negative outside.
  [[nodiscard]] float depth(Point p) const {
    return outline.radius_towards(p.x, p.y) - std::sqrt(p.x * p.x + p.y * p.y);
  }
  /// The same for the nucleus, which never reaches the cell's surface.
  [[nodiscard]] float nucleus_depth(Point p, float cell_depth) const {
    const float room = cell_depth - 0.03F * static_cast<float>(radius);
    const float depth = nucleus.depth(p);
    return depth < room ? depth : room;
  }
};

}  // namespace smear::synth
