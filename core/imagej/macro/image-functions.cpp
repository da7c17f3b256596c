// SPDX-License-Identifier: Apache-2.0
// Functions that change pixels, selections and what else an image has, and that ask for its
// histogram and outlines.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "imagej/macro/functions.h"
#include "imagej/operations/polygon-fill.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;
using Elements = std::vector<MacroValue>;

// The drawing colour, in a variable that no macro can name.
constexpr const char* drawing_value = "(setColor)";

ImagePlus& image_of(BuiltinCall& call) { return call.session.active(); }

ArrayRef array_of_numbers(const std::vector<double>& numbers) {
  auto result = std::make_shared<Elements>();
  for (const double one : numbers) result->push_back({one});
  return result;
}

// Calls `visit` with each pixel of the selected area, or of the whole image.
void for_selected(const ImagePlus& image, const std::function<void(int x, int y)>& visit) {
  const bool area = image.roi && image.roi->is_area();
  const cv::Rect box = area ? image.roi->bounds & image.area() : image.area();
  const cv::Mat mask = area ? mask_of(*image.roi) : cv::Mat();
  for (int y = box.y; y < box.br().y; ++y)
    for (int x = box.x; x < box.br().x; ++x)
      if (mask.empty() ||
          mask.at<std::uint8_t>(y - image.roi->bounds.y, x - image.roi->bounds.x) != 0)
        visit(x, y);
}

double value_at(const ImagePlus& image, int x, int y) {
  switch (image.type) {
    case ImageType::grey16: return image.pixels().at<std::uint16_t>(y, x);
    case ImageType::grey32: return image.pixels().at<float>(y, x);
    case ImageType::rgb: {
      const auto& p = image.pixels().at<cv::Vec3b>(y, x);
      return (p[0] + p[1] + p[2] + 1) / 3;
    }
    default: return image.pixels().at<std::uint8_t>(y, x);
  }
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
        const double value = value_at(image, x, y);
        if (value < low) low = value;
        if (value > high) high = value;
      });
    }
  }
  std::vector<double> counts(static_cast<std::size_t>(bins));
  const double scale = bins / (high - low);
  for_selected(image, [&](int x, int y) {
    const double value = value_at(image, x, y);
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
    std::ranges::rotate(outline, outline.end() - 1);
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

// ----- pixels

void put(ImagePlus& image, int x, int y, double value) {
  switch (image.type) {
    case ImageType::grey16:
      if (value < 0 || value > 65535 || value != std::floor(value))
        throw ValueError(fmt::format("a 16-bit pixel is 0..65535, got {}", value));
      image.writable().at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(value);
      break;
    case ImageType::grey32: image.writable().at<float>(y, x) = static_cast<float>(value); break;
    case ImageType::rgb: {
      const auto colour = static_cast<std::uint32_t>(java_int(value));
      image.writable().at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<std::uint8_t>(colour >> 16U),
                    static_cast<std::uint8_t>(colour >> 8U), static_cast<std::uint8_t>(colour));
      break;
    }
    default:
      if (value < 0 || value > 255 || value != std::floor(value))
        throw ValueError(fmt::format("an 8-bit pixel is 0..255, got {}", value));
      image.writable().at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(value);
  }
}

Value set_pixel(BuiltinCall& call) {
  const int x = java_int(call.number(0));
  const int y = java_int(call.number(1));
  ImagePlus& image = image_of(call);
  if (!image.area().contains(cv::Point(x, y)))
    throw ValueError(fmt::format("pixel {}, {} lies outside the image", x, y));
  put(image, x, y, call.number(2));
  return 0.0;
}

Value change_values(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  if (image.type == ImageType::rgb || image.type == ImageType::grey32)
    throw ValueError("changeValues takes 8-bit and 16-bit images here");
  if (image.roi && image.roi->is_area() && !mask_of(*image.roi).empty())
    throw ValueError("changeValues takes rectangles or the whole image here");
  const double low = call.number(0);
  const double high = call.number(1);
  for_selected(image, [&](int x, int y) {
    const double value = value_at(image, x, y);
    if (value >= low && value <= high) put(image, x, y, call.number(2));
  });
  return 0.0;
}

Value set_color(BuiltinCall& call) {
  double value = 0.0;
  if (call.count() == 3) {
    for (std::size_t i = 0; i < 3; ++i) {
      const auto part = java_int(call.number(i));
      if (part < 0 || part > 255) throw ValueError("a colour's parts are 0..255");
      value = value * 256.0 + part;
    }
    if (image_of(call).type != ImageType::rgb)
      throw ValueError("a grey image has no colours", "setColor(value) takes a grey value");
  } else if (call.count() == 1 && call.arguments[0].is_number()) {
    value = call.number(0);
  } else {
    throw ValueError("colours are numbers here: setColor(value) or setColor(red, green, blue)");
  }
  call.session.variables[drawing_value].value = value;
  return 0.0;
}

double drawing_value_of(BuiltinCall& call) {
  const auto found = call.session.variables.find(drawing_value);
  if (found == call.session.variables.end())
    throw ValueError(fmt::format("{}: no colour was set", call.name), "setColor(value) before");
  return std::get<double>(found->second.value);
}

Value fill_rect(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  const double value = drawing_value_of(call);
  const cv::Rect box(java_int(call.number(0)), java_int(call.number(1)), java_int(call.number(2)),
                     java_int(call.number(3)));
  const cv::Rect within = box & image.area();
  for (int y = within.y; y < within.br().y; ++y)
    for (int x = within.x; x < within.br().x; ++x) put(image, x, y, value);
  return 0.0;
}

Value reset_min_and_max(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  if (image.type != ImageType::rgb) image.reset_display_range();
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
  return found == properties.end() ? "" : found->second;
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
  add("getMetadata", 0, 1, When::state, 0, get_metadata);
  const auto effect = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add(name, least, most, When::effect, 0, run);
    all.back().values_only = true;
    all.back().changes_image = true;
  };
  effect("Roi.move", 2, 2, move);
  effect("setSelectionLocation", 2, 2, move);
  effect("Roi.remove", 0, 0, [](BuiltinCall& c) {
    image_of(c).roi.reset();
    return Value(0.0);
  });
  effect("setPixel", 3, 3, set_pixel);
  effect("putPixel", 3, 3, set_pixel);
  effect("changeValues", 3, 3, change_values);
  effect("setColor", 1, 3, set_color);
  effect("fillRect", 4, 4, fill_rect);
  effect("resetMinAndMax", 0, 0, reset_min_and_max);
  effect("setVoxelSize", 4, 4, set_voxel_size);
  effect("setMetadata", 2, 2, set_metadata);
  effect("Property.set", 2, 2, [](BuiltinCall& c) {
    image_of(c).properties[c.text(0)] = c.text(1);
    return Value(0.0);
  });
}

}  // namespace smear::imagej
