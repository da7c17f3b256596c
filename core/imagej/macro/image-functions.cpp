// SPDX-License-Identifier: Apache-2.0
// Functions that change pixels, selections and what else an image has, and that ask for its
// histogram and outlines.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "imagej/macro/functions.h"
#include "imagej/macro/pixel-values.h"
#include "imagej/operations/polygon-fill.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;
using Elements = std::vector<MacroValue>;

ImagePlus& image_of(BuiltinCall& call) { return call.session.active(); }

ArrayRef array_of_numbers(const std::vector<double>& numbers) {
  auto result = std::make_shared<Elements>();
  for (const double one : numbers) result->push_back({one});
  return result;
}

// ----- histograms

Value get_histogram(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  if (call.count() == 4) throw ValueError("getHistogram takes 3 or 5 arguments");
  const bool bytes = image.type != ImageType::grey16 && image.type != ImageType::grey32;
  const auto bins = java_int(call.number(2));
  const bool whole = image.type == ImageType::grey16 && bins == 65536 && call.count() == 3;
  if (bins < 1 || bins > 65536) throw ValueError("a histogram has 1..65536 bins");
  if (bytes && (bins != 256 || call.count() > 3))
    throw ValueError("the histogram of an 8-bit or RGB image has 256 bins and no limits");
  if (call.session.preferences.weighted_rgb && image.type == ImageType::rgb)
    throw ValueError("the histogram of an RGB image is supported without weights",
                     "run(\"8-bit\") first");
  double low = 0.0;
  double high = bytes ? 256.0 : 65536.0;
  if (!bytes && !whole) {
    if (call.count() > 3) {
      low = call.number(3);
      high = call.number(4);
    } else {
      low = std::numeric_limits<double>::infinity();
      high = -low;
      for_selected(image, [&](int x, int y) {
        const double value = grey_value_at(image, x, y);
        if (value < low) low = value;
        if (value > high) high = value;
      });
    }
  }
  std::vector<double> counts(static_cast<std::size_t>(bins));
  const double scale = bins / (high - low);
  for_selected(image, [&](int x, int y) {
    const double value = grey_value_at(image, x, y);
    if (std::isnan(value) || value < low || value > high) return;
    const auto bin = bytes || whole ? static_cast<int>(value) : java_int(scale * (value - low));
    ++counts[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))];
  });
  std::vector<double> values;
  const double width = (high - low) / bins;
  for (int i = 0; i < bins; ++i) values.push_back(low + i * width);
  call.arguments[0] = array_of_numbers(values);
  call.arguments[1] = array_of_numbers(counts);
  return 0.0;
}

// ----- selections

const Roi& roi_of(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  if (!image.roi) throw ValueError(fmt::format("{}: the image has no selection", call.name));
  return *image.roi;
}

Value get_coordinates(BuiltinCall& call) {
  const Roi& roi = roi_of(call);
  std::vector<double> xs;
  std::vector<double> ys;
  if (roi.type == RoiType::rectangle && roi.subtype == RoiSubtype::none &&
      roi.corner_diameter == 0) {
    const cv::Rect2d box = roi.exact_bounds ? *roi.exact_bounds : cv::Rect2d(roi.bounds);
    xs = {box.x, box.br().x, box.br().x, box.x};
    ys = {box.y, box.y, box.br().y, box.br().y};
  } else if (roi.type == RoiType::oval && !roi.exact_bounds) {
    // ImageJ keeps such corners in 32 bits, from the box on.
    auto outline = oval_outline({{}, roi.bounds.size()});
    std::rotate(outline.begin(), outline.end() - 1, outline.end());
    for (const auto& point : outline) {
      xs.push_back(static_cast<double>(static_cast<float>(point.x)) + roi.bounds.x);
      ys.push_back(static_cast<double>(static_cast<float>(point.y)) + roi.bounds.y);
    }
  } else if (roi.type == RoiType::oval || roi.type == RoiType::composite ||
             roi.type == RoiType::rectangle) {
    throw ValueError(fmt::format("{} of this kind of selection is not supported", call.name),
                     "polygons, traced outlines, rectangles, lines and points have coordinates");
  } else {
    for (const auto& point : roi.points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
  call.arguments[0] = array_of_numbers(xs);
  call.arguments[1] = array_of_numbers(ys);
  return 0.0;
}

Value get_contained_points(BuiltinCall& call) {
  if (!roi_of(call).is_area()) throw ValueError("the selection is no area");
  std::vector<double> xs;
  std::vector<double> ys;
  for_selected(image_of(call), [&](int x, int y) {
    xs.push_back(x);
    ys.push_back(y);
  });
  call.arguments[0] = array_of_numbers(xs);
  call.arguments[1] = array_of_numbers(ys);
  return 0.0;
}

Value get_bounds(BuiltinCall& call) {
  const auto box = roi_of(call).bounds;
  const std::array<int, 4> values = {box.x, box.y, box.width, box.height};
  for (std::size_t i = 0; i < 4; ++i) call.arguments[i] = values[i];
  return 0.0;
}

Value get_float_bounds(BuiltinCall& call) {
  const Roi& roi = roi_of(call);
  cv::Rect2d box = roi.exact_bounds ? *roi.exact_bounds : cv::Rect2d(roi.bounds);
  if (roi.type == RoiType::line && roi.points.size() == 2) {
    const auto& [a, b] = std::pair{roi.points[0], roi.points[1]};
    box = {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
  }
  const std::array<double, 4> values = {box.x, box.y, box.width, box.height};
  for (std::size_t i = 0; i < 4; ++i) call.arguments[i] = values.at(i);
  return 0.0;
}

Value contains(BuiltinCall& call) {
  const Roi& roi = roi_of(call);
  if (!roi.is_area()) throw ValueError("the selection is no area");
  const cv::Point at(java_int(call.number(0)), java_int(call.number(1)));
  if (!roi.bounds.contains(at)) return false;
  const cv::Mat mask = mask_of(roi);
  return mask.empty() || mask.at<std::uint8_t>(at - roi.bounds.tl()) != 0;
}

Value roi_type(BuiltinCall& call) {
  const Roi& roi = roi_of(call);
  switch (roi.type) {
    case RoiType::rectangle: return roi.subtype == RoiSubtype::none ? "rectangle" : "freehand";
    case RoiType::oval: return "oval";
    case RoiType::polygon: return "polygon";
    case RoiType::freehand: return "freehand";
    case RoiType::traced: return "traced";
    case RoiType::line: return "line";
    case RoiType::polyline: return "polyline";
    case RoiType::freeline: return "freeline";
    case RoiType::angle: return "angle";
    case RoiType::composite: return "composite";
    case RoiType::point: return "point";
    case RoiType::none: break;
  }
  return "none";
}

Value roi_size(BuiltinCall& call) {
  if (!image_of(call).roi) return 0.0;
  const Roi& roi = roi_of(call);
  if (roi.type == RoiType::rectangle && roi.subtype == RoiSubtype::none) return 4.0;
  if (roi.points.empty()) throw ValueError("Roi.size of this kind of selection is not supported");
  return static_cast<double>(roi.points.size());
}

Value move(BuiltinCall& call) {
  const Roi& roi = roi_of(call);
  const cv::Point to(java_int(call.number(0)), java_int(call.number(1)));
  if (call.number(0) != to.x || call.number(1) != to.y || roi.exact_bounds)
    throw ValueError("selections are moved by whole pixels");
  const cv::Point by = to - roi.bounds.tl();
  call.session.for_each_same(*image_of(call).roi,
                             [&](Roi& one) { one = translated(std::move(one), by); });
  return 0.0;
}

Value get_line(BuiltinCall& call) {
  const auto& roi = image_of(call).roi;
  std::array<double, 5> values = {-1, -1, -1, -1, -1};
  if (roi && roi->type == RoiType::line && roi->points.size() == 2)
    values = {roi->points[0].x, roi->points[0].y, roi->points[1].x, roi->points[1].y,
              roi->stroke_width};
  for (std::size_t i = 0; i < 5; ++i) call.arguments[i] = values[i];
  return 0.0;
}

Value reset_min_and_max(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  if (image.is_composite())
    throw ValueError("resetMinAndMax of composites is not supported",
                     "run(\"Split Channels\") first");
  if (image.type != ImageType::rgb) {
    image.reset_display_range();
    image.stretch.reset();
    image.threshold.reset();
  }
  return 0.0;
}

Value set_voxel_size(BuiltinCall& call) {
  auto& calibration = image_of(call).calibration;
  for (std::size_t i = 0; i < 3; ++i)
    if (!(call.number(i) > 0.0)) throw ValueError("a pixel's size is above 0");
  calibration.pixel_width = call.number(0);
  calibration.pixel_height = call.number(1);
  calibration.pixel_depth = call.number(2);
  const std::string unit = call.text(3);
  calibration.unit = unit == "um" ? "\xC2\xB5m" : unit == "pixels" ? "pixel" : unit;
  return 0.0;
}

Value get_lut(BuiltinCall& call) {
  const Lut& lut = image_of(call).lut;
  if (image_of(call).type == ImageType::rgb) throw ValueError("RGB images have no colour table");
  for (std::size_t part = 0; part < 3; ++part) {
    const auto& levels = part == 0 ? lut.red : part == 1 ? lut.green : lut.blue;
    call.arguments[part] = array_of_numbers({levels.begin(), levels.end()});
  }
  return 0.0;
}

Value get_property(BuiltinCall& call) {
  const auto& properties = image_of(call).properties;
  const auto found = properties.find(call.text(0));
  if (found == properties.end()) return info_value(image_of(call).info, call.text(0));
  return found->second;
}

Value get_property_number(BuiltinCall& call) {
  return number_in_text(text_of(get_property(call)))
      .value_or(std::numeric_limits<double>::quiet_NaN());
}

Value list_properties(BuiltinCall& call) {
  std::string text;
  for (const auto& [key, value] : image_of(call).properties) text += key + "=" + value + "\n";
  return text;
}

Value set_property(BuiltinCall& call) {
  auto& properties = image_of(call).properties;
  if (call.text(1).empty())
    properties.erase(call.text(0));
  else
    properties[call.text(0)] = call.text(1);
  return 0.0;
}

// ----- profiles

// Between pixels, linearly in both directions; only within the image.
double value_between(const ImagePlus& image, double x, double y) {
  const int left = std::min(static_cast<int>(x), image.width() - 1);
  const int top = std::min(static_cast<int>(y), image.height() - 1);
  const int right = std::min(left + 1, image.width() - 1);
  const int bottom = std::min(top + 1, image.height() - 1);
  const double fx = x - left;
  const double fy = y - top;
  const auto at = [&](int column, int row) { return grey_value_at(image, column, row); };
  const double upper = at(left, top) + fx * (at(right, top) - at(left, top));
  const double lower = at(left, bottom) + fx * (at(right, bottom) - at(left, bottom));
  return upper + fy * (lower - upper);
}

std::vector<double> line_profile(const ImagePlus& image, const Roi& roi) {
  const cv::Point2d from = roi.points[0];
  const cv::Point2d to = roi.points[1];
  for (const auto& end : {from, to})
    if (!(end.x >= 0 && end.y >= 0 && end.x <= image.width() - 1 && end.y <= image.height() - 1))
      throw ValueError("getProfile: the line reaches beyond the image", "draw it within the image");
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const auto steps = static_cast<int>(std::floor(std::sqrt(dx * dx + dy * dy) + 0.5));
  std::vector<double> values;
  const double x_step = steps > 0 ? dx / steps : 0.0;
  const double y_step = steps > 0 ? dy / steps : 0.0;
  double x = from.x;
  double y = from.y;
  for (int i = 0; i <= steps; ++i) {
    values.push_back(value_between(image, std::clamp(x, 0.0, image.width() - 1.0),
                                   std::clamp(y, 0.0, image.height() - 1.0)));
    x += x_step;
    y += y_step;
  }
  return values;
}

std::vector<double> column_means(const ImagePlus& image, const cv::Rect& box) {
  if ((box & image.area()) != box || box.empty())
    throw ValueError("getProfile: the selection reaches beyond the image",
                     "select within the image");
  std::vector<double> values;
  for (int x = box.x; x < box.br().x; ++x) {
    double sum = 0.0;
    for (int y = box.y; y < box.br().y; ++y) sum += grey_value_at(image, x, y);
    values.push_back(sum / box.height);
  }
  return values;
}

Value get_profile(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  if (image.type == ImageType::rgb)
    throw ValueError("getProfile of colour images is not supported", "run(\"8-bit\") first");
  if (image.calibration.function != 20)
    throw ValueError("getProfile of images with calibrated values is not supported");
  const Roi& roi = roi_of(call);
  if (roi.type == RoiType::rectangle && roi.subtype == RoiSubtype::none && roi.corner_diameter == 0)
    return array_of_numbers(column_means(image, roi.bounds));
  if (roi.type != RoiType::line || roi.points.size() != 2 || roi.stroke_width > 1.0)
    throw ValueError("getProfile takes straight lines one pixel wide, and rectangles",
                     "makeLine(x1, y1, x2, y2)");
  return array_of_numbers(line_profile(image, roi));
}

Value get_metadata(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  const std::string what = call.count() == 0 ? "Info" : call.text(0);
  if (what == "Info") return image.info;
  if (what == "Label") return image.stack[static_cast<std::size_t>(image.current)].label;
  throw ValueError(fmt::format("getMetadata(\"{}\") is not supported", what),
                   "\"Info\" and \"Label\" are");
}

Value set_metadata(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  const std::string what = call.text(0);
  if (what == "Info")
    image.info = call.text(1);
  else if (what == "Label")
    image.stack[static_cast<std::size_t>(image.current)].label = call.text(1);
  else
    throw ValueError(fmt::format("setMetadata(\"{}\", ...) is not supported", what),
                     "\"Info\" and \"Label\" are");
  return 0.0;
}

}  // namespace

void add_image_functions(std::vector<Builtin>& all) {
  const auto add = [&](const char* name, int least, int most, When when, unsigned outs,
                       Value (*run)(BuiltinCall&)) {
    Builtin& one = add_builtin(all, name, least, most, run);
    one.when = when;
    one.outs = outs;
  };
  add("getHistogram", 3, 5, When::state, 0b11, get_histogram);
  add("getSelectionCoordinates", 2, 2, When::state, 0b11, get_coordinates);
  add("Roi.getCoordinates", 2, 2, When::state, 0b11, get_coordinates);
  add("Roi.getContainedPoints", 2, 2, When::state, 0b11, get_contained_points);
  add("Roi.getBounds", 4, 4, When::state, 0b1111, get_bounds);
  add("getLine", 5, 5, When::state, 0b11111, get_line);
  add("getLut", 3, 3, When::state, 0b111, get_lut);
  add("Roi.contains", 2, 2, When::state, 0, contains);
  add("selectionContains", 2, 2, When::state, 0, contains);
  add("Roi.getType", 0, 0, When::state, 0, roi_type);
  add("Roi.size", 0, 0, When::state, 0, roi_size);
  add("Roi.getName", 0, 0, When::state, 0, [](BuiltinCall& c) { return Value(roi_of(c).name); });
  add("Overlay.size", 0, 0, When::state, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(image_of(c).overlay.size())); });
  add("Image.title", 0, 0, When::state, 0, [](BuiltinCall& c) { return Value(image_of(c).title); });
  add("Image.width", 0, 0, When::state, 0,
      [](BuiltinCall& c) { return Value(image_of(c).width()); });
  add("Image.height", 0, 0, When::state, 0,
      [](BuiltinCall& c) { return Value(image_of(c).height()); });
  add("Property.get", 1, 1, When::state, 0, get_property);
  add("Property.getNumber", 1, 1, When::state, 0, get_property_number);
  add("Property.getList", 0, 0, When::state, 0, list_properties);
  add("Property.getSliceLabel", 0, 0, When::state, 0, [](BuiltinCall& c) {
    const ImagePlus& image = image_of(c);
    return Value(image.stack[static_cast<std::size_t>(image.current)].label);
  });
  add("Roi.getFloatBounds", 4, 4, When::state, 0b1111, get_float_bounds);
  add("getProfile", 0, 0, When::state, 0, get_profile);
  add("getMetadata", 0, 1, When::state, 0, get_metadata);
  const auto effect = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add_image_effect(all, name, least, most, run);
  };
  effect("Roi.move", 2, 2, move);
  effect("setSelectionLocation", 2, 2, move);
  effect("Roi.remove", 0, 0, [](BuiltinCall& c) {
    image_of(c).roi.reset();
    return Value(0.0);
  });
  effect("resetMinAndMax", 0, 0, reset_min_and_max);
  effect("setVoxelSize", 4, 4, set_voxel_size);
  effect("setMetadata", 2, 2, set_metadata);
  effect("Property.set", 2, 2, set_property);
  effect("Property.setSliceLabel", 1, 1, [](BuiltinCall& c) {
    ImagePlus& image = image_of(c);
    image.stack[static_cast<std::size_t>(image.current)].label = c.text(0);
    return Value(0.0);
  });
}

}  // namespace smear::imagej
