// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "measurement/shape.h"

/// Outlines between the pixels, for measures of shape to which the pixel grid adds nothing.
namespace smear::measurement {

/// A sampled Gaussian cut at 3 sigma, in whole numbers whose sum is 4096. Smoothing a mask of 0 and
/// 1 by two of them is exact in floats, whatever the order of the sums: mirrored and turned objects
/// get the same outline.
inline std::vector<float> whole_gaussian(double sigma) {
  const int radius = static_cast<int>(std::ceil(3.0 * sigma));
  std::vector<double> weights;
  double sum = 0.0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    sum += weights.back();
  }
  std::vector<float> kernel;
  float left = 4096.0F;
  for (const double weight : weights) {
    kernel.push_back(static_cast<float>(std::lround(4096.0 * weight / sum)));
    left -= kernel.back();
  }
  kernel[static_cast<std::size_t>(radius)] += left;
  return kernel;
}

/// A closed polygon; the last point is joined to the first one.
using Polygon = std::vector<cv::Point2d>;

inline double cross(cv::Point2d a, cv::Point2d b) { return a.x * b.y - a.y * b.x; }

/// Half the sum of the cross products: positive where the polygon runs as x turns to y.
inline double signed_area(const Polygon& polygon) {
  double twice = 0.0;
  for (std::size_t i = 0; i < polygon.size(); ++i)
    twice += cross(polygon[i] - polygon[0], polygon[(i + 1) % polygon.size()] - polygon[0]);
  return twice / 2.0;
}

inline double length(const Polygon& polygon) {
  double sum = 0.0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const cv::Point2d step = polygon[(i + 1) % polygon.size()] - polygon[i];
    sum += std::sqrt(step.dot(step));
  }
  return sum;
}

/// The convex hull of a polygon that does not cross itself, in time that grows as its points do:
/// Melkman's algorithm. Sorting the points, as `cv::convexHull` does, takes longer than all the
/// rest of an outline.
inline Polygon convex_hull(const Polygon& polygon) {
  if (polygon.size() < 3) return polygon;
  std::vector<cv::Point2d> hull(2 * polygon.size() + 1);
  std::size_t first = polygon.size();  // hull[first] and hull[last] are the same point
  std::size_t last = first;
  const auto turn = [](cv::Point2d a, cv::Point2d b, cv::Point2d c) { return cross(b - a, c - a); };
  // The first three points that are no line.
  std::size_t next = 2;
  while (next < polygon.size() && turn(polygon[0], polygon[next - 1], polygon[next]) == 0.0) ++next;
  if (next == polygon.size()) return polygon;
  const bool left = turn(polygon[0], polygon[next - 1], polygon[next]) > 0.0;
  hull[first] = hull[first + 3] = polygon[next];
  hull[first + 1] = polygon[left ? 0 : next - 1];
  hull[first + 2] = polygon[left ? next - 1 : 0];
  last = first + 3;
  for (++next; next < polygon.size(); ++next) {
    const cv::Point2d& point = polygon[next];
    if (turn(hull[first], hull[first + 1], point) > 0.0 &&
        turn(hull[last - 1], hull[last], point) > 0.0)
      continue;
    while (last - first > 2 && turn(hull[last - 1], hull[last], point) <= 0.0) --last;
    while (last - first > 2 && turn(hull[first], hull[first + 1], point) <= 0.0) ++first;
    hull[++last] = point;
    hull[--first] = point;
  }
  return {hull.begin() + static_cast<std::ptrdiff_t>(first),
          hull.begin() + static_cast<std::ptrdiff_t>(last)};
}

/// Follows the lines on which an image has a level. Between the four centres of neighbouring pixels
/// a line is straight (marching squares); where two lines could be joined in two ways, the mean of
/// the four pixels decides. The image's frame must lie below the level.
class LevelLines {
 public:
  LevelLines(const cv::Mat& image, float level)
      : image_(image), level_(level), seen_(cv::Mat::zeros(image.size(), CV_8UC1)) {}

  /// The line around the largest area; empty where no pixel is above the level.
  [[nodiscard]] Polygon largest() {
    Polygon found;
    double largest = 0.0;
    for (int y = 0; y + 1 < image_.rows; ++y) {
      const auto* row = image_.ptr<float>(y);
      for (int x = 0; x + 1 < image_.cols; ++x) {
        if (row[x] > level_ || row[x + 1] <= level_ || seen_.at<std::uint8_t>(y, x) != 0) continue;
        Polygon line = follow(x, y);
        const double area = -signed_area(line);  // negative around holes
        if (area <= largest) continue;
        largest = area;
        found = std::move(line);
      }
    }
    return found;
  }

 private:
  enum Side { top, right, bottom, left };

  /// Goes down through the top of the cell (x, y), with what is above the level to the left, until
  /// it is there again. `seen_` marks the tops that are entered so, one of which each line has.
  [[nodiscard]] Polygon follow(const int start_x, const int start_y) {
    Polygon line;
    int x = start_x;
    int y = start_y;
    Side in = top;
    do {
      if (in == top) seen_.at<std::uint8_t>(y, x) = 1;
      line.push_back(crossing(x, y, in));
      switch (exit(x, y, in)) {
        case top: --y, in = bottom; break;
        case right: ++x, in = left; break;
        case bottom: ++y, in = top; break;
        case left: --x, in = right; break;
      }
    } while (x != start_x || y != start_y || in != top);
    return line;
  }

  /// Where the level lies on a side of the cell.
  [[nodiscard]] cv::Point2d crossing(int x, int y, Side side) const {
    const bool across = side == top || side == bottom;
    const int x0 = side == right ? x + 1 : x;
    const int y0 = side == bottom ? y + 1 : y;
    const double a = image_.at<float>(y0, x0);
    const double b = across ? image_.at<float>(y0, x0 + 1) : image_.at<float>(y0 + 1, x0);
    const double part = (level_ - a) / (b - a);
    return across ? cv::Point2d(x0 + part, y0) : cv::Point2d(x0, y0 + part);
  }

  [[nodiscard]] Side exit(int x, int y, Side in) const {
    const auto* upper = image_.ptr<float>(y) + x;
    const auto* lower = image_.ptr<float>(y + 1) + x;
    const bool a = upper[0] > level_;
    const bool b = upper[1] > level_;
    const bool c = lower[1] > level_;
    const bool d = lower[0] > level_;
    if (a == c && b == d) {  // and a != b: all four sides are crossed
      const bool joined = upper[0] + upper[1] + lower[0] + lower[1] > 4.0F * level_;
      const bool left_to_top = a != joined;
      constexpr std::array<Side, 4> by_a{left, bottom, right, top};
      constexpr std::array<Side, 4> by_b{right, top, left, bottom};
      return (left_to_top ? by_a : by_b)[in];
    }
    if (in != top && a != b) return top;
    if (in != right && b != c) return right;
    if (in != bottom && c != d) return bottom;
    return left;
  }

  const cv::Mat& image_;
  float level_;
  cv::Mat seen_;
};

/// The outline of one object of a label image: of its mask of 0 and 1, smoothed by a Gaussian with
/// 4 % of the equivalent radius, the line on which it has half its largest value, which is 1/2
/// unless the object is tiny. Outside the image is background. Lengths are in units of the scale.
class Outline {
 public:
  Outline(const cv::Mat& labels, int label, cv::Rect box, std::int64_t area, Scale scale) {
    const double radius =
        std::sqrt(static_cast<double>(area) * scale.x * scale.y / std::numbers::pi);
    const auto across = whole_gaussian(sigma(radius / scale.x));
    const auto down = whole_gaussian(sigma(radius / scale.y));
    const int left = static_cast<int>(across.size()) / 2 + 1;
    const int top = static_cast<int>(down.size()) / 2 + 1;
    cv::Mat mask = cv::Mat::zeros(box.height + 2 * top, box.width + 2 * left, CV_32FC1);
    for (int y = 0; y < box.height; ++y) {
      const auto* from = labels.ptr<int>(box.y + y) + box.x;
      auto* to = mask.ptr<float>(top + y) + left;
      for (int x = 0; x < box.width; ++x) to[x] = from[x] == label ? 1.0F : 0.0F;
    }
    cv::Mat smooth;
    cv::sepFilter2D(mask, smooth, CV_32F, across, down, {-1, -1}, 0.0, cv::BORDER_CONSTANT);
    double peak = 0.0;
    cv::minMaxLoc(smooth, nullptr, &peak);
    line_ = LevelLines(smooth, static_cast<float>(peak / 2.0)).largest();
    for (cv::Point2d& point : line_)
      point = {(point.x + box.x - left) * scale.x, (point.y + box.y - top) * scale.y};
  }

  [[nodiscard]] const Polygon& line() const { return line_; }

  /// Its length divided by that of its convex hull.
  [[nodiscard]] double roughness() const { return length(line_) / length(convex_hull(line_)); }

  /// How far it is from the ellipse that has the area, the centroid and the directions and ratio of
  /// second moments of what it encloses: root mean square over its length of the distance along
  /// the ray from the centroid, divided by the radius of the circle of the same area.
  [[nodiscard]] double deviation() const {
    const auto [area, centre, moments] = enclosed();
    const double determinant = moments.xx * moments.yy - moments.xy * moments.xy;
    const double size = area / (std::numbers::pi * std::sqrt(determinant));
    double squares = 0.0;
    double sum = 0.0;
    for (std::size_t i = 0; i < line_.size(); ++i) {
      const cv::Point2d& before = line_[i == 0 ? line_.size() - 1 : i - 1];
      const cv::Point2d& after = line_[i + 1 == line_.size() ? 0 : i + 1];
      const double weight = cv::norm(line_[i] - before) + cv::norm(after - line_[i]);
      const cv::Point2d ray = line_[i] - centre;
      // 1 on the ellipse, and it grows as the distance from the centroid.
      const double place =
          std::sqrt((ray.x * ray.x * moments.yy - 2.0 * ray.x * ray.y * moments.xy +
                     ray.y * ray.y * moments.xx) /
                    (determinant * size));
      const double off = place > 0.0 ? cv::norm(ray) * (1.0 - 1.0 / place) : 0.0;
      squares += weight * off * off;
      sum += weight;
    }
    return std::sqrt(squares / sum / (area / std::numbers::pi));
  }

 private:
  static double sigma(double radius) { return std::clamp(0.04 * radius, 0.9, 8.0); }

  struct Enclosed {
    double area = 0.0;
    cv::Point2d centroid;
    Moments moments;
  };

  /// Of the area inside, by Green's theorem.
  [[nodiscard]] Enclosed enclosed() const {
    double area = 0.0;
    cv::Point2d first;
    Moments second;
    const cv::Point2d origin = line_[0];
    for (std::size_t i = 0; i < line_.size(); ++i) {
      const cv::Point2d a = line_[i] - origin;
      const cv::Point2d b = line_[(i + 1) % line_.size()] - origin;
      const double triangle = cross(a, b) / 2.0;
      area += triangle;
      first += (a + b) * (triangle / 3.0);
      second.xx += triangle * (a.x * a.x + a.x * b.x + b.x * b.x) / 6.0;
      second.yy += triangle * (a.y * a.y + a.y * b.y + b.y * b.y) / 6.0;
      second.xy += triangle * (2.0 * (a.x * a.y + b.x * b.y) + a.x * b.y + b.x * a.y) / 12.0;
    }
    const cv::Point2d centre = first / area;
    return {std::abs(area),
            origin + centre,
            {second.xx / area - centre.x * centre.x, second.xy / area - centre.x * centre.y,
             second.yy / area - centre.y * centre.y}};
  }

  Polygon line_;
};

}  // namespace smear::measurement
