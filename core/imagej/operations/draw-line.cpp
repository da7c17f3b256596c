// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/draw-line.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "imagej/operations/polygon-fill.h"

namespace smear::imagej {

LinePen::LinePen(int width)
    : width_(width),
      tip_(width < 3 ? cv::Mat(width, width, CV_8UC1, cv::Scalar(255))
                     : fill_oval({width, width})) {}

void LinePen::put(cv::Point at, cv::Mat& mask) const {
  const cv::Rect box(at - cv::Point(width_ / 2, width_ / 2), cv::Size(width_, width_));
  const cv::Rect seen = box & cv::Rect({}, mask.size());
  if (!seen.empty()) mask(seen).setTo(255, tip_(seen - box.tl()));
}

void add_line(cv::Point from, cv::Point to, const LinePen& pen, cv::Mat& mask) {
  const cv::Point d = to - from;
  const int steps = std::max(std::abs(d.x), std::abs(d.y));
  double x = from.x;
  double y = from.y;
  for (int i = 0; i <= steps; ++i) {
    pen.put({static_cast<int>(std::floor(x + 0.5)), static_cast<int>(std::floor(y + 0.5))}, mask);
    if (steps == 0) break;
    x += d.x / static_cast<double>(steps);
    y += d.y / static_cast<double>(steps);
  }
}

}  // namespace smear::imagej
