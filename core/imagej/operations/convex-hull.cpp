// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/convex-hull.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace smear::imagej {
namespace {

double cross(const cv::Point2d& o, const cv::Point2d& a, const cv::Point2d& b) {
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

double smallest_width(const std::vector<cv::Point2d>& hull, double width, double height) {
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < hull.size(); ++i) {
    const cv::Point2d& a = hull[i];
    const cv::Point2d& b = hull[i + 1 == hull.size() ? 0 : i + 1];
    const cv::Point2d side((b.x - a.x) * width, (b.y - a.y) * height);
    const double length = std::sqrt(side.x * side.x + side.y * side.y);
    double widest = 0.0;
    for (const auto& p : hull) {
      const double area = side.x * (p.y - a.y) * height - side.y * (p.x - a.x) * width;
      widest = std::max(widest, std::abs(area));
    }
    if (length > 0.0) smallest = std::min(smallest, widest / length);
  }
  return hull.size() < 3 ? 0.0 : smallest;
}

// Of points on whole rows, the ends of each row, in order: the others are in no hull. Points
// between rows are left as they are, sorted.
void keep_row_ends(std::vector<cv::Point2d>& points) {
  const auto [top, bottom] = std::ranges::minmax(points, {}, &cv::Point2d::y);
  const bool whole =
      std::ranges::all_of(points, [](const cv::Point2d& p) { return p.y == std::floor(p.y); });
  const double rows = bottom.y - top.y + 1.0;
  if (whole && rows < 4.0 * static_cast<double>(points.size())) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<std::pair<double, double>> ends(static_cast<std::size_t>(rows),
                                                {infinity, -infinity});
    const double first = top.y;
    for (const auto& p : points) {
      auto& [left, right] = ends[static_cast<std::size_t>(p.y - first)];
      left = std::min(left, p.x);
      right = std::max(right, p.x);
    }
    points.clear();
    for (std::size_t row = 0; row < ends.size(); ++row) {
      const double y = first + static_cast<double>(row);
      if (ends[row].first <= ends[row].second) points.emplace_back(ends[row].first, y);
      if (ends[row].first < ends[row].second) points.emplace_back(ends[row].second, y);
    }
    return;
  }
  std::ranges::sort(points, [](const cv::Point2d& a, const cv::Point2d& b) {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
  });
  points.erase(std::unique(points.begin(), points.end()), points.end());
}

}  // namespace

std::vector<cv::Point2d> convex_hull(std::vector<cv::Point2d> points) {
  if (points.size() < 2) return points;
  // Rows from the top, in them from the left: the first one is the hull's first.
  keep_row_ends(points);
  if (points.size() < 3) return points;
  std::vector<cv::Point2d> hull;
  const auto add = [&](const cv::Point2d& p, std::size_t keep) {
    while (hull.size() >= keep + 2 && cross(hull[hull.size() - 2], hull.back(), p) >= 0.0)
      hull.pop_back();
    hull.push_back(p);
  };
  for (const auto& p : points) add(p, 0);
  const std::size_t down = hull.size() - 1;
  for (auto p = points.rbegin() + 1; p != points.rend(); ++p) add(*p, down);
  hull.pop_back();
  return hull;
}

double polygon_area(const std::vector<cv::Point2d>& corners) {
  double sum = 0.0;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const cv::Point2d& a = corners[i];
    const cv::Point2d& b = corners[i + 1 == corners.size() ? 0 : i + 1];
    sum += a.x * b.y - b.x * a.y;
  }
  return std::abs(sum / 2.0);
}

Feret feret_of(const std::vector<cv::Point2d>& hull, double pixel_width, double pixel_height) {
  Feret feret;
  if (hull.empty()) return feret;
  std::size_t from = 0;
  std::size_t to = 0;
  double longest = 0.0;
  for (std::size_t i = 0; i < hull.size(); ++i)
    for (std::size_t j = i; j < hull.size(); ++j) {
      const double dx = (hull[i].x - hull[j].x) * pixel_width;
      const double dy = (hull[i].y - hull[j].y) * pixel_height;
      if (const double d = dx * dx + dy * dy; d > longest) {
        longest = d;
        from = i;
        to = j;
      }
    }
  if (hull[from].x > hull[to].x) std::swap(from, to);
  feret.diameter = std::sqrt(longest);
  feret.start = hull[from];
  const double dx = (hull[to].x - hull[from].x) * pixel_width;
  const double dy = (hull[from].y - hull[to].y) * pixel_height;
  feret.angle = std::atan2(dy, dx) * 180.0 / std::numbers::pi;
  if (feret.angle < 0.0) feret.angle += 180.0;
  feret.minimum = smallest_width(hull, pixel_width, pixel_height);
  return feret;
}

}  // namespace smear::imagej
