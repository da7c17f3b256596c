// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string_view>

#include "segmentation/connected-components.h"
#include "smear/sample.h"

/// Lengths in units of a red cell, which make segmentation independent of magnification.
namespace smear::segmentation {

/// Radius of a human red cell in micrometres: its diameter on a dried smear is 7.5.
constexpr double red_cell_radius_um = 3.75;

/// Area of a disk, such as a red cell's.
inline double disk_area(double radius) { return std::numbers::pi * radius * radius; }

/// Radius of a red cell in pixels at the image's pixel size, the geometric mean of its edges;
/// nothing where that is unknown.
inline std::optional<double> red_cell_radius(const Image& image) {
  if (!image.pixel_size()) return std::nullopt;
  return red_cell_radius_um / std::sqrt(image.pixel_size()->x_um * image.pixel_size()->y_um);
}

/// Throws `SampleError` unless the image is float32.
inline void check_float(std::string_view stage, const Image& image, std::string_view slot) {
  if (image.type() != PixelType::float32)
    throw SampleError(
        fmt::format("{} needs '{}' as float32, got {}", stage, slot, name_of(image.type())));
}

/// An RGB image of what is 8-bit grey or RGB. Throws `SampleError` for any other.
inline Image as_rgb(std::string_view stage, const Image& image, std::string_view slot) {
  if (image.type() == PixelType::rgb8) return image;
  if (image.type() != PixelType::grey8)
    throw SampleError(fmt::format("{} needs '{}' as an 8-bit image, grey or RGB, got {}", stage,
                                  slot, name_of(image.type())));
  cv::Mat rgb;
  cv::cvtColor(image.pixels(), rgb, cv::COLOR_GRAY2RGB);
  return image.with_pixels(std::move(rgb));
}

/// The pixels of an optional slot as `as_rgb` gives them; empty where the slot is empty.
/// Throws `SampleError` unless it has the size of slot `image`.
inline cv::Mat optional_rgb(std::string_view stage, const Sample& sample, std::string_view slot) {
  if (!sample.has(slot)) return {};
  const Image given = as_rgb(stage, sample.image(slot), slot);
  check_same_size(stage, sample.image("image"), "image", given, slot);
  return given.pixels();
}

/// A mask of what the labels or the mask in a slot cover; an empty mask where the slot is empty.
/// Throws `SampleError` unless it has the size of `like`.
inline cv::Mat where_labelled(std::string_view stage, const Sample& sample, std::string_view slot,
                              const Image& like) {
  if (!sample.has(slot)) return cv::Mat::zeros(like.pixels().size(), CV_8UC1);
  check_same_size(stage, like, "density-green", sample.image(slot), slot);
  return sample.image(slot).pixels() > 0;
}

/// The three slots of `optical-density`, checked: float32 and of one size.
class Densities {
 public:
  Densities(std::string_view stage, const Sample& sample)
      : image_(sample.image("density-green")),
        red_(sample.image("density-red").pixels()),
        blue_(sample.image("density-blue").pixels()) {
    for (const char* slot : {"density-red", "density-green", "density-blue"}) {
      check_float(stage, sample.image(slot), slot);
      check_same_size(stage, image_, "density-green", sample.image(slot), slot);
    }
  }

  /// That of green, with the calibration of all.
  [[nodiscard]] const Image& image() const { return image_; }
  [[nodiscard]] cv::Size size() const { return image_.pixels().size(); }
  [[nodiscard]] const cv::Mat& red() const { return red_; }
  [[nodiscard]] const cv::Mat& green() const { return image_.pixels(); }
  [[nodiscard]] const cv::Mat& blue() const { return blue_; }
  [[nodiscard]] const float* red(int y) const { return red_.ptr<float>(y); }
  [[nodiscard]] const float* green(int y) const { return green().ptr<float>(y); }
  [[nodiscard]] const float* blue(int y) const { return blue_.ptr<float>(y); }

 private:
  Image image_;
  cv::Mat red_;
  cv::Mat blue_;
};

}  // namespace smear::segmentation
