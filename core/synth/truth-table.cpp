// SPDX-License-Identifier: Apache-2.0
#include "synth/truth-table.h"

#include <fmt/format.h>

#include <iterator>

namespace smear::synth {

std::string_view truth_header() {
  return "image,label,class,subtype,x_px,y_px,box_x_px,box_y_px,box_width_px,box_height_px,"
         "area_visible_px,area_full_px,radius_px,nucleus_area_px,irregularity,abnormal,"
         "cut_by_border\n";
}

std::string truth_rows(std::string_view image, const std::vector<CellTruth>& cells) {
  std::string rows;
  int label = 0;
  for (const CellTruth& cell : cells)
    fmt::format_to(std::back_inserter(rows),
                   "{},{},{},{},{:.2f},{:.2f},{},{},{},{},{},{},{:.2f},{},{:.4f},{:d},{:d}\n",
                   image, ++label, name_of(cell.cell_class), name_of(cell.subtype), cell.x, cell.y,
                   cell.box.x, cell.box.y, cell.box.width, cell.box.height, cell.visible_area,
                   cell.full_area, cell.radius, cell.nucleus_area, cell.irregularity, cell.abnormal,
                   cell.cut_by_border);
  return rows;
}

}  // namespace smear::synth
