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

// Of a selection's options: a curve runs through its points.
constexpr unsigned kSpline = 1;

std::optional<std::pair<double, double>> limits_of(const std::optional<Threshold>& threshold) {
  if (!threshold) return std::nullopt;
  return std::pair(threshold->lower, threshold->upper);
}

// In single precision, as ImageJ keeps them.
Points corners_of(const cv::Rect2d& box) {
  const auto single = [](double value) { return static_cast<double>(static_cast<float>(value)); };
  const double left = single(box.x);
  const double top = single(box.y);
  const double right = single(box.x + box.width);
  const double bottom = single(box.y + box.height);
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
}

// The corners that the hull of an area goes round.
Points outline_of(const MeasuredArea& area, const cv::Size& image) {
  if (area.roi == nullptr) return corners_of(cv::Rect2d(0.0, 0.0, image.width, image.height));
  if (area.roi->type == RoiType::rectangle)
    return corners_of(area.roi->exact_bounds.value_or(cv::Rect2d(area.roi->bounds)));
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

// The columns that only some selections have. ImageJ adds them where they are first needed.
void add_rotated(const Roi& roi, const Calibration& scale, ResultsTable& table) {
  if (roi.subtype != RoiSubtype::rotated_rectangle || roi.axis.size() != 2) return;
  // Which are not scaled where pixels are not square.
  const double unit = scale.pixel_width == scale.pixel_height ? scale.pixel_width : 1.0;
  const cv::Point2d axis = roi.axis[1] - roi.axis[0];
  table.add("RRLength", std::hypot(axis.x, axis.y) * unit);
  table.add("RRWidth", roi.axis_ratio * unit);
}

void add_group(const Roi& roi, ResultsTable& table) {
  if (roi.group > 0) table.add("Group", roi.group);
}

// What ImageJ names where there is no threshold.
Threshold all_values(ImageType type) {
  constexpr double most = std::numeric_limits<float>::max();
  if (type == ImageType::grey32) return {-most, most, true};
  return {0.0, type == ImageType::grey16 ? 65535.0 : 255.0, true};
}

void add_position_and_limits(const MeasuringPlane& plane, const MeasurementSettings& settings,
                             ResultsTable& table) {
  const auto& image = *plane.image;
  if (settings.stack_position) {
    const int directions = (image.channels > 1) + (image.slices > 1) + (image.frames > 1);
    if (image.hyperstack || image.is_composite() || directions > 1) {
      if (image.channels > 1) table.add(Column::channel, image.channel_of(image.current) + 1);
      if (image.slices > 1)
        table.add(Column::slice, image.current / image.channels % image.slices + 1);
      if (image.frames > 1)
        table.add(Column::frame, image.current / image.channels / image.slices + 1);
    } else {
      table.add(Column::slice, image.current + 1);
      table.make_lasting(heading_of(Column::slice));
    }
  }
  if (!settings.limit_to_threshold || image.type == ImageType::rgb) return;
  const Threshold limits = plane.threshold ? *plane.threshold : all_values(image.type);
  table.add(Column::min_threshold, limits.lower);
  table.add(Column::max_threshold, limits.upper);
}

/// Places in units of length: from the origin, and upwards where Set Measurements inverts Y.
class Places {
 public:
  Places(const ImagePlus& image, const MeasurementSettings& settings)
      : scale_(image.calibration), height_(image.height()), inverted_(settings.invert_y) {}
  [[nodiscard]] double x(double x) const { return (x - scale_.x_origin) * scale_.pixel_width; }
  [[nodiscard]] double y(double y) const {
    if (!inverted_) return (y - scale_.y_origin) * scale_.pixel_height;
    if (scale_.y_origin != 0.0) return (scale_.y_origin - y) * scale_.pixel_height;
    return (height_ - y - 1.0) * scale_.pixel_height;
  }

 private:
  const Calibration& scale_;
  double height_;
  bool inverted_;
};

// One row's worth of work: what several columns need.
class Measuring {
 public:
  Measuring(const MeasuringPlane& plane, const MeasuredArea& area, const Statistics& statistics,
            const MeasurementSettings& settings, ResultsTable& table)
      : plane_(plane),
        scale_(plane.image->calibration),
        places_(*plane.image, settings),
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
    add_position_and_limits(plane_, settings_, table_);
    if (area_.roi == nullptr || area_.roi->type == RoiType::point) return;
    add_rotated(*area_.roi, scale_, table_);
    add_group(*area_.roi, table_);
  }

 private:
  void fit() {
    ellipse_ = fitted();
    // Axes have no length where pixels are not square, more or less.
    if (!(std::abs(1.0 - scale_.pixel_height / scale_.pixel_width) <= 0.01)) {
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
      table_.add(Column::x, places_.x(x));
      table_.add(Column::y, places_.y(y));
    }
    if (settings_.center_of_mass) {
      table_.add(Column::xm, places_.x(stats_.xm));
      table_.add(Column::ym, places_.y(stats_.ym));
    }
    if (settings_.perimeter || settings_.shape_descriptors) perimeter_ = perimeter();
    if (settings_.perimeter) table_.add(Column::perimeter, perimeter_);
    if (!settings_.bounding_rectangle) return;
    table_.add(Column::bx, places_.x(area_.box.x));
    table_.add(Column::by, places_.y(area_.box.y));
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
    const double of_image = stats_.count > 0.0 ? 1.0 : std::numeric_limits<double>::quiet_NaN();
    table_.add(Column::solidity, area_.roi == nullptr ? of_image : stats_.count / hull_area(hull));
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

  // The decimals of these columns are fixed with the first row.
  void add_fixed(Column column) {
    if (table_.rows() == 1) table_.set_decimals(column, std::abs(table_.precision()));
  }

  const MeasuringPlane& plane_;
  const Calibration& scale_;
  Places places_;
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

// ImageJ's bilinear interpolation between pixel values. Those at the edge go on for a pixel's width
// on each side, behind which there is 0.
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
  if (!(x >= -1.0 && y >= -1.0 && x < pixels.cols && y < pixels.rows)) return 0.0;
  x = std::clamp<double>(x, 0.0, right);
  y = std::clamp<double>(y, 0.0, bottom);
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

// Along a line of several sides ImageJ goes in steps of a hundredth of a pixel, and takes a value
// where it is a pixel, but for half a step, away from where it took the last one. It does not come
// to a side's end.
cv::Mat profile_of(const cv::Mat& pixels, const Points& corners) {
  constexpr double step = 0.01;
  std::vector<float> values;
  cv::Point2d last;
  for (std::size_t i = 1; i < corners.size(); ++i) {
    const cv::Point2d side = corners[i] - corners[i - 1];
    const double length = std::sqrt(side.x * side.x + side.y * side.y);
    const cv::Point2d along = length > 0.0 ? side * (step / length) : cv::Point2d();
    const int steps = std::max(1, static_cast<int>(length / step));
    for (int k = 0; k < steps; ++k) {
      const cv::Point2d at = corners[i - 1] + along * static_cast<double>(k);
      const cv::Point2d gone = at - last;
      if (!values.empty() && std::sqrt(gone.x * gone.x + gone.y * gone.y) < 1.0 - step / 2.0)
        continue;
      values.push_back(static_cast<float>(interpolated(pixels, at.x, at.y)));
      last = at;
    }
  }
  return cv::Mat(values, true).reshape(1, 1);
}

// What ImageJ keeps of the values along a line where measurements are limited to the threshold:
// whole ones in images of whole values.
cv::Mat whole_values(cv::Mat profile, int depth) {
  if (depth == CV_32F) return profile;
  for (int i = 0; i < profile.cols; ++i)
    profile.at<float>(i) = std::floor(profile.at<float>(i) + 0.5F);
  cv::Mat whole;
  profile.convertTo(whole, depth);
  return whole;
}

// The angle at the second of three points, in degrees.
double angle_at(const Points& p) {
  const cv::Point2d a = p[0] - p[1];
  const cv::Point2d b = p[2] - p[1];
  const double between =
      std::abs(std::atan2(a.y, a.x) - std::atan2(b.y, b.x)) * 180.0 / std::numbers::pi;
  return between > 180.0 ? 360.0 - between : between;
}

// Which lines are measured.
void check_line(const MeasuringPlane& plane, const Roi& line) {
  if (plane.pixels.channels() != 1)
    throw SampleError("lines are measured in 8-bit, 16-bit and 32-bit images: convert it first");
  if (line.stroke_width > 1.0)
    throw SampleError("lines wider than one pixel are not measured here: set a width of 1");
  if ((line.options & kSpline) != 0)
    throw SampleError(
        "curves fitted to a line (Fit Spline) are not measured here: take the line without the "
        "curve");
}

}  // namespace

Statistics statistics_along(const MeasuringPlane& plane, const Roi& line,
                            const MeasurementSettings& settings) {
  check_line(plane, line);
  cv::Mat profile = line.type == RoiType::line
                        ? profile_of(plane.pixels, line.points.front(), line.points.back())
                        : profile_of(plane.pixels, line.points);
  std::optional<std::pair<double, double>> limits;
  if (settings.limit_to_threshold) {
    profile = whole_values(profile, plane.pixels.depth());
    limits = limits_of(plane.threshold);
  }
  StatisticsNeeds needs;
  needs.median = settings.median;
  return statistics_of(profile, cv::Rect(0, 0, profile.cols, 1), {}, limits, std::nullopt, needs);
}

namespace {

// Of a selection without an area: its values along it, none of an angle.
class LineMeasuring {
 public:
  LineMeasuring(const MeasuringPlane& plane, const Roi& line, const MeasurementSettings& settings,
                ResultsTable& table)
      : plane_(plane),
        scale_(plane.image->calibration),
        places_(*plane.image, settings),
        line_(line),
        settings_(settings),
        table_(table),
        angle_(line.type == RoiType::angle),
        length_(length_of(line, scale_.pixel_width, scale_.pixel_height)) {}

  void run() {
    if (!angle_ && !asks_for_values()) return add_length_alone();
    if (!angle_) stats_ = statistics_along(plane_, line_, settings_);
    size_ = stats_.count * scale_.pixel_width * scale_.pixel_height;
    add_values();
    add_places();
    add_shape();
    add_density();
    add_others();
  }

 private:
  // ImageJ measures a line only where one of these is asked for.
  [[nodiscard]] bool asks_for_values() const {
    return settings_.area || settings_.mean || settings_.standard_deviation || settings_.mode ||
           settings_.min_max || settings_.centroid || settings_.median;
  }

  // What other columns the table has from other rows stays 0.
  void add_length_alone() {
    add_angle();
    add_length();
    add_group(line_, table_);
  }

  void set(bool wanted, Column column, double value) {
    if (wanted) table_.add(column, value);
  }
  void set_fixed(Column column, double value) {
    set(settings_.shape_descriptors, column, value);
    if (table_.rows() == 1) table_.set_decimals(column, std::abs(table_.precision()));
  }

  void add_values() {
    set(settings_.area, Column::area, size_);
    set(settings_.mean, Column::mean, stats_.mean);
    set(settings_.standard_deviation, Column::std_dev, stats_.std_dev);
    set(settings_.mode, Column::mode, stats_.mode);
    set(settings_.min_max, Column::min, stats_.min);
    set(settings_.min_max, Column::max, stats_.max);
  }

  void add_places() {
    // Where ImageJ has no place it takes the upper left corner, never counted upwards.
    const cv::Point2d origin((0.0 - scale_.x_origin) * scale_.pixel_width,
                             (0.0 - scale_.y_origin) * scale_.pixel_height);
    if (line_.type == RoiType::line) {
      const auto middle = line_.points.front() + (line_.points.back() - line_.points.front()) / 2.0;
      set(settings_.centroid, Column::x, places_.x(middle.x));
      set(settings_.centroid, Column::y, places_.y(middle.y));
    } else {
      set(settings_.centroid, Column::x, origin.x);
      set(settings_.centroid, Column::y, origin.y);
    }
    set(settings_.center_of_mass, Column::xm, 0.0);
    set(settings_.center_of_mass, Column::ym, 0.0);
    set(settings_.perimeter, Column::perimeter, length_);
    const cv::Rect box = line_.bounds;
    set(settings_.bounding_rectangle, Column::bx, angle_ ? origin.x : places_.x(box.x));
    set(settings_.bounding_rectangle, Column::by, angle_ ? origin.y : places_.y(box.y));
    set(settings_.bounding_rectangle, Column::width, angle_ ? 0.0 : box.width * scale_.pixel_width);
    set(settings_.bounding_rectangle, Column::height,
        angle_ ? 0.0 : box.height * scale_.pixel_height);
    set(settings_.ellipse, Column::major, 0.0);
    set(settings_.ellipse, Column::minor, 0.0);
    set(settings_.ellipse, Column::angle, 0.0);
    add_angle();
  }

  void add_length() {
    table_.add("Length", length_);
    table_.make_lasting("Length");
  }

  void add_angle() {
    const bool corner = angle_ && line_.points.size() == 3;
    if (corner) {
      table_.add(Column::angle, angle_at(line_.points));
    } else if (line_.type == RoiType::line) {
      const double dx = (line_.points.back().x - line_.points.front().x) * scale_.pixel_width;
      const double dy = (line_.points.front().y - line_.points.back().y) * scale_.pixel_height;
      table_.add(Column::angle, std::atan2(dy, dx) * 180.0 / std::numbers::pi);
    }
    if (corner || line_.type == RoiType::line) table_.make_lasting(heading_of(Column::angle));
  }

  void add_shape() {
    set_fixed(Column::circularity, circularity_of(size_, length_, true));
    if (!settings_.feret) return;
    const Feret feret =
        feret_of(convex_hull(line_.points), scale_.pixel_width, scale_.pixel_height);
    table_.add(Column::feret, feret.diameter);
    table_.add(Column::feret_x, feret.start.x);
    table_.add(Column::feret_y, feret.start.y);
    table_.add(Column::feret_angle, feret.angle);
    table_.add(Column::min_feret, feret.minimum);
  }

  void add_density() {
    set(settings_.integrated_density, Column::int_den, size_ * stats_.mean);
    set(settings_.median, Column::median, stats_.median);
    set(settings_.skewness, Column::skewness, 0.0);
    set(settings_.kurtosis, Column::kurtosis, 0.0);
    set(settings_.area_fraction, Column::area_fraction, 0.0);
    set(settings_.integrated_density, Column::raw_int_den, stats_.count * stats_.mean);
  }

  void add_others() {
    set_fixed(Column::aspect_ratio, 0.0);
    set_fixed(Column::roundness, 0.0);
    set_fixed(Column::solidity, std::numeric_limits<double>::quiet_NaN());
    add_position_and_limits(plane_, settings_, table_);
    if (angle_) set_no_limits();
    if (!angle_) add_length();
    add_group(line_, table_);
  }

  // There are no values that would be limited.
  void set_no_limits() {
    if (!settings_.limit_to_threshold || plane_.image->type == ImageType::rgb) return;
    table_.add(Column::min_threshold, std::numeric_limits<double>::quiet_NaN());
    table_.add(Column::max_threshold, std::numeric_limits<double>::quiet_NaN());
  }

  const MeasuringPlane& plane_;
  const Calibration& scale_;
  Places places_;
  const Roi& line_;
  const MeasurementSettings& settings_;
  ResultsTable& table_;
  bool angle_;
  double length_;
  double size_ = 0.0;
  Statistics stats_;
};

}  // namespace

void add_line_measurements(const MeasuringPlane& plane, const Roi& line,
                           const MeasurementSettings& settings, ResultsTable& table) {
  check_line(plane, line);
  LineMeasuring(plane, line, settings, table).run();
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
  const double pixel = scale.pixel_width * scale.pixel_height;
  stats.count = 0.0;
  auto others = settings;
  others.center_of_mass = false;
  add_measurements(plane, area, stats, others, table);
  const auto place = [&](bool wanted, Column column, double v, bool fixed = false) {
    if (!wanted) return;
    table.add(column, v);
    if (fixed && table.rows() == 1) table.set_decimals(column, std::abs(table.precision()));
  };
  // A pixel's area comes first, and decides the column's decimals.
  place(settings.area, Column::area, pixel);
  place(settings.area, Column::area, 0.0);
  const Places places(*plane.image, settings);
  place(true, Column::x, places.x(point.x), settings.centroid);
  place(true, Column::y, places.y(point.y), settings.centroid);
  for (const auto column : {Column::x, Column::y}) table.make_lasting(heading_of(column));
  const auto planes = static_cast<int>(plane.image->stack.size());
  if (planes > 1 && plane.image->slices != planes)
    throw SampleError("points are measured in single images and plain stacks: split the channels");
  place(planes > 1, Column::slice, plane.image->current + 1);
  // The centre of mass is in pixels, scale or not.
  place(settings.center_of_mass, Column::xm, point.x);
  place(settings.center_of_mass, Column::ym, point.y);
  place(settings.integrated_density, Column::int_den, pixel * stats.mean);
  place(settings.integrated_density, Column::raw_int_den, stats.mean);
  place(settings.shape_descriptors, Column::aspect_ratio, 0.0, true);
  place(settings.shape_descriptors, Column::roundness, 0.0, true);
}

}  // namespace smear::imagej
