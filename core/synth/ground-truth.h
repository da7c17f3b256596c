// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

#include "synth/cell.h"

namespace smear::synth {

/// What is known about one cell; its label is its position in the list plus 1.
struct CellTruth {
  CellClass cell_class;
  Subtype subtype;
  double x, y;                ///< centre, px; outside the image where most of the cell is
  cv::Rect box;               ///< of the visible pixels
  std::int64_t visible_area;  ///< pixels with its label
  std::int64_t full_area;     ///< pixels it would have, were no cell above it and no border
  double radius;              ///< mean radius, px
  std::int64_t nucleus_area;  ///< visible pixels of its nucleus
  double irregularity;  ///< rms deviation of the outline (a white cell's nucleus's, if it is one
                        ///< body) from an ellipse, relative to its radius
  bool abnormal;
  bool cut_by_border;  ///< part of it lies outside the image
};

struct GroundTruth {
  cv::Mat labels;  ///< CV_16UC1; where cells overlap, the topmost one's
  cv::Mat nuclei;  ///< CV_8UC1, 0 or 255
  std::vector<CellTruth> cells;
};

/// Rasterises the cells: a pixel belongs to a cell if its middle is inside the outline.
/// Cells without a visible pixel are removed from `cells`, so that labels number what is left.
GroundTruth rasterise(std::vector<Cell>& cells, cv::Size size);

}  // namespace smear::synth
