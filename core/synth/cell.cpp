// SPDX-License-Identifier: Apache-2.0
#include "synth/cell.h"

namespace smear::synth {

std::string_view name_of(CellClass cell_class) {
  switch (cell_class) {
    case CellClass::red: return "red";
    case CellClass::white: return "white";
    case CellClass::platelet: return "platelet";
  }
  return "";
}

std::string_view name_of(Subtype subtype) {
  switch (subtype) {
    case Subtype::discocyte: return "discocyte";
    case Subtype::spherocyte: return "spherocyte";
    case Subtype::elliptocyte: return "elliptocyte";
    case Subtype::neutrophil: return "neutrophil";
    case Subtype::lymphocyte: return "lymphocyte";
    case Subtype::monocyte: return "monocyte";
    case Subtype::eosinophil: return "eosinophil";
    case Subtype::blast: return "blast";
    case Subtype::platelet: return "platelet";
  }
  return "";
}

}  // namespace smear::synth
