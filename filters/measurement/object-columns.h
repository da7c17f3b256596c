// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measurement/object-shapes.h"
#include "segmentation/connected-components.h"
#include "smear/sample.h"

/// The columns of a table of objects: shapes and intensities.
namespace smear::measurement {

/// Of one channel of one object; without pixels all are 0.
struct Intensity {
  double mean = 0.0;
  double smallest = 0.0;
  double largest = 0.0;
  double deviation = 0.0;
};

/// Adds up the values of one channel of one object, as differences from the first one, which keeps
/// large values of little spread exact. `Number` is `double`, or `std::int64_t` for whole values.
template <typename Number>
class IntensitySums {
 public:
  void add(Number value) {
    if (count_ == 0) first_ = smallest_ = largest_ = value;
    ++count_;
    smallest_ = std::min(smallest_, value);
    largest_ = std::max(largest_, value);
    sum_ += value - first_;
    squares_ += (value - first_) * (value - first_);
  }

  [[nodiscard]] Intensity result() const {
    if (count_ == 0) return {};
    const auto n = static_cast<double>(count_);
    const auto sum = static_cast<double>(sum_);
    const double squares = std::max(0.0, static_cast<double>(squares_) - sum * sum / n);
    return {.mean = static_cast<double>(first_) + sum / n,
            .smallest = static_cast<double>(smallest_),
            .largest = static_cast<double>(largest_),
            .deviation = count_ < 2 ? 0.0 : std::sqrt(squares / (n - 1.0))};
  }

 private:
  std::int64_t count_ = 0;
  Number first_{};
  Number smallest_{};
  Number largest_{};
  Number sum_{};
  Number squares_{};
};

/// One entry a label and channel: `label * channels + channel`.
template <typename Pixel>
std::vector<Intensity> intensities(const cv::Mat& image, const cv::Mat& labels, int largest) {
  using Number = std::conditional_t<std::is_integral_v<Pixel>, std::int64_t, double>;
  const auto channels = static_cast<std::size_t>(image.channels());
  std::vector<IntensitySums<Number>> sums((static_cast<std::size_t>(largest) + 1) * channels);
  for_each_run(labels, [&](int label, int y, int first, int last) {
    const auto* row = image.ptr<Pixel>(y);
    for (std::size_t c = 0; c < channels; ++c) {
      IntensitySums<Number>& object = sums[static_cast<std::size_t>(label) * channels + c];
      IntensitySums<Number> here = object;  // stays in registers
      for (int x = first; x <= last; ++x)
        here.add(static_cast<Number>(row[static_cast<std::size_t>(x) * channels + c]));
      object = here;
    }
  });
  std::vector<Intensity> result;
  result.reserve(sums.size());
  for (const auto& object : sums) result.push_back(object.result());
  return result;
}

/// Throws `SampleError`, in the stage's name, for an image that is none to measure.
inline std::vector<Intensity> intensities(std::string_view stage, const Image& image,
                                          const cv::Mat& labels, int largest) {
  switch (image.type()) {
    case PixelType::grey8:
    case PixelType::rgb8: return intensities<std::uint8_t>(image.pixels(), labels, largest);
    case PixelType::grey16: return intensities<std::uint16_t>(image.pixels(), labels, largest);
    case PixelType::float32: return intensities<float>(image.pixels(), labels, largest);
    case PixelType::label32: break;
  }
  throw SampleError(
      fmt::format("{} takes intensities from grey and RGB images, not from labels", stage));
}

/// Adds a column made of one number an object.
template <typename Objects, typename Number>
void add_column(Table& table, const std::string& name, const Objects& objects,
                const Number& number) {
  std::vector<std::decay_t<std::invoke_result_t<Number, typename Objects::const_reference>>> values;
  values.reserve(objects.size());
  for (const auto& object : objects) values.push_back(number(object));
  table.add(name, std::move(values));
}

inline void add_label_column(Table& table, const std::vector<Shape>& shapes) {
  add_column(table, "label", shapes, [](const Shape& s) { return std::int64_t{s.label}; });
}

/// Size, shape and place. The scale decides on circularity and aspect ratio only.
inline void add_pixel_columns(Table& table, const std::vector<Shape>& shapes, Scale scale) {
  const auto add = [&](const char* name, const auto& number) {
    add_column(table, name, shapes, number);
  };
  add("area_px", [](const Shape& s) { return s.area; });
  add("perimeter_px", [](const Shape& s) { return s.perimeter; });
  add("circularity", [&](const Shape& s) {
    return circularity(static_cast<double>(s.area) * scale.x * scale.y, s.scaled_perimeter);
  });
  add("solidity", [](const Shape& s) { return static_cast<double>(s.area) / s.hull.area({}); });
  add("feret_max_px", [](const Shape& s) { return s.hull.max_feret({}); });
  add("feret_min_px", [](const Shape& s) { return s.hull.min_feret({}); });
  add("major_axis_px", [](const Shape& s) { return s.moments.ellipse_axes({}).first; });
  add("minor_axis_px", [](const Shape& s) { return s.moments.ellipse_axes({}).second; });
  add("aspect_ratio", [&](const Shape& s) {
    const auto [major, minor] = s.moments.ellipse_axes(scale);
    return major / minor;
  });
  add("centroid_x_px", [](const Shape& s) { return s.centroid.x; });
  add("centroid_y_px", [](const Shape& s) { return s.centroid.y; });
  add("bbox_x", [](const Shape& s) { return std::int64_t{s.box.x}; });
  add("bbox_y", [](const Shape& s) { return std::int64_t{s.box.y}; });
  add("bbox_width", [](const Shape& s) { return std::int64_t{s.box.width}; });
  add("bbox_height", [](const Shape& s) { return std::int64_t{s.box.height}; });
}

/// What has a length, for pixels of this many micrometres.
inline void add_micrometre_columns(Table& table, const std::vector<Shape>& shapes, Scale scale) {
  const auto add = [&](const char* name, const auto& number) {
    add_column(table, name, shapes, number);
  };
  add("area_um2", [&](const Shape& s) { return static_cast<double>(s.area) * scale.x * scale.y; });
  add("perimeter_um", [](const Shape& s) { return s.scaled_perimeter; });
  add("feret_max_um", [&](const Shape& s) { return s.hull.max_feret(scale); });
  add("feret_min_um", [&](const Shape& s) { return s.hull.min_feret(scale); });
  add("major_axis_um", [&](const Shape& s) { return s.moments.ellipse_axes(scale).first; });
  add("minor_axis_um", [&](const Shape& s) { return s.moments.ellipse_axes(scale).second; });
  add("centroid_x_um", [&](const Shape& s) { return s.centroid.x * scale.x; });
  add("centroid_y_um", [&](const Shape& s) { return s.centroid.y * scale.y; });
}

/// One row a shape, from the pixels of `labels` that have its label. Shapes are those
/// of all labels, in label order.
/// The stage's name is for errors.
inline void add_intensity_columns(Table& table, std::string_view stage,
                                  const std::vector<Shape>& shapes, const Image& image,
                                  const Image& labels) {
  segmentation::check_same_size(stage, labels, "labels", image, "image");
  const int largest = shapes.empty() ? 0 : shapes.back().label;
  const auto all = intensities(stage, image, labels.pixels(), largest);
  const auto names = image.channels() == 3 ? std::vector<std::string>{"red", "green", "blue"}
                                           : std::vector<std::string>{"intensity"};
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto of = [&](const Shape& s) -> const Intensity& {
      return all[static_cast<std::size_t>(s.label) * names.size() + c];
    };
    add_column(table, names[c] + "_mean", shapes, [&](const Shape& s) { return of(s).mean; });
    add_column(table, names[c] + "_min", shapes, [&](const Shape& s) { return of(s).smallest; });
    add_column(table, names[c] + "_max", shapes, [&](const Shape& s) { return of(s).largest; });
    add_column(table, names[c] + "_std", shapes, [&](const Shape& s) { return of(s).deviation; });
  }
}

}  // namespace smear::measurement
