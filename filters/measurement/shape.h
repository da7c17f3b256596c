// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core/types.hpp>
#include <vector>

/// Geometry of one object as `measure` needs it, for pixels of any edge lengths.
namespace smear::measurement {

/// Edge lengths of a pixel; 1 x 1 gives results in pixels.
struct Scale {
  double x = 1.0;
  double y = 1.0;
};

/// The convex hull of the union of an object's pixel squares, corners in order. `rows` are the
/// first and last pixel of each row of the object, in any order, several a row allowed.
class Hull {
 public:
  struct Run {
    int y = 0;
    int first = 0;
    int last = 0;
  };

  explicit Hull(std::vector<Run> runs) {
    std::ranges::sort(runs, {}, &Run::y);
    // Down the left side, then up the right one: the corners of a polygon in order.
    std::vector<cv::Point> left;
    std::vector<cv::Point> right;
    for (std::size_t i = 0; i < runs.size();) {
      Run row = runs[i];
      for (; i < runs.size() && runs[i].y == row.y; ++i) {
        row.first = std::min(row.first, runs[i].first);
        row.last = std::max(row.last, runs[i].last);
      }
      for (const int y : {row.y, row.y + 1}) {
        push_convex(left, {row.first, y}, -1);
        push_convex(right, {row.last + 1, y}, 1);
      }
    }
    corners_ = std::move(left);
    corners_.insert(corners_.end(), right.rbegin(), right.rend());
  }

  [[nodiscard]] double area(Scale scale) const {
    std::int64_t twice = 0;
    for (std::size_t i = 0; i < corners_.size(); ++i) {
      const auto& a = corners_[i];
      const auto& b = corners_[(i + 1) % corners_.size()];
      twice += std::int64_t{a.x} * b.y - std::int64_t{b.x} * a.y;
    }
    return std::abs(static_cast<double>(twice)) / 2.0 * scale.x * scale.y;
  }

  /// The largest distance of two corners.
  [[nodiscard]] double max_feret(Scale scale) const {
    double squared = 0.0;
    for (std::size_t i = 0; i < corners_.size(); ++i)
      for (std::size_t j = i + 1; j < corners_.size(); ++j) {
        const double x = (corners_[i].x - corners_[j].x) * scale.x;
        const double y = (corners_[i].y - corners_[j].y) * scale.y;
        squared = std::max(squared, x * x + y * y);
      }
    return std::sqrt(squared);
  }

  /// The smallest distance of two parallel lines that hold the hull between them: one of them lies
  /// on an edge.
  [[nodiscard]] double min_feret(Scale scale) const {
    double smallest = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < corners_.size(); ++i) {
      const auto& a = corners_[i];
      const auto& b = corners_[(i + 1) % corners_.size()];
      const double x = (b.x - a.x) * scale.x;
      const double y = (b.y - a.y) * scale.y;
      double farthest = 0.0;
      for (const auto& c : corners_)
        farthest =
            std::max(farthest, std::abs(x * (c.y - a.y) * scale.y - y * (c.x - a.x) * scale.x));
      smallest = std::min(smallest, farthest / std::hypot(x, y));
    }
    return smallest;
  }

 private:
  /// Monotone chain: drops corners that the new one makes flat or concave.
  static void push_convex(std::vector<cv::Point>& chain, cv::Point corner, int side) {
    while (chain.size() >= 2) {
      const cv::Point a = chain[chain.size() - 2];
      const cv::Point b = chain.back();
      const auto turn =
          std::int64_t{b.x - a.x} * (corner.y - a.y) - std::int64_t{b.y - a.y} * (corner.x - a.x);
      if (side * turn > 0) break;
      chain.pop_back();
    }
    chain.push_back(corner);
  }

  std::vector<cv::Point> corners_;
};

/// Second central moments of an object's area.
struct Moments {
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;

  /// Full axes of the ellipse with the same second moments, the longer first.
  [[nodiscard]] std::pair<double, double> ellipse_axes(Scale scale) const {
    const double a = xx * scale.x * scale.x;
    const double b = xy * scale.x * scale.y;
    const double c = yy * scale.y * scale.y;
    const double middle = (a + c) / 2.0;
    const double spread = std::hypot((a - c) / 2.0, b);
    return {4.0 * std::sqrt(middle + spread), 4.0 * std::sqrt(std::max(0.0, middle - spread))};
  }
};

/// 4 pi area / perimeter^2, 1 for a circle. Small objects' perimeters are underestimated, and what
/// would exceed 1 is 1.
inline double circularity(double area, double perimeter) {
  return std::min(1.0, 4.0 * std::numbers::pi * area / (perimeter * perimeter));
}

}  // namespace smear::measurement
