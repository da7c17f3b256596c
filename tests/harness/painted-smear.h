// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "harness/shapes.h"
#include "harness/stages.h"

/// Smears painted from disks and ellipses of known stain, for tests of the segmentation of cells.
namespace smear::test {

/// Optical density, decadic, of red, green and blue light.
using Density = cv::Vec3d;

inline const Density pink_red_cell{0.05, 0.20, 0.15};
inline const Density brown_red_cell{0.10, 0.22, 0.30};
inline const Density grey_red_cell{0.19, 0.22, 0.17};  ///< blue-grey
inline const Density purple_nucleus{0.50, 0.75, 0.25};
inline const Density blue_nucleus{0.65, 0.60, 0.22};
inline const Density pale_cytoplasm{0.14, 0.12, 0.04};
inline const Density blue_cytoplasm{0.30, 0.25, 0.10};
inline const Density violet_platelet{0.22, 0.26, 0.08};

class PaintedSmear {
 public:
  PaintedSmear(int width, int height) : density_(height, width, CV_64FC3, cv::Scalar::all(0)) {}

  /// A body with half-axes `a` and `b`, `a` turned by `angle` (radians), which hides what is below.
  void ellipse(cv::Point2d centre, double a, double b, double angle, const Density& density) {
    draw(centre, a, b, angle, [&](cv::Vec3d& pixel, double cover, double) {
      pixel = (1.0 - cover) * pixel + cover * density;
    });
  }
  void disk(cv::Point2d centre, double radius, const Density& density) {
    ellipse(centre, radius, radius, 0.0, density);
  }

  /// A red cell, whose density adds to what is below. The middle lacks `pallor` (0..1) of it, half
  /// of that at `width` radii.
  void red_ellipse(cv::Point2d centre, double a, double b, double angle, const Density& density,
                   double pallor = 0.4, double width = 0.4) {
    draw(centre, a, b, angle, [&](cv::Vec3d& pixel, double cover, double t) {
      pixel += cover * (1.0 - pallor * std::exp2(-t * t / (width * width))) * density;
    });
  }
  void red_cell(cv::Point2d centre, double radius, const Density& density, double pallor = 0.4,
                double width = 0.4) {
    red_ellipse(centre, radius, radius, 0.0, density, pallor, width);
  }

  /// What a camera sees of it: a slight blur, and noise of `noise` grey levels.
  [[nodiscard]] cv::Mat image(double noise = 1.5, const cv::Vec3d& light = {240, 234, 238},
                              unsigned seed = 1) const {
    cv::Mat seen(density_.size(), CV_32FC3);
    for (int y = 0; y < seen.rows; ++y)
      for (int x = 0; x < seen.cols; ++x)
        for (int c = 0; c < 3; ++c)
          seen.at<cv::Vec3f>(y, x)[c] = static_cast<float>(
              light[c] * std::exp(-std::log(10.0) * density_.at<cv::Vec3d>(y, x)[c]));
    cv::GaussianBlur(seen, seen, {}, 0.7);
    cv::Mat grain(seen.size(), CV_32FC3);
    cv::RNG generator(seed);
    generator.fill(grain, cv::RNG::NORMAL, 0.0, std::max(noise, 1e-9));
    cv::Mat result;
    cv::Mat(seen + grain).convertTo(result, CV_8U);
    return result;
  }

 private:
  template <typename Mix>
  void draw(cv::Point2d centre, double a, double b, double angle, const Mix& mix) {
    const double reach = std::max(a, b) + 1.0;
    const cv::Point first(cvFloor(centre.x - reach), cvFloor(centre.y - reach));
    const cv::Point last(cvCeil(centre.x + reach), cvCeil(centre.y + reach));
    const cv::Rect box = cv::Rect(first, last) & cv::Rect({0, 0}, density_.size());
    for (int y = box.y; y < box.y + box.height; ++y)
      for (int x = box.x; x < box.x + box.width; ++x) {
        const double dx = x - centre.x;
        const double dy = y - centre.y;
        const double u = (dx * std::cos(angle) + dy * std::sin(angle)) / a;
        const double v = (dy * std::cos(angle) - dx * std::sin(angle)) / b;
        const double t = std::hypot(u, v);
        const double slope = t > 1e-6 ? std::hypot(u / a, v / b) / t : 1.0 / a;
        const double cover = std::clamp(0.5 + (1.0 - t) / slope, 0.0, 1.0);
        if (cover > 0.0) mix(density_.at<cv::Vec3d>(y, x), cover, t);
      }
  }

  cv::Mat density_;
};

/// Points on a hexagonal grid, moved at random by up to `jitter`, at least `margin` from the edges.
inline std::vector<cv::Point2d> spread(int width, int height, double pitch, double margin,
                                       double jitter = 0.0, unsigned seed = 1) {
  cv::RNG generator(seed);
  std::vector<cv::Point2d> points;
  bool odd = false;
  for (double y = margin; y <= height - 1 - margin; y += pitch * 0.867, odd = !odd)
    for (double x = margin + (odd ? pitch / 2 : 0.0); x <= width - 1 - margin; x += pitch)
      points.emplace_back(x + generator.uniform(-jitter, jitter),
                          y + generator.uniform(-jitter, jitter));
  return points;
}

/// The points at least `distance` away from `place`.
inline std::vector<cv::Point2d> away_from(const std::vector<cv::Point2d>& points, cv::Point2d place,
                                          double distance) {
  std::vector<cv::Point2d> result;
  for (const cv::Point2d point : points)
    if (std::hypot(point.x - place.x, point.y - place.y) >= distance) result.push_back(point);
  return result;
}

/// A sample with this image; red cells have `red_radius` pixels if that is known (not 0).
inline Sample sample_of(const cv::Mat& image, double red_radius = 0.0) {
  Sample sample(SampleId{"image.png", 0});
  std::optional<PixelSize> size;
  if (red_radius > 0.0) size = PixelSize{3.75 / red_radius, 3.75 / red_radius};
  sample.set("source", Image(image, size));
  sample.set("image", Image(image, size));
  return sample;
}

/// As `sample_of`, after the stages that come before those that look for cells.
inline Sample prepared(const cv::Mat& image, double red_radius = 0.0) {
  Sample sample = sample_of(image, red_radius);
  run_stage("gaussian-blur", {{"sigma", 0.7}}, sample);
  for (const char* stage : {"background", "optical-density", "smear-scale", "stain-classes"})
    run_stage(stage, {}, sample);
  return sample;
}

/// Number of the labels, which must be 1..n.
inline int count_labels(const cv::Mat& labels) {
  double largest = 0.0;
  cv::minMaxLoc(labels, nullptr, &largest);
  return static_cast<int>(largest);
}

/// Dice coefficient of two masks.
inline double dice(const cv::Mat& a, const cv::Mat& b) {
  const int sum = cv::countNonZero(a) + cv::countNonZero(b);
  return sum == 0 ? 1.0 : 2.0 * cv::countNonZero(a & b) / sum;
}

/// Intersection over union of two masks.
inline double iou(const cv::Mat& a, const cv::Mat& b) {
  const int either = cv::countNonZero(a | b);
  return either == 0 ? 1.0 : static_cast<double>(cv::countNonZero(a & b)) / either;
}

/// Whether labels are 1..n, each in use, numbered in the order of their first pixels.
inline bool in_raster_order(const cv::Mat& labels) {
  int seen = 0;
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const int label = labels.at<int>(y, x);
      if (label < 0 || label > seen + 1) return false;
      seen = std::max(seen, label);
    }
  return true;
}

}  // namespace smear::test
