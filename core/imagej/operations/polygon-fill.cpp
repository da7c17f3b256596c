// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/polygon-fill.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace smear::imagej {
namespace {

// Marks of 255 where inside and outside change become runs.
void fill_between_marks(cv::Mat& mask) {
  for (int y = 0; y < mask.rows; ++y) {
    auto* row = mask.ptr<std::uint8_t>(y);
    std::uint8_t state = 0;
    for (int x = 0; x < mask.cols; ++x) row[x] = state = static_cast<std::uint8_t>(state ^ row[x]);
  }
}

// How far `p` is from the line between two points, squared.
double off_line(const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b) {
  const cv::Point2d along = b - a;
  const cv::Point2d to = p - a;
  const double length = along.dot(along);
  const double t = length > 0.0 ? std::clamp(to.dot(along) / length, 0.0, 1.0) : 0.0;
  const cv::Point2d off = to - t * along;
  return off.dot(off);
}

// The corners behind the first of a cubic curve.
void flatten(const std::array<cv::Point2d, 4>& c, int depth, std::vector<cv::Point2d>& corners) {
  constexpr double flatness = 0.1;
  const double off = std::max(off_line(c[1], c[0], c[3]), off_line(c[2], c[0], c[3]));
  if (depth == 10 || off < flatness * flatness) {
    corners.push_back(c[3]);
    return;
  }
  const cv::Point2d a = (c[0] + c[1]) / 2.0;
  const cv::Point2d b = (c[1] + c[2]) / 2.0;
  const cv::Point2d d = (c[2] + c[3]) / 2.0;
  const cv::Point2d ab = (a + b) / 2.0;
  const cv::Point2d bd = (b + d) / 2.0;
  const cv::Point2d middle = (ab + bd) / 2.0;
  flatten({c[0], a, ab, middle}, depth + 1, corners);
  flatten({middle, bd, d, c[3]}, depth + 1, corners);
}

}  // namespace

std::vector<cv::Point2d> oval_outline(const cv::Rect& box) {
  // A quarter of a circle as a cubic curve, and how much wider than its box ImageJ makes an oval.
  constexpr double control = 0.5522847498307933;
  constexpr double wider = 0.0004;
  const double rx = box.width / 2.0 + wider;
  const double ry = box.height / 2.0 + wider;
  const cv::Point2d centre(box.x + box.width / 2.0, box.y + box.height / 2.0);
  const auto at = [&](double x, double y) { return centre + cv::Point2d(x * rx, y * ry); };
  std::vector<cv::Point2d> corners;
  flatten({at(1, 0), at(1, control), at(control, 1), at(0, 1)}, 0, corners);
  flatten({at(0, 1), at(-control, 1), at(-1, control), at(-1, 0)}, 0, corners);
  flatten({at(-1, 0), at(-1, -control), at(-control, -1), at(0, -1)}, 0, corners);
  flatten({at(0, -1), at(control, -1), at(1, -control), at(1, 0)}, 0, corners);
  return corners;
}

cv::Mat fill_polygon(const std::vector<cv::Point2d>& corners, const cv::Rect& bounds) {
  cv::Mat mask(bounds.size(), CV_8UC1, cv::Scalar(0));
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const cv::Point2d& a = corners[i];
    const cv::Point2d& b = corners[i + 1 == corners.size() ? 0 : i + 1];
    if (a.y == b.y) continue;
    // Rows whose centre line y + 0.5 is above the side's lower end and not above its upper end.
    const double top = std::min(a.y, b.y) - bounds.y;
    const double bottom = std::max(a.y, b.y) - bounds.y;
    const int first = std::max(0, static_cast<int>(std::floor(top + 0.5)));
    const int last = std::min(mask.rows - 1, static_cast<int>(std::floor(bottom + 0.5)) - 1);
    for (int y = first; y <= last; ++y) {
      const double crossing =
          a.x - bounds.x + (y + 0.5 - (a.y - bounds.y)) * (b.x - a.x) / (b.y - a.y);
      // The first pixel whose centre is right of the crossing.
      const int x = std::max(0, static_cast<int>(std::floor(crossing + 0.5)));
      if (x < mask.cols) mask.at<std::uint8_t>(y, x) ^= 255;
    }
  }
  fill_between_marks(mask);
  return mask;
}

cv::Mat fill_outline(const std::vector<cv::Point>& corners, const cv::Rect& bounds) {
  cv::Mat mask(bounds.size(), CV_8UC1, cv::Scalar(0));
  const auto stride = static_cast<std::ptrdiff_t>(mask.step);
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const cv::Point& a = corners[i];
    const cv::Point& b = corners[i + 1 == corners.size() ? 0 : i + 1];
    const int x = a.x - bounds.x;
    if (a.x != b.x || x >= mask.cols) continue;
    const int last = std::max(a.y, b.y) - bounds.y;
    auto* mark = mask.data + (std::min(a.y, b.y) - bounds.y) * stride + x;
    for (int y = std::min(a.y, b.y) - bounds.y; y < last; ++y, mark += stride) *mark ^= 255;
  }
  fill_between_marks(mask);
  return mask;
}

cv::Mat fill_oval(const cv::Size& size) {
  cv::Mat mask(size, CV_8UC1, cv::Scalar(0));
  const double width = size.width;
  const double height = size.height;
  for (int y = 0; y < size.height; ++y) {
    auto* row = mask.ptr<std::uint8_t>(y);
    // Twice the distance of a centre from the middle is whole: no rounding up to here.
    const double dy = (2.0 * y + 1.0 - height) * width;
    for (int x = 0; x < size.width; ++x) {
      const double dx = (2.0 * x + 1.0 - width) * height;
      row[x] = dx * dx + dy * dy <= width * width * height * height ? 255 : 0;
    }
  }
  return mask;
}

}  // namespace smear::imagej
