// SPDX-License-Identifier: Apache-2.0
#include "imagej/roi.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

#include "imagej/operations/polygon-fill.h"
#include "imagej/operations/selection-outlines.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using Points = std::vector<cv::Point2d>;

// Segment types of a composite's path.
enum Segment { move_to = 0, line_to = 1, quad_to = 2, cubic_to = 3, close_path = 4 };

// Of a selection's options: a curve runs through its points, and lines grow with the image.
constexpr unsigned kSpline = 1;
constexpr std::uint16_t kScaledStroke = 8192;

bool is_whole(const cv::Point2d& p) { return p.x == std::floor(p.x) && p.y == std::floor(p.y); }

double distance(const cv::Point2d& a, const cv::Point2d& b, double width, double height) {
  const double dx = (b.x - a.x) * width;
  const double dy = (b.y - a.y) * height;
  return std::sqrt(dx * dx + dy * dy);
}

double open_length(const Points& points, double width, double height) {
  double length = 0.0;
  for (std::size_t i = 1; i < points.size(); ++i)
    length += distance(points[i - 1], points[i], width, height);
  return length;
}

double closing_length(const Points& points, double width, double height) {
  return points.empty() ? 0.0 : distance(points.back(), points.front(), width, height);
}

// Along the means of three neighbours, with both ends' own places.
double smoothed_length(const Points& points, double width, double height) {
  if (points.size() < 3) return open_length(points, width, height);
  Points smooth{points.front()};
  for (std::size_t i = 1; i + 1 < points.size(); ++i)
    smooth.push_back((points[i - 1] + points[i] + points[i + 1]) / 3.0);
  smooth.push_back(points.back());
  return open_length(smooth, width, height);
}

// Of outlines along pixel edges: corners are cut, but not two in a row where the side between them
// is one pixel long.
double traced_length(const Points& points, double width, double height) {
  double across = 0.0;
  double down = 0.0;
  int corners = 0;
  bool counted = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const cv::Point2d side = points[i] - points[i == 0 ? points.size() - 1 : i - 1];
    across += std::abs(side.x);
    down += std::abs(side.y);
    counted = std::abs(side.x) + std::abs(side.y) > 1.0 || !counted;
    corners += counted ? 1 : 0;
  }
  const double diagonal = std::sqrt(width * width + height * height);
  return across * width + down * height - corners * (width + height - diagonal);
}

// Whether every side is upright or level and on pixel edges.
bool runs_on_edges(const Points& points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& before = points[i == 0 ? points.size() - 1 : i - 1];
    if (!is_whole(points[i]) || (points[i].x != before.x && points[i].y != before.y)) return false;
  }
  return true;
}

double polygon_length(const Points& points, double width, double height) {
  if (runs_on_edges(points)) return traced_length(points, width, height);
  return open_length(points, width, height) + closing_length(points, width, height);
}

double oval_length(const cv::Rect2d& box, double width, double height) {
  const double a = box.width * width / 2.0;
  const double b = box.height * height / 2.0;
  return std::numbers::pi * (3.0 * (a + b) - std::sqrt((3.0 * a + b) * (a + 3.0 * b)));
}

// The box of an area's corners, or (not `area`) of the pixels that a line or points lie on.
cv::Rect bounds_of(const Points& points, bool area) {
  cv::Point2d low = points.front();
  cv::Point2d high = low;
  for (const auto& p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const auto first = [&](double v) { return static_cast<int>(std::floor(area ? v : v + 0.5)); };
  const auto end = [&](double v) {
    return static_cast<int>(area ? std::ceil(v) : std::floor(v) + 1.0);
  };
  const cv::Point origin(first(low.x), first(low.y));
  return {origin.x, origin.y, end(high.x) - origin.x, end(high.y) - origin.y};
}

}  // namespace

bool Roi::is_area() const {
  switch (type) {
    case RoiType::polygon:
    case RoiType::rectangle:
    case RoiType::oval:
    case RoiType::freehand:
    case RoiType::traced:
    case RoiType::composite: return true;
    default: return false;
  }
}

bool Roi::is_line() const {
  return type == RoiType::line || type == RoiType::polyline || type == RoiType::freeline;
}

void Roi::set_stroke_width(double width) {
  stroke_width = width;
  if (width > 0.0) options |= kScaledStroke;
  if (width > 1.0) fill_colour = 0;
}

Roi Roi::rectangle(const cv::Rect& bounds) {
  Roi roi;
  roi.bounds = bounds;
  return roi;
}

Roi Roi::oval(const cv::Rect& bounds) {
  Roi roi;
  roi.type = RoiType::oval;
  roi.bounds = bounds;
  return roi;
}

Roi Roi::polygon(RoiType type, std::vector<cv::Point2d> points) {
  Roi roi;
  roi.type = type;
  for (auto& p : points) p = cv::Point2d(static_cast<float>(p.x), static_cast<float>(p.y));
  roi.subpixel = !std::ranges::all_of(points, is_whole);
  if (!points.empty()) roi.bounds = bounds_of(points, roi.is_area() || type == RoiType::angle);
  if (type == RoiType::point && points.size() == 1) roi.bounds.width = roi.bounds.height = 1;
  roi.points = std::move(points);
  return roi;
}

Roi Roi::line(cv::Point2d from, cv::Point2d to) {
  Roi roi;
  roi.type = RoiType::line;
  roi.points = {from, to};
  roi.subpixel = !is_whole(from) || !is_whole(to);
  roi.exact_bounds = cv::Rect2d(from, to);
  roi.bounds = bounds_of(roi.points, false);
  return roi;
}

Roi Roi::composite(const std::vector<std::vector<cv::Point2d>>& outlines) {
  Roi roi;
  roi.type = RoiType::composite;
  for (const auto& outline : outlines) {
    for (std::size_t i = 0; i < outline.size(); ++i) {
      roi.path.push_back(i == 0 ? move_to : line_to);
      roi.path.push_back(static_cast<float>(outline[i].x));
      roi.path.push_back(static_cast<float>(outline[i].y));
    }
    roi.path.push_back(close_path);
    roi.bounds |= bounds_of(outline, true);
  }
  return roi;
}

std::vector<std::vector<cv::Point2d>> polygons_of(const Roi& roi) {
  if (roi.type != RoiType::composite) return {roi.points};
  std::vector<Points> polygons;
  for (std::size_t i = 0; i < roi.path.size();) {
    const int segment = static_cast<int>(roi.path[i]);
    if (segment == close_path) {
      ++i;
      continue;
    }
    if (segment != move_to && segment != line_to)
      throw SampleError("selections made of curves are not measured or filled here");
    if (i + 2 >= roi.path.size()) throw SampleError("the path of a composite selection ends early");
    if (segment == move_to || polygons.empty()) polygons.emplace_back();
    polygons.back().emplace_back(roi.path[i + 1], roi.path[i + 2]);
    i += 3;
  }
  return polygons;
}

cv::Mat mask_of_points(const Roi& roi) {
  cv::Mat mask = cv::Mat::zeros(roi.bounds.size(), CV_8UC1);
  for (const auto& p : roi.points) {
    const cv::Point at = cv::Point(static_cast<int>(p.x), static_cast<int>(p.y)) - roi.bounds.tl();
    if (cv::Rect({}, mask.size()).contains(at)) mask.at<std::uint8_t>(at) = 255;
  }
  return mask;
}

cv::Mat mask_of(const Roi& roi) {
  if ((roi.options & kSpline) != 0)
    throw SampleError(
        "curves fitted to a polygon (Fit Spline) are not filled or measured here: in ImageJ, "
        "Create "
        "Mask and then Create Selection make a plain selection of it");
  switch (roi.type) {
    case RoiType::rectangle: break;
    case RoiType::oval: return fill_oval(roi.bounds.size());
    case RoiType::polygon:
    case RoiType::freehand:
    case RoiType::traced: return fill_polygon(roi.points, roi.bounds);
    case RoiType::composite: {
      cv::Mat mask(roi.bounds.size(), CV_8UC1, cv::Scalar(0));
      for (const auto& polygon : polygons_of(roi)) {
        cv::Mat part = fill_polygon(polygon, roi.bounds);
        for (int y = 0; y < mask.rows; ++y)
          for (int x = 0; x < mask.cols; ++x)
            mask.at<std::uint8_t>(y, x) ^= part.at<std::uint8_t>(y, x);
      }
      return mask;
    }
    default: throw SampleError("this selection is a line or points: it takes one of an area");
  }
  if (roi.corner_diameter != 0)
    throw SampleError(
        "rectangles with rounded corners are not filled or measured here: select a plain one");
  if (roi.subtype == RoiSubtype::rotated_rectangle)
    throw SampleError("rotated rectangles without their corners are not filled or measured here");
  return {};
}

std::optional<Roi> roi_of_mask(const cv::Mat& mask, cv::Point origin) {
  auto outlines = selection_outlines(mask, origin);
  if (outlines.empty()) return std::nullopt;
  if (outlines.size() == 1) return Roi::polygon(RoiType::traced, std::move(outlines.front()));
  return Roi::composite(outlines);
}

double length_of(const Roi& roi, double pixel_width, double pixel_height) {
  const double w = pixel_width;
  const double h = pixel_height;
  switch (roi.type) {
    case RoiType::rectangle: {
      // Also of one with fractions ImageJ takes the box in whole pixels.
      return 2.0 * (roi.bounds.width * w + roi.bounds.height * h);
    }
    case RoiType::oval: return oval_length(roi.bounds, w, h);
    case RoiType::polygon: return polygon_length(roi.points, w, h);
    case RoiType::traced:
      // ImageJ's own measure of traced selections with fractions is no number.
      return roi.subpixel ? std::numeric_limits<double>::quiet_NaN()
                          : traced_length(roi.points, w, h);
    case RoiType::freehand:
      if (roi.subtype == RoiSubtype::ellipse)
        return open_length(roi.points, w, h) + closing_length(roi.points, w, h);
      return smoothed_length(roi.points, w, h) + closing_length(roi.points, w, h);
    case RoiType::freeline: return smoothed_length(roi.points, w, h);
    case RoiType::line:
    case RoiType::polyline:
    case RoiType::angle: return open_length(roi.points, w, h);
    case RoiType::composite: {
      double length = 0.0;
      for (const auto& polygon : polygons_of(roi)) {
        if (!runs_on_edges(polygon))
          throw SampleError(
              "the perimeter of several outlines with slanted sides is not measured here: leave "
              "perimeter and shape out of Set Measurements, or use Create Mask and Create "
              "Selection "
              "on the selection before");
        length += traced_length(polygon, w, h);
      }
      return length;
    }
    default: return 0.0;
  }
}

Roi translated(Roi roi, cv::Point by) {
  roi.bounds += by;
  if (roi.exact_bounds) *roi.exact_bounds += cv::Point2d(by);
  for (auto& p : roi.points) p += cv::Point2d(by);
  for (auto& p : roi.axis) p += cv::Point2d(by);
  for (std::size_t i = 0; i < roi.path.size();) {
    static constexpr std::size_t points_of[] = {1, 1, 2, 3, 0};
    const auto segment = static_cast<std::size_t>(roi.path[i++]);
    for (std::size_t k = 0; segment < 5 && k < points_of[segment]; ++k, i += 2) {
      if (i + 1 >= roi.path.size()) break;
      roi.path[i] += static_cast<float>(by.x);
      roi.path[i + 1] += static_cast<float>(by.y);
    }
  }
  roi.stored.clear();
  return roi;
}

}  // namespace smear::imagej
