// SPDX-License-Identifier: Apache-2.0
// What a macro asks of images, tables and the ROI Manager.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <optional>

#include "imagej/files/tiff-description.h"
#include "imagej/letters.h"
#include "imagej/macro/functions.h"
#include "imagej/macro/list-values.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/measure.h"
#include "imagej/operations/statistics.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ImagePlus& image_of(const BuiltinCall& call) {
  const Session& session = call.session;
  return session.active();
}

bool has_area(const ImagePlus& image) { return image.roi && image.roi->is_area(); }

// What is measured: the area selected, or all.
cv::Rect box_of(const ImagePlus& image) {
  return has_area(image) ? image.roi->bounds & image.area() : image.area();
}
cv::Mat mask_within(const ImagePlus& image, const cv::Rect& box) {
  if (!has_area(image)) return {};
  const cv::Mat mask = mask_of(*image.roi);
  if (mask.empty()) return {};
  return mask(
      cv::Rect(box.x - image.roi->bounds.x, box.y - image.roi->bounds.y, box.width, box.height));
}

bool is_along_line(const ImagePlus& image) {
  return image.roi && image.roi->is_line() && image.roi->type != RoiType::angle;
}

Statistics measured(const BuiltinCall& call, bool median = false, bool moments = false) {
  const ImagePlus& image = image_of(call);
  if (is_along_line(image)) {
    MeasurementSettings settings;
    settings.median = median;
    MeasuringPlane plane;
    plane.image = &image;
    plane.pixels = image.pixels();
    return statistics_along(plane, *image.roi, settings);
  }
  if (image.roi && !image.roi->is_area())
    throw ValueError("measuring at points and angles is not supported here",
                     "run(\"Measure\") and getResult(...) give their measurements");
  const auto box = box_of(image);
  if (box.empty()) throw ValueError("the selection lies outside the image");
  return statistics_of(image.pixels(), box, mask_within(image, box), std::nullopt, std::nullopt,
                       {.median = median, .moments = moments},
                       call.session.preferences.weighted_rgb);
}

double area_of(const BuiltinCall& call, const Statistics& statistics) {
  const auto& calibration = image_of(call).calibration;
  return statistics.count * calibration.pixel_width * calibration.pixel_height;
}

double grey_at(const ImagePlus& image, int x, int y) {
  const cv::Mat& pixels = image.pixels();
  switch (pixels.type()) {
    case CV_8UC1: return pixels.at<std::uint8_t>(y, x);
    case CV_16UC1: return pixels.at<std::uint16_t>(y, x);
    case CV_32FC1: return pixels.at<float>(y, x);
    default: {
      const auto& p = pixels.at<cv::Vec3b>(y, x);
      // As Java's int of alpha, red, green and blue.
      return static_cast<std::int32_t>(0xff000000U | (static_cast<std::uint32_t>(p[0]) << 16U) |
                                       (static_cast<std::uint32_t>(p[1]) << 8U) | p[2]);
    }
  }
}

// Levels of 8-bit and RGB images, and of 16-bit ones to their maximum for getRawStatistics; else
// 256 equal parts of minimum..maximum.
ArrayRef histogram_of(const BuiltinCall& call, const Statistics& statistics) {
  const ImagePlus& image = image_of(call);
  const auto box = box_of(image);
  const cv::Mat mask = mask_within(image, box);
  const bool levels = image.type == ImageType::grey16 && call.name == "getRawStatistics";
  std::vector<double> bins(levels ? static_cast<std::size_t>(statistics.max) + 1 : 256);
  const double scale = 256.0 / (statistics.max - statistics.min);
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x) {
      if (!mask.empty() && mask.at<std::uint8_t>(y, x) == 0) continue;
      int bin = 0;
      if (image.type == ImageType::grey8) {
        bin = image.pixels().at<std::uint8_t>(box.y + y, box.x + x);
      } else if (levels) {
        bin = image.pixels().at<std::uint16_t>(box.y + y, box.x + x);
      } else if (image.type != ImageType::rgb) {
        const double value = grey_at(image, box.x + x, box.y + y);
        bin = std::min(255, java_int(scale * (value - statistics.min)));
      } else {
        const auto& p = image.pixels().at<cv::Vec3b>(box.y + y, box.x + x);
        bin = (p[0] + p[1] + p[2] + 1) / 3;
      }
      ++bins[static_cast<std::size_t>(std::max(0, bin))];
    }
  auto result = std::make_shared<std::vector<MacroValue>>();
  for (const double count : bins) result->emplace_back().value = count;
  return result;
}

Value get_statistics(BuiltinCall& call) {
  const auto s = measured(call);
  const bool raw = call.name == "getRawStatistics";
  const std::array<double, 5> values = {raw ? s.count : area_of(call, s), s.mean, s.min, s.max,
                                        s.std_dev};
  for (std::size_t i = 0; i < std::min<std::size_t>(5, call.count()); ++i)
    call.arguments[i] = values[i];
  if (call.count() > 5 && is_along_line(image_of(call)))
    throw ValueError("getStatistics gives no histogram of a line", "leave the sixth argument out");
  if (call.count() > 5) call.arguments[5] = histogram_of(call, s);
  return 0.0;
}

double interpolated_at(const ImagePlus& image, double x, double y) {
  if (image.type == ImageType::rgb) throw ValueError("pixels of RGB images have whole coordinates");
  x = std::clamp(x, 0.0, image.width() - 1.001);
  y = std::clamp(y, 0.0, image.height() - 1.001);
  if (image.width() < 2 || image.height() < 2)
    throw ValueError("interpolation needs two pixels in both directions");
  const int xi = java_int(x);
  const int yi = java_int(y);
  const double fx = x - xi;
  const double fy = y - yi;
  const double above = grey_at(image, xi, yi + 1) +
                       fx * (grey_at(image, xi + 1, yi + 1) - grey_at(image, xi, yi + 1));
  const double below =
      grey_at(image, xi, yi) + fx * (grey_at(image, xi + 1, yi) - grey_at(image, xi, yi));
  return below + fy * (above - below);
}

Value get_pixel(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  double x = call.number(0);
  double y = 0.0;
  if (call.count() > 1) {
    y = call.number(1);
  } else {
    y = std::floor(x / image.width());
    x -= y * image.width();
  }
  if (x != std::floor(x) || y != std::floor(y)) return interpolated_at(image, x, y);
  if (!image.area().contains(cv::Point(java_int(x), java_int(y)))) return 0.0;
  return grey_at(image, java_int(x), java_int(y));
}

ResultsTable all_measured(const BuiltinCall& call, bool limit);

// As painting the active image with the colour: RGB as 0xRRGGBB.
double colour_value(BuiltinCall& call, std::uint32_t argb) {
  if (!call.session.has_image() || image_of(call).type == ImageType::rgb)
    return static_cast<double>(argb & 0xffffffU);
  if (image_of(call).type == ImageType::grey16 || image_of(call).type == ImageType::grey32)
    throw ValueError("the colours' values in 16-bit and 32-bit images are not supported",
                     "ask for them in an 8-bit or RGB image");
  return painted_value(call.session.active(), argb)[0];
}

double selected_points(const ImagePlus& image) {
  if (!image.roi) return 0.0;
  const Roi& roi = *image.roi;
  if (roi.type == RoiType::rectangle && roi.subtype == RoiSubtype::none) return 4.0;
  if (roi.points.empty())
    throw ValueError("the number of points of this kind of selection is not supported");
  return static_cast<double>(roi.points.size());
}

Value get_value(BuiltinCall& call) {
  if (call.count() == 2) return get_pixel(call);
  const std::string what = call.text(0);
  if (what == "results.count") return static_cast<double>(call.session.results.rows());
  if (what == "image.size")
    return static_cast<double>(image_of(call).width()) * image_of(call).height();
  if (what == "color.foreground") return colour_value(call, call.session.foreground);
  if (what == "color.background") return colour_value(call, call.session.background);
  if (what == "selection.size") return Value(selected_points(image_of(call)));
  const bool moments = what == "XM" || what == "YM" || what == "Skew" || what == "Kurt";
  const auto s = measured(call, what == "Median", moments);
  const auto& calibration = image_of(call).calibration;
  if (what == "Area") return area_of(call, s);
  if (what == "Mean") return s.mean;
  if (what == "StdDev") return s.std_dev;
  if (what == "Min") return s.min;
  if (what == "Max") return s.max;
  if (what == "Mode") return s.mode;
  if (what == "Median") return s.median;
  if (is_along_line(image_of(call)))
    throw ValueError(fmt::format("getValue(\"{}\") of a line is not supported", what),
                     "run(\"Measure\") and getResult(...) give its measurements");
  if (what == "IntDen") return area_of(call, s) * s.mean;
  if (what == "RawIntDen") return s.count * s.mean;
  if (what == "X") return s.x * calibration.pixel_width;
  if (what == "Y") return s.y * calibration.pixel_height;
  if (what == "XM") return s.xm * calibration.pixel_width;
  if (what == "YM") return s.ym * calibration.pixel_height;
  if (what == "Skew") return s.skewness;
  if (what == "Kurt") return s.kurtosis;
  if (measurement_of(what))
    if (const auto cell = all_measured(call, false).get(what, 0)) return std::get<double>(*cell);
  throw ValueError(fmt::format("getValue(\"{}\") is not supported", what),
                   "run(\"Measure\") and getResult(...) give every measurement");
}

// ----- List.*

// Everything that can be measured of the selection, or the whole image, by heading.
ResultsTable all_measured(const BuiltinCall& call, bool limit) {
  const ImagePlus& image = image_of(call);
  if (image.roi && !image.roi->is_area())
    throw ValueError(fmt::format("{} along lines and points is not supported", call.name),
                     "run(\"Measure\") and getResult(...) give their measurements");
  MeasurementSettings all;
  for (const auto member :
       {&MeasurementSettings::standard_deviation, &MeasurementSettings::mode,
        &MeasurementSettings::centroid, &MeasurementSettings::center_of_mass,
        &MeasurementSettings::perimeter, &MeasurementSettings::bounding_rectangle,
        &MeasurementSettings::ellipse, &MeasurementSettings::shape_descriptors,
        &MeasurementSettings::feret, &MeasurementSettings::integrated_density,
        &MeasurementSettings::median, &MeasurementSettings::skewness,
        &MeasurementSettings::kurtosis, &MeasurementSettings::area_fraction,
        &MeasurementSettings::stack_position})
    all.*member = true;
  all.limit_to_threshold = limit;
  const auto plane = measuring_plane(image, nullptr, call.session.preferences.weighted_rgb);
  const auto area = area_of(image.roi ? &*image.roi : nullptr, image.area().size());
  ResultsTable table;
  table.add_row();
  add_measurements(plane, area, statistics_of(plane, area, all), all, table);
  return table;
}

Value list_measurements(BuiltinCall& call) {
  const bool limit = call.count() > 0 && call.text(0).find("limit") != std::string::npos;
  if (call.count() > 0 && !limit && !call.text(0).empty())
    throw ValueError(
        fmt::format("List.setMeasurements(\"{}\"): \"limit\" is what is supported", call.text(0)));
  const auto table = all_measured(call, limit);
  call.session.list.clear();
  for (const auto& heading : table.headings())
    call.session.list[heading] = java_text(std::get<double>(*table.get(heading, 0)));
  return 0.0;
}

Value list_value(BuiltinCall& call) {
  const auto found = call.session.list.find(call.text(0));
  if (found == call.session.list.end())
    throw ValueError(fmt::format("List has no '{}'", call.text(0)));
  const std::string& text = found->second;
  if (text == "NaN") return nan;
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw ValueError(fmt::format("List has '{}' = '{}', which is no number", call.text(0), text),
                     "List.get gives it as a string");
  return number;
}

Value list_text(BuiltinCall& call) {
  const auto found = call.session.list.find(call.text(0));
  if (call.name != "List.get" && found == call.session.list.end())
    throw ValueError(fmt::format("List has no '{}'", call.text(0)));
  return found == call.session.list.end() ? std::string() : found->second;
}

Value list_all(BuiltinCall& call) {
  std::string text;
  for (const auto& [key, value] : call.session.list) text += key + "=" + value + "\n";
  return text;
}

Value get_dimensions(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  const std::array<int, 5> values = {image.width(), image.height(), image.channels, image.slices,
                                     image.frames};
  for (std::size_t i = 0; i < 5; ++i) call.arguments[i] = values[i];
  return 0.0;
}

Value get_min_and_max(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  if (image.calibration.function != 20)
    throw ValueError("getMinAndMax of images with calibrated values is not supported");
  const auto channel = static_cast<std::size_t>(image.channel_of(image.current));
  const DisplayRange range =
      image.is_composite() ? image.ranges_of_channels()[channel] : image.range;
  call.arguments[0] = range.min;
  call.arguments[1] = range.max;
  return 0.0;
}

Value get_threshold(BuiltinCall& call) {
  const auto& threshold = image_of(call).threshold;
  call.arguments[0] = threshold ? threshold->lower : -1.0;
  call.arguments[1] = threshold ? threshold->upper : -1.0;
  return 0.0;
}

Value get_selection_bounds(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  const cv::Rect box = image.roi ? image.roi->bounds : image.area();
  const std::array<int, 4> values = {box.x, box.y, box.width, box.height};
  for (std::size_t i = 0; i < 4; ++i) call.arguments[i] = static_cast<double>(values.at(i));
  return 0.0;
}

// ImageJ's numbers of selection types, which are not those of its files.
Value selection_type(BuiltinCall& call) {
  const auto& roi = image_of(call).roi;
  if (!roi) return -1.0;
  switch (roi->type) {
    case RoiType::rectangle: return roi->subtype == RoiSubtype::none ? 0.0 : 3.0;
    case RoiType::oval: return 1.0;
    case RoiType::polygon: return 2.0;
    case RoiType::freehand: return 3.0;
    case RoiType::traced: return 4.0;
    case RoiType::line: return 5.0;
    case RoiType::polyline: return 6.0;
    case RoiType::freeline: return 7.0;
    case RoiType::angle: return 8.0;
    case RoiType::composite: return 9.0;
    case RoiType::point: return 10.0;
    case RoiType::none: break;
  }
  return -1.0;
}

bool is_binary(const ImagePlus& image) {
  if (image.type != ImageType::grey8) return false;
  for (int y = 0; y < image.height(); ++y) {
    const auto* row = image.pixels().ptr<std::uint8_t>(y);
    if (!std::all_of(row, row + image.width(), [](int v) { return v == 0 || v == 255; }))
      return false;
  }
  return true;
}

Value is(BuiltinCall& call) {
  const std::string what = lower_case(call.text(0));
  if (what == "batch mode") return true;
  if (what == "animated" || what == "locked" || what == "applet" || what == "virtual stack")
    return false;
  const ImagePlus& image = image_of(call);
  if (what == "binary") return is_binary(image);
  if (what == "grayscale") return image.type != ImageType::rgb && image.lut.is_grey();
  if (what == "inverting lut" || what == "invertedlut") return image.lut.is_inverted();
  if (what == "area") return has_area(image);
  if (what == "line") return image.roi && image.roi->is_line();
  if (what == "composite") return !image.mode.empty();
  if (what == "hyperstack") return image.hyperstack;
  throw ValueError(fmt::format("is(\"{}\") is not supported", call.text(0)));
}

Value is_open(BuiltinCall& call) {
  if (call.arguments[0].is_number()) return call.session.by_id(java_int(call.number(0))) != nullptr;
  const std::string title = call.text(0);
  if (title == "Results") return call.session.results_shown;
  if (call.session.table_of(title) != nullptr) return true;
  if (title == "ROI Manager") return !call.session.roi_manager.rois.empty();
  if (title == "Log") return !call.session.log.empty();
  return call.session.by_title(title) != nullptr;
}

int bit_depth(const ImagePlus& image) {
  switch (image.type) {
    case ImageType::grey16: return 16;
    case ImageType::grey32: return 32;
    case ImageType::rgb: return 24;
    default: return 8;
  }
}

Value get_list(BuiltinCall& call) {
  if (call.text(0) != "image.titles")
    throw ValueError(fmt::format("getList(\"{}\") is not supported", call.text(0)));
  auto titles = std::make_shared<std::vector<MacroValue>>();
  for (const auto& image : call.session.images()) titles->emplace_back().value = image.title;
  return titles;
}

Value get_info(BuiltinCall& call) {
  const std::string what = call.text(0);
  if (what == "image.title" || what == "window.title") return image_of(call).title;
  if (what == "selection.name") return image_of(call).roi ? image_of(call).roi->name : "";
  if (what == "log") {
    std::string log;
    for (const auto& line : call.session.log) log += line + "\n";
    return log;
  }
  if (what == "image.filename") return call.context.name;
  if (what == "image.directory") return call.context.input_directory;
  if (what == "slice.label") {
    const ImagePlus& image = image_of(call);
    return image.stack[static_cast<std::size_t>(image.current)].label;
  }
  if (what == "micrometer.abbreviation") return "\xC2\xB5m";
  if (what.starts_with("os.") || what.starts_with("user.") || what.starts_with("java.") ||
      what.starts_with("file."))
    throw ValueError(fmt::format("getInfo(\"{}\") differs from machine to machine", what),
                     "write the value into the macro, or make it a parameter: #@ String name");
  if (what.find('.') != std::string::npos)
    throw ValueError(fmt::format("getInfo(\"{}\") is not supported", what));
  return info_value(image_of(call).info, what);
}

// ----- positions and lengths

Value to_scaled(BuiltinCall& call) {
  const Calibration& c = image_of(call).calibration;
  if (c.invert_y) throw ValueError("images whose y axis points up are not supported here");
  const bool back = call.name == "toUnscaled";
  const bool length = call.count() == 1;  // no position: the origin does not count
  const std::array<double, 3> sizes = {c.pixel_width, c.pixel_height, c.pixel_depth};
  const std::array<double, 3> origins = {length ? 0.0 : c.x_origin, c.y_origin, c.z_origin};
  for (std::size_t i = 0; i < call.count(); ++i) {
    const auto changed = [&](double v) {
      return back ? v / sizes.at(i) + origins.at(i) : (v - origins.at(i)) * sizes.at(i);
    };
    if (!call.arguments[i].is_array()) {
      call.arguments[i] = changed(call.number(i));
      continue;
    }
    for (auto& one : *call.array(i)) one = {changed(number_of(value_of(one)))};
  }
  return 0.0;
}

Value calibrate(BuiltinCall& call) {
  if (image_of(call).calibration.function != 20)
    throw ValueError("calibrated values are not supported");
  return call.number(0);
}

Value get_position(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  const int plane = image.current;
  call.arguments[0] = plane % image.channels + 1;
  call.arguments[1] = plane / image.channels % image.slices + 1;
  call.arguments[2] = plane / (image.channels * image.slices) + 1;
  return 0.0;
}

Value get_units(BuiltinCall& call) {
  const Calibration& c = image_of(call).calibration;
  const std::array<std::string, 5> units = {c.unit, c.y_unit.empty() ? c.unit : c.y_unit,
                                            c.z_unit.empty() ? c.unit : c.z_unit, c.time_unit,
                                            c.value_unit};
  for (std::size_t i = 0; i < 5; ++i) call.arguments[i] = units.at(i);
  return 0.0;
}

Value pixel_size(BuiltinCall& call) {
  const auto& calibration = image_of(call).calibration;
  std::string unit = calibration.unit;
  if (unit == "pixel" || unit == "micron") unit += "s";
  if (unit == "inch") unit = "inches";
  if (call.name == "getPixelSize") {
    call.arguments[0] = unit;
    call.arguments[1] = calibration.pixel_width;
    call.arguments[2] = calibration.pixel_height;
    if (call.count() > 3) call.arguments[3] = calibration.pixel_depth;
  } else {
    call.arguments[0] = calibration.pixel_width;
    call.arguments[1] = calibration.pixel_height;
    call.arguments[2] = calibration.pixel_depth;
    call.arguments[3] = unit;
  }
  return 0.0;
}

// The first element of `roiManager` that is a question; others are commands.
Value roi_manager_count(BuiltinCall& call) {
  return static_cast<double>(call.session.roi_manager.rois.size());
}

}  // namespace

void add_state_functions(std::vector<Builtin>& all) {
  const auto add = [&](const char* name, int least, int most, unsigned outs,
                       Value (*run)(BuiltinCall&)) {
    Builtin& one = add_builtin(all, name, least, most, run);
    one.outs = outs;
    one.when = When::state;
  };
  add("getTitle", 0, 0, 0, [](BuiltinCall& c) { return Value(image_of(c).title); });
  add("getImageID", 0, 0, 0, [](BuiltinCall& c) { return Value(image_of(c).id); });
  add("nImages", 0, 0, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(c.session.images().size())); });
  add("nSlices", 0, 0, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(image_of(c).stack.size())); });
  add("getSliceNumber", 0, 0, 0, [](BuiltinCall& c) { return Value(image_of(c).current + 1); });
  add("getWidth", 0, 0, 0, [](BuiltinCall& c) { return Value(image_of(c).width()); });
  add("getHeight", 0, 0, 0, [](BuiltinCall& c) { return Value(image_of(c).height()); });
  add("bitDepth", 0, 0, 0, [](BuiltinCall& c) { return Value(bit_depth(image_of(c))); });
  add("getDimensions", 5, 5, 0b11111, get_dimensions);
  add("getStatistics", 1, 6, 0b111111, get_statistics);
  add("getRawStatistics", 1, 6, 0b111111, get_statistics);
  add("getPixel", 1, 2, 0, get_pixel);
  add("getValue", 1, 2, 0, get_value);
  add("List.getValue", 1, 1, 0, list_value);
  add("List.get", 1, 1, 0, list_text);
  add(list_text_function, 1, 1, 0, list_text);
  add("List.size", 0, 0, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(c.session.list.size())); });
  add("List.getList", 0, 0, 0, list_all);
  const auto effect = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add(name, least, most, 0, run);
    all.back().when = When::effect;
  };
  effect("List.setMeasurements", 0, 1, list_measurements);
  effect("List.set", 2, 2, [](BuiltinCall& c) {
    c.session.list[c.text(0)] = c.text(1);
    return Value(0.0);
  });
  effect("List.clear", 0, 0, [](BuiltinCall& c) {
    c.session.list.clear();
    return Value(0.0);
  });
  add("getMinAndMax", 2, 2, 0b11, get_min_and_max);
  add("getThreshold", 2, 2, 0b11, get_threshold);
  add("getSelectionBounds", 4, 4, 0b1111, get_selection_bounds);
  add("selectionType", 0, 0, 0, selection_type);
  add("is", 1, 1, 0, is);
  add("isOpen", 1, 1, 0, is_open);
  add("getList", 1, 1, 0, get_list);
  add("getInfo", 1, 1, 0, get_info);
  add("getPixelSize", 3, 4, 0b1111, pixel_size);
  add("getVoxelSize", 4, 4, 0b1111, pixel_size);
  add("RoiManager.size", 0, 0, 0, roi_manager_count);
  // Where a window is: only where nothing asks for it.
  add("getLocationAndSize", 4, 4, 0b1111, [](BuiltinCall& c) {
    for (auto& one : c.arguments) one = nan;
    return Value(0.0);
  });
  add("getBoundingRect", 4, 4, 0b1111, get_selection_bounds);
  for (const char* name : {"toScaled", "toUnscaled"}) {
    add(name, 1, 3, 0b111, to_scaled);
    all.back().outs_are_read = true;
  }
  add("calibrate", 1, 1, 0, calibrate);
  add("Stack.getDimensions", 5, 5, 0b11111, get_dimensions);
  add("Stack.getPosition", 3, 3, 0b111, get_position);
  add("Stack.getUnits", 5, 5, 0b11111, get_units);
  add("Stack.isHyperstack", 0, 0, 0, [](BuiltinCall& c) { return Value(image_of(c).hyperstack); });
}

}  // namespace smear::imagej
