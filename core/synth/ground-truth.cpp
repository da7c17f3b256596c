// SPDX-License-Identifier: Apache-2.0
#include "synth/ground-truth.h"

#include <algorithm>
#include <cmath>

namespace smear::synth {
namespace {

struct Coverage {
  std::int64_t area = 0;
  bool outside = false;  // some of it lies beyond the border
};

// Calls visit(x, y, depth) for every pixel of the plane whose middle is inside the cell.
template <typename Visit>
void for_each_pixel(const Cell& cell, Visit visit) {
  const float reach = cell.outline.largest_radius();
  const int left = static_cast<int>(std::floor(cell.centre.x - reach));
  const int right = static_cast<int>(std::ceil(cell.centre.x + reach));
  const int top = static_cast<int>(std::floor(cell.centre.y - reach));
  const int bottom = static_cast<int>(std::ceil(cell.centre.y + reach));
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x) {
      const Point p{static_cast<float>(x) - cell.centre.x, static_cast<float>(y) - cell.centre.y};
      const float depth = cell.depth(p);
      if (depth >= 0.0F) visit(x, y, p, depth);
    }
}

Coverage draw(const Cell& cell, int label, cv::Mat& labels, cv::Mat& nuclei) {
  Coverage coverage;
  const bool nucleated = !cell.nucleus.empty();
  for_each_pixel(cell, [&](int x, int y, Point p, float depth) {
    ++coverage.area;
    if (x < 0 || y < 0 || x >= labels.cols || y >= labels.rows) {
      coverage.outside = true;
      return;
    }
    labels.at<std::int32_t>(y, x) = label;
    const bool nucleus = nucleated && cell.nucleus_depth(p, depth) >= 0.0F;
    nuclei.at<std::uint8_t>(y, x) = nucleus ? 255 : 0;
  });
  return coverage;
}

CellTruth truth_of(const Cell& cell, const Coverage& coverage) {
  CellTruth truth{};
  truth.cell_class = cell.cell_class;
  truth.subtype = cell.subtype;
  truth.x = cell.centre.x;
  truth.y = cell.centre.y;
  truth.full_area = coverage.area;
  truth.radius = cell.radius;
  truth.irregularity = cell.irregularity;
  truth.abnormal = cell.subtype == Subtype::blast;
  truth.cut_by_border = coverage.outside;
  return truth;
}

// Counts what is visible of each cell, and its box.
void measure_visible(const cv::Mat& labels, const cv::Mat& nuclei, std::vector<CellTruth>& cells) {
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const std::int32_t label = labels.at<std::int32_t>(y, x);
      if (label == 0) continue;
      CellTruth& cell = cells[static_cast<std::size_t>(label - 1)];
      cell.box = cell.visible_area == 0 ? cv::Rect(x, y, 1, 1) : cell.box | cv::Rect(x, y, 1, 1);
      ++cell.visible_area;
      if (nuclei.at<std::uint8_t>(y, x) != 0) ++cell.nucleus_area;
    }
}

// Removes the cells that nothing is to be seen of, and closes the gaps in the numbering.
cv::Mat keep_visible(std::vector<Cell>& cells, std::vector<CellTruth>& truth,
                     const cv::Mat& labels) {
  std::vector<std::uint16_t> new_label(cells.size() + 1, 0);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (truth[i].visible_area == 0) continue;
    if (kept != i) {
      cells[kept] = std::move(cells[i]);
      truth[kept] = truth[i];
    }
    new_label[i + 1] = static_cast<std::uint16_t>(++kept);
  }
  cells.resize(kept);
  truth.resize(kept);
  cv::Mat renumbered(labels.size(), CV_16UC1);
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      renumbered.at<std::uint16_t>(y, x) =
          new_label[static_cast<std::size_t>(labels.at<std::int32_t>(y, x))];
  return renumbered;
}

}  // namespace

GroundTruth rasterise(std::vector<Cell>& cells, cv::Size size) {
  cv::Mat labels = cv::Mat::zeros(size, CV_32SC1);
  GroundTruth truth;
  truth.nuclei = cv::Mat::zeros(size, CV_8UC1);
  truth.cells.reserve(cells.size());
  for (const Cell& cell : cells) {
    const Coverage coverage =
        draw(cell, static_cast<int>(truth.cells.size()) + 1, labels, truth.nuclei);
    truth.cells.push_back(truth_of(cell, coverage));
  }
  measure_visible(labels, truth.nuclei, truth.cells);
  truth.labels = keep_visible(cells, truth.cells, labels);
  return truth;
}

}  // namespace smear::synth
