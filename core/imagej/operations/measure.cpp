// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <opencv2/core.hpp>
#include <utility>

#include "imagej/operations/convex-hull.h"
#include "imagej/operations/ellipse-fit.h"
#include "imagej/operations/polygon-fill.h"
#include "imagej/operations/wand.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

using Column = MeasurementColumn;
using Points = std::vector<cv::Point2d>;

std::optional<std::pair<double, double>> limits_of(const std::optional<Threshold>& threshold) {
  if (!threshold) return std::nullopt;
  return std::pair(threshold->lower, threshold->upper);
}

Points corners_of(const cv::Rect& box) {
  const double right = box.x + box.width;
  const double bottom = box.y + box.height;
  return {{static_cast<double>(box.x), static_cast<double>(box.y)},
          {right, static_cast<double>(box.y)},
          {right, bottom},
          {static_cast<double>(box.x), bottom}};
}

// The corners that the hull of an area goes round.
Points outline_of(const MeasuredArea& area, const cv::Size& image) {
  if (area.roi == nullptr) return corners_of({0, 0, image.width, image.height});
  if (area.roi->type == RoiType::rectangle) return corners_of(area.roi->bounds);
  if (area.roi->type == RoiType::oval) return oval_outline(area.roi->bounds);
  Points all;
  for (const auto& polygon : polygons_of(*area.roi))
    all.insert(all.end(), polygon.begin(), polygon.end());
  return all;
}

// Of ovals ImageJ takes the axes, and scales also where they begin.
Feret oval_feret(const cv::Rect& box, const Calibration& scale) {
  const double width = box.width * scale.pixel_width;
  const double height = box.height * scale.pixel_height;
  Feret feret;
  feret.diameter = std::max(width, height);
  feret.minimum = std::min(width, height);
  feret.angle = height > width ? 90.0 : 0.0;
  feret.start = height > width ? cv::Point2d(box.x + box.width / 2.0, box.y + box.height)
                               : cv::Point2d(box.x, box.y + box.height / 2.0);
  feret.start = {feret.start.x * scale.pixel_width, feret.start.y * scale.pixel_height};
  return feret;
}

// ImageJ rounds a hull's corners to whole pixels before it takes its area.
double hull_area(Points hull) {
  for (auto& p : hull) p = {std::floor(p.x + 0.5), std::floor(p.y + 0.5)};
  return polygon_area(hull);
}

double circularity_of(double area, double perimeter, bool capped) {
  if (perimeter == 0.0) return 0.0;
  const double value = 4.0 * std::numbers::pi * (area / (perimeter * perimeter));
  return capped && value > 1.0 ? 1.0 : value;
}

// One row's worth of work: what several columns need.
class Measuring {
 public:
  Measuring(const MeasuringPlane& plane, const MeasuredArea& area, const Statistics& statistics,
            const MeasurementSettings& settings, ResultsTable& table)
      : plane_(plane),
        scale_(plane.image->calibration),
        area_(area),
        stats_(statistics),
        settings_(settings),
        table_(table),
        size_(statistics.count * scale_.pixel_width * scale_.pixel_height) {}

  void run() {
    if (settings_.ellipse || settings_.shape_descriptors) fit();
    add_values();
    add_places();
    add_ellipse();
    add_shape();
    add_density();
    add_limits();
  }

 private:
  [[nodiscard]] double x_of(double x) const { return (x - scale_.x_origin) * scale_.pixel_width; }
  [[nodiscard]] double y_of(double y) const {
    if (settings_.invert_y) {
      if (scale_.y_origin != 0.0) return (scale_.y_origin - y) * scale_.pixel_height;
      return (plane_.image->height() - y - 1.0) * scale_.pixel_height;
    }
    return (y - scale_.y_origin) * scale_.pixel_height;
  }

  void fit() {
    ellipse_ = fitted();
    // Axes have no length where pixels are not square.
    if (scale_.pixel_width != scale_.pixel_height) {
      ellipse_.major = 0.0;
      ellipse_.minor = 0.0;
      return;
    }
    ellipse_.major *= scale_.pixel_width;
    ellipse_.minor *= scale_.pixel_width;
  }

  // Of the pixels within the limits, if there are limits.
  [[nodiscard]] Ellipse fitted() const {
    if (settings_.limit_to_threshold && plane_.threshold && plane_.pixels.channels() == 1) {
      const auto& limits = *plane_.threshold;
      cv::Mat within = bordered_threshold(plane_.pixels(area_.box), limits.lower, limits.upper);
      within = within(cv::Rect(cv::Point(1, 1), area_.box.size()));
      cv::Mat both(area_.box.size(), CV_8UC1, cv::Scalar(0));
      if (area_.mask.empty())
        within.copyTo(both);
      else
        within.copyTo(both, area_.mask);
      return fit_ellipse(both);
    }
    return area_.mask.empty() ? fit_ellipse(area_.box.size()) : fit_ellipse(area_.mask);
  }

  void add_values() {
    if (settings_.area) table_.add(Column::area, size_);
    if (settings_.mean) table_.add(Column::mean, stats_.mean);
    if (settings_.standard_deviation) table_.add(Column::std_dev, stats_.std_dev);
    if (settings_.mode) table_.add(Column::mode, stats_.mode);
    if (settings_.min_max) {
      table_.add(Column::min, stats_.min);
      table_.add(Column::max, stats_.max);
    }
  }

  void add_places() {
    const bool fitted = settings_.ellipse || settings_.shape_descriptors;
    if (settings_.centroid) {
      const double x = fitted ? ellipse_.x + area_.box.x + 0.5 : stats_.x;
      const double y = fitted ? ellipse_.y + area_.box.y + 0.5 : stats_.y;
      table_.add(Column::x, x_of(x));
      table_.add(Column::y, y_of(y));
    }
    if (settings_.center_of_mass) {
      table_.add(Column::xm, x_of(stats_.xm));
      table_.add(Column::ym, y_of(stats_.ym));
    }
    if (settings_.perimeter || settings_.shape_descriptors) perimeter_ = perimeter();
    if (settings_.perimeter) table_.add(Column::perimeter, perimeter_);
    if (!settings_.bounding_rectangle) return;
    table_.add(Column::bx, x_of(area_.box.x));
    table_.add(Column::by, y_of(area_.box.y));
    table_.add(Column::width, area_.box.width * scale_.pixel_width);
    table_.add(Column::height, area_.box.height * scale_.pixel_height);
  }

  [[nodiscard]] double perimeter() const {
    // ImageJ gives the whole image's in pixels, scale or not.
    if (area_.roi == nullptr) return 2.0 * (area_.box.width + area_.box.height);
    // And none of a polygon too thin to have pixels.
    if (!area_.roi->points.empty() && !area_.mask.empty() && cv::countNonZero(area_.mask) == 0)
      return 0.0;
    return length_of(*area_.roi, scale_.pixel_width, scale_.pixel_height);
  }

  void add_ellipse() {
    if (!settings_.ellipse) return;
    table_.add(Column::major, ellipse_.major);
    table_.add(Column::minor, ellipse_.minor);
    table_.add(Column::angle, ellipse_.angle);
  }

  void add_shape() {
    const bool shape = settings_.shape_descriptors;
    if (shape) {
      table_.add(Column::circularity, circularity_of(size_, perimeter_, area_.capped));
      add_fixed(Column::circularity);
    }
    if (!shape && !settings_.feret) return;
    const auto hull = convex_hull(outline_of(area_, plane_.image->area().size()));
    if (settings_.feret) add_feret(hull);
    if (!shape) return;
    table_.add(Column::aspect_ratio, ellipse_.major / ellipse_.minor);
    table_.add(Column::roundness,
               4.0 * size_ / (std::numbers::pi * ellipse_.major * ellipse_.major));
    table_.add(Column::solidity, area_.roi == nullptr ? 1.0 : stats_.count / hull_area(hull));
    for (const auto column : {Column::aspect_ratio, Column::roundness, Column::solidity})
      add_fixed(column);
  }

  void add_feret(const Points& hull) {
    const bool oval = area_.roi != nullptr && area_.roi->type == RoiType::oval;
    const bool whole = area_.roi == nullptr;  // which ImageJ measures in pixels
    Feret feret =
        oval ? oval_feret(area_.roi->bounds, scale_)
             : feret_of(hull, whole ? 1.0 : scale_.pixel_width, whole ? 1.0 : scale_.pixel_height);
    // Of an ellipse ImageJ takes the short axis.
    if (area_.roi != nullptr && area_.roi->subtype == RoiSubtype::ellipse &&
        area_.roi->axis.size() == 2 && scale_.pixel_width == scale_.pixel_height) {
      const cv::Point2d axis = area_.roi->axis[1] - area_.roi->axis[0];
      feret.minimum = std::hypot(axis.x, axis.y) * area_.roi->axis_ratio * scale_.pixel_width;
    }
    table_.add(Column::feret, feret.diameter);
    table_.add(Column::feret_x, feret.start.x);
    table_.add(Column::feret_y, feret.start.y);
    table_.add(Column::feret_angle, feret.angle);
    table_.add(Column::min_feret, feret.minimum);
  }

  void add_density() {
    if (settings_.integrated_density) {
      table_.add(Column::int_den, size_ * stats_.mean);
      table_.add(Column::raw_int_den, stats_.count * stats_.mean);
    }
    if (settings_.median) table_.add(Column::median, stats_.median);
    if (settings_.skewness) table_.add(Column::skewness, stats_.skewness);
    if (settings_.kurtosis) table_.add(Column::kurtosis, stats_.kurtosis);
    if (settings_.area_fraction) table_.add(Column::area_fraction, stats_.area_fraction);
  }

  void add_limits() {
    if (settings_.stack_position) {
      const auto& image = *plane_.image;
      const bool hyper = image.channels > 1 || image.frames > 1;
      if (hyper) {
        table_.add(Column::channel, image.current % image.channels + 1);
        table_.add(Column::slice, image.current / image.channels % image.slices + 1);
        table_.add(Column::frame, image.current / image.channels / image.slices + 1);
      } else {
        table_.add(Column::slice, image.current + 1);
      }
    }
    if (!settings_.limit_to_threshold || plane_.image->type == ImageType::rgb) return;
    const Threshold limits = plane_.threshold ? *plane_.threshold : all_values(plane_.image->type);
    table_.add(Column::min_threshold, limits.lower);
    table_.add(Column::max_threshold, limits.upper);
  }

  // What ImageJ names where there is no threshold.
  static Threshold all_values(ImageType type) {
    constexpr double most = std::numeric_limits<float>::max();
    if (type == ImageType::grey32) return {-most, most, true};
    return {0.0, type == ImageType::grey16 ? 65535.0 : 255.0, true};
  }

  // The decimals of these columns are fixed with the first row.
  void add_fixed(Column column) {
    if (table_.rows() == 1) table_.set_decimals(column, std::abs(table_.precision()));
  }

  const MeasuringPlane& plane_;
  const Calibration& scale_;
  const MeasuredArea& area_;
  const Statistics& stats_;
  const MeasurementSettings& settings_;
  ResultsTable& table_;
  double size_;
  double perimeter_ = 0.0;
  Ellipse ellipse_;
};

}  // namespace

std::vector<Column> columns_of(const MeasurementSettings& s) {
  std::vector<Column> columns;
  const auto add = [&](bool wanted, std::initializer_list<Column> some) {
    if (wanted) columns.insert(columns.end(), some);
  };
  add(s.area, {Column::area});
  add(s.mean, {Column::mean});
  add(s.standard_deviation, {Column::std_dev});
  add(s.mode, {Column::mode});
  add(s.min_max, {Column::min, Column::max});
  add(s.centroid, {Column::x, Column::y});
  add(s.center_of_mass, {Column::xm, Column::ym});
  add(s.perimeter, {Column::perimeter});
  add(s.bounding_rectangle, {Column::bx, Column::by, Column::width, Column::height});
  add(s.ellipse, {Column::major, Column::minor, Column::angle});
  add(s.shape_descriptors,
      {Column::circularity, Column::aspect_ratio, Column::roundness, Column::solidity});
  add(s.feret,
      {Column::feret, Column::feret_x, Column::feret_y, Column::feret_angle, Column::min_feret});
  add(s.integrated_density, {Column::int_den, Column::raw_int_den});
  add(s.median, {Column::median});
  add(s.skewness, {Column::skewness});
  add(s.kurtosis, {Column::kurtosis});
  add(s.area_fraction, {Column::area_fraction});
  add(s.stack_position, {Column::slice});
  add(s.limit_to_threshold, {Column::min_threshold, Column::max_threshold});
  return columns;
}

MeasuredArea area_of(const Roi* roi, const cv::Size& image) {
  MeasuredArea area;
  area.box = {0, 0, image.width, image.height};
  if (roi == nullptr) return area;
  const cv::Mat mask = mask_of(*roi);
  area.roi = roi;
  area.box &= roi->bounds;
  if (area.box.empty())
    throw SampleError("the selection lies outside the image: there is nothing to measure");
  if (!mask.empty()) area.mask = mask(cv::Rect(area.box.tl() - roi->bounds.tl(), area.box.size()));
  return area;
}

MeasuringPlane measuring_plane(const ImagePlus& image, const ImagePlus* redirect, bool weighted) {
  MeasuringPlane plane;
  plane.image = &image;
  plane.weighted = weighted;
  plane.threshold = image.threshold;
  const ImagePlus& measured = redirect != nullptr ? *redirect : image;
  if (measured.width() != image.width() || measured.height() != image.height())
    throw SampleError(fmt::format(
        "Set Measurements redirects to '{}', whose size is {}x{}, that of '{}' is {}x{}",
        measured.title, measured.width(), measured.height(), image.title, image.width(),
        image.height()));
  if (measured.calibration.function != 20)
    throw SampleError(fmt::format("'{}' has calibrated pixel values, which are not measured here",
                                  measured.title));
  if (measured.type == ImageType::colour256)
    throw SampleError(
        fmt::format("'{}' is an 8-bit color image, which is not measured here: convert it first",
                    measured.title));
  plane.pixels = measured.pixels();
  return plane;
}

Statistics statistics_of(const MeasuringPlane& plane, const MeasuredArea& area,
                         const MeasurementSettings& settings) {
  StatisticsNeeds needs;
  needs.median = settings.median;
  needs.moments = settings.center_of_mass || settings.skewness || settings.kurtosis;
  needs.area_fraction = settings.area_fraction;
  const auto thresholds = limits_of(plane.threshold);
  return statistics_of(plane.pixels, area.box, area.mask,
                       settings.limit_to_threshold ? thresholds : std::nullopt, thresholds, needs,
                       plane.weighted);
}

void add_measurements(const MeasuringPlane& plane, const MeasuredArea& area,
                      const Statistics& statistics, const MeasurementSettings& settings,
                      ResultsTable& table) {
  Measuring(plane, area, statistics, settings, table).run();
}

namespace {

// ImageJ's bilinear interpolation between pixel values; 0 outside.
double interpolated(const cv::Mat& pixels, double x, double y) {
  const auto value = [&](int column, int row) -> double {
    switch (pixels.depth()) {
      case CV_8U: return pixels.at<std::uint8_t>(row, column);
      case CV_16U: return pixels.at<std::uint16_t>(row, column);
      default: return pixels.at<float>(row, column);
    }
  };
  const int right = pixels.cols - 1;
  const int bottom = pixels.rows - 1;
  if (x < 0.0 || y < 0.0 || x > right || y > bottom) return 0.0;
  const int x0 = std::min(static_cast<int>(x), std::max(0, right - 1));
  const int y0 = std::min(static_cast<int>(y), std::max(0, bottom - 1));
  const int x1 = std::min(x0 + 1, right);
  const int y1 = std::min(y0 + 1, bottom);
  const double fx = x - x0;
  const double fy = y - y0;
  const double upper = value(x0, y0) + fx * (value(x1, y0) - value(x0, y0));
  const double lower = value(x0, y1) + fx * (value(x1, y1) - value(x0, y1));
  return upper + fy * (lower - upper);
}

cv::Mat profile_of(const cv::Mat& pixels, const cv::Point2d& from, const cv::Point2d& to) {
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const int steps = static_cast<int>(std::floor(std::sqrt(dx * dx + dy * dy) + 0.5));
  cv::Mat profile(1, steps + 1, CV_32FC1);
  double x = from.x;
  double y = from.y;
  for (int i = 0; i <= steps; ++i) {
    profile.at<float>(i) = static_cast<float>(interpolated(pixels, x, y));
    x += steps > 0 ? dx / steps : 0.0;
    y += steps > 0 ? dy / steps : 0.0;
  }
  return profile;
}

}  // namespace

void add_line_measurements(const MeasuringPlane& plane, const Roi& line,
                           const MeasurementSettings& s, ResultsTable& table) {
  const Calibration& scale = plane.image->calibration;
  if (plane.pixels.channels() != 1)
    throw SampleError("lines are measured in 8-bit, 16-bit and 32-bit images: convert it first");
  if (line.stroke_width > 1.0)
    throw SampleError("lines wider than one pixel are not measured here");
  const cv::Point2d from = line.points.front();
  const cv::Point2d to = line.points.back();
  const cv::Mat profile = profile_of(plane.pixels, from, to);
  StatisticsNeeds needs;
  needs.median = s.median;
  const Statistics stats = statistics_of(profile, cv::Rect(0, 0, profile.cols, 1), {}, std::nullopt,
                                         std::nullopt, needs);
  const double size = stats.count * scale.pixel_width * scale.pixel_height;
  const double length = length_of(line, scale.pixel_width, scale.pixel_height);
  const auto set = [&](bool wanted, Column column, double value) {
    if (wanted) table.add(column, value);
  };
  set(s.area, Column::area, size);
  set(s.mean, Column::mean, stats.mean);
  set(s.standard_deviation, Column::std_dev, stats.std_dev);
  set(s.mode, Column::mode, stats.mode);
  set(s.min_max, Column::min, stats.min);
  set(s.min_max, Column::max, stats.max);
  set(s.centroid, Column::x, (from.x + (to.x - from.x) / 2.0) * scale.pixel_width);
  set(s.centroid, Column::y, (from.y + (to.y - from.y) / 2.0) * scale.pixel_height);
  set(s.center_of_mass, Column::xm, 0.0);
  set(s.center_of_mass, Column::ym, 0.0);
  set(s.perimeter, Column::perimeter, length);
  set(s.bounding_rectangle, Column::bx, line.bounds.x * scale.pixel_width);
  set(s.bounding_rectangle, Column::by, line.bounds.y * scale.pixel_height);
  set(s.bounding_rectangle, Column::width, line.bounds.width * scale.pixel_width);
  set(s.bounding_rectangle, Column::height, line.bounds.height * scale.pixel_height);
  set(s.ellipse, Column::major, 0.0);
  set(s.ellipse, Column::minor, 0.0);
  const double dx = (to.x - from.x) * scale.pixel_width;
  const double dy = (from.y - to.y) * scale.pixel_height;
  table.add(Column::angle, std::atan2(dy, dx) * 180.0 / std::numbers::pi);
  const auto fixed = [&](Column column, double value) {
    set(s.shape_descriptors, column, value);
    if (table.rows() == 1) table.set_decimals(column, std::abs(table.precision()));
  };
  fixed(Column::circularity, circularity_of(size, length, true));
  if (s.feret) {
    const Feret feret = feret_of(convex_hull({from, to}), scale.pixel_width, scale.pixel_height);
    table.add(Column::feret, feret.diameter);
    table.add(Column::feret_x, feret.start.x);
    table.add(Column::feret_y, feret.start.y);
    table.add(Column::feret_angle, feret.angle);
    table.add(Column::min_feret, feret.minimum);
  }
  set(s.integrated_density, Column::int_den, size * stats.mean);
  set(s.median, Column::median, stats.median);
  set(s.skewness, Column::skewness, 0.0);
  set(s.kurtosis, Column::kurtosis, 0.0);
  set(s.area_fraction, Column::area_fraction, 0.0);
  set(s.integrated_density, Column::raw_int_den, stats.count * stats.mean);
  fixed(Column::aspect_ratio, 0.0);
  fixed(Column::roundness, 0.0);
  fixed(Column::solidity, std::numeric_limits<double>::quiet_NaN());
  table.add("Length", length);
}

void add_point_measurements(const MeasuringPlane& plane, const cv::Point2d& point,
                            const MeasurementSettings& settings, ResultsTable& table) {
  const Calibration& scale = plane.image->calibration;
  const cv::Rect box(static_cast<int>(std::floor(point.x + 0.5)),
                     static_cast<int>(std::floor(point.y + 0.5)), 1, 1);
  if (!plane.image->area().contains(box.tl()))
    throw SampleError("a point of the selection lies outside the image");
  MeasuredArea area;
  area.box = box;
  Roi roi = Roi::polygon(RoiType::point, {point});
  area.roi = &roi;
  Statistics stats = statistics_of(plane, area, settings);
  const double value = stats.mean;
  stats.count = 0.0;
  stats.xm = point.x;
  stats.ym = point.y;
  add_measurements(plane, area, stats, settings, table);
  const auto place = [&](bool wanted, Column column, double v, bool fixed) {
    if (!wanted) return;
    table.add(column, v);
    if (fixed && table.rows() == 1) table.set_decimals(column, std::abs(table.precision()));
  };
  place(true, Column::x, point.x * scale.pixel_width, true);
  place(true, Column::y, point.y * scale.pixel_height, true);
  place(settings.integrated_density, Column::int_den, value, false);
  place(settings.integrated_density, Column::raw_int_den, value, false);
  place(settings.shape_descriptors, Column::aspect_ratio, 0.0, true);
  place(settings.shape_descriptors, Column::roundness, 0.0, true);
}

}  // namespace smear::imagej
