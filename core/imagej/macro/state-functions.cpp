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

#include "imagej/letters.h"
#include "imagej/macro/functions.h"
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

Statistics measured(const BuiltinCall& call, bool median = false, bool moments = false) {
  const ImagePlus& image = image_of(call);
  if (image.roi && !image.roi->is_area())
    throw ValueError("measuring along lines and points is not supported",
                     "run(\"Select None\") first");
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

// 256 bins of a grey image: levels of 8 bits, equal parts of minimum..maximum of others.
ArrayRef histogram_of(const BuiltinCall& call, const Statistics& statistics) {
  const ImagePlus& image = image_of(call);
  const auto box = box_of(image);
  const cv::Mat mask = mask_within(image, box);
  if (image.type == ImageType::grey16)
    throw ValueError("the histogram of a 16-bit image is not supported", "run(\"8-bit\") first");
  std::array<double, 256> bins{};
  const double scale = 256.0 / (statistics.max - statistics.min);
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x) {
      if (!mask.empty() && mask.at<std::uint8_t>(y, x) == 0) continue;
      int bin = 0;
      if (image.type == ImageType::grey8) {
        bin = image.pixels().at<std::uint8_t>(box.y + y, box.x + x);
      } else if (image.type == ImageType::grey32) {
        bin = std::min(255, java_int(scale * (image.pixels().at<float>(box.y + y, box.x + x) -
                                              statistics.min)));
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
  if (call.count() > 5) call.arguments[5] = histogram_of(call, s);
  return 0.0;
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

Value get_value(BuiltinCall& call) {
  if (call.count() == 2) return get_pixel(call);
  const std::string what = call.text(0);
  if (what == "results.count") return static_cast<double>(call.session.results.rows());
  if (what == "image.size")
    return static_cast<double>(image_of(call).width()) * image_of(call).height();
  if (what == "color.foreground") return static_cast<double>(call.session.foreground & 0xffffffU);
  if (what == "color.background") return static_cast<double>(call.session.background & 0xffffffU);
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

std::string title_of(const BuiltinCall& call, std::size_t argument) {
  if (call.count() > argument) return call.text(argument);
  // Functions of nResults' kind mean Results, those of Table the table in front.
  if (!call.name.starts_with("Table.")) return "Results";
  const Session& session = call.session;
  if (session.front_unclear)
    throw ValueError(
        fmt::format("{}: whether Results or '{}' is in front depends on the user's windows",
                    call.name, session.front),
        "give the table's title as the last argument");
  const bool table = call.session.table_of(session.front) != nullptr;
  return table ? session.front : "Results";
}

// The table that the call is about; its title is an argument, or absent.
ResultsTable& table_of(const BuiltinCall& call, std::size_t argument) {
  const std::string title = title_of(call, argument);
  ResultsTable* table = call.session.table_of(title);
  if (table == nullptr) throw ValueError(fmt::format("there is no table '{}'", title));
  return *table;
}

std::size_t row_of(const BuiltinCall& call, const ResultsTable& table, std::size_t argument) {
  const auto rows = table.rows();
  const double row =
      call.count() > argument ? call.number(argument) : static_cast<double>(rows) - 1;
  if (!(row >= 0) || row >= static_cast<double>(rows))
    throw ValueError(fmt::format("row {} is not in the {} table, which has {}", row,
                                 call.name.starts_with("Table.") ? title_of(call, 2) : "Results",
                                 rows));
  return static_cast<std::size_t>(row);
}

Value get_result(BuiltinCall& call) {
  const auto& table = table_of(call, 2);
  const auto cell = table.get(call.text(0), row_of(call, table, 1));
  if (!cell || !std::holds_alternative<double>(*cell)) return nan;
  return std::get<double>(*cell);
}

Value get_result_string(BuiltinCall& call) {
  const auto& table = table_of(call, 2);
  const auto row = row_of(call, table, 1);
  const auto heading = call.text(0);
  if (heading == "Label") return table.label(row);
  if (!table.has(heading)) return "null";
  return table.text(heading, row);
}

Value get_result_label(BuiltinCall& call) {
  const auto row = row_of(call, call.session.results, 0);
  if (!call.session.results.has_labels())
    throw ValueError("the Results table has no labels", "put 'display' into Set Measurements...");
  return call.session.results.label(row);
}

Value get_column(BuiltinCall& call) {
  const auto& table = table_of(call, 1);
  const auto heading = call.text(0);
  if (!table.has(heading)) throw ValueError(fmt::format("the table has no column '{}'", heading));
  bool texts = false;
  for (std::size_t row = 0; row < table.rows(); ++row)
    texts |= std::holds_alternative<std::string>(*table.get(heading, row));
  auto values = std::make_shared<std::vector<MacroValue>>();
  for (std::size_t row = 0; row < table.rows(); ++row)
    if (texts)
      values->emplace_back().value = table.text(heading, row);
    else
      values->emplace_back().value = std::get<double>(*table.get(heading, row));
  return values;
}

Value headings_of(BuiltinCall& call) {
  const auto& table = table_of(call, 0);
  std::string text = table.numbered ? " \t" : "";
  if (table.has_labels()) text += "Label\t";
  for (const auto& heading : table.headings()) text += heading + "\t";
  if (!text.empty()) text.pop_back();
  return text;
}

void set_cell(ResultsTable& table, const std::string& heading, std::size_t row,
              const Value& value) {
  if (row == table.rows()) table.add_row();
  if (heading == "Label")
    table.set_label(row, text_of(value));
  else if (value.is_number())
    table.set(heading, row, number_of(value));
  else
    table.set(heading, row, text_of(value));
}

Value set_in_table(BuiltinCall& call) {
  auto& table = table_of(call, 3);
  const double row = call.number(1);
  if (!(row >= 0.0 && row <= static_cast<double>(table.rows()) && row == std::floor(row)))
    throw ValueError(fmt::format("Table.set: row {} of a table of {} rows", row, table.rows()));
  set_cell(table, call.text(0), static_cast<std::size_t>(row), call.arguments[2]);
  return 0.0;
}

Value set_column(BuiltinCall& call) {
  auto& table = table_of(call, 2);
  const auto& values = *call.array(1);
  if (!table.empty() && values.size() != table.rows())
    throw ValueError(fmt::format("Table.setColumn: {} values for a table of {} rows", values.size(),
                                 table.rows()));
  for (std::size_t row = 0; row < values.size(); ++row)
    set_cell(table, call.text(0), row, value_of(values[row]));
  return 0.0;
}

Value update_table(BuiltinCall& call) {
  if (title_of(call, 0) == "Results" && !call.session.results.empty()) call.session.show_results();
  return 0.0;
}

Value reset_table(BuiltinCall& call) {
  table_of(call, 0).clear();
  if (title_of(call, 0) == "Results") call.session.results_lines = 0;
  return 0.0;
}

Value rename_table(BuiltinCall& call) {
  table_of(call, 0);
  call.session.rename_table(call.text(0), call.text(1));
  return 0.0;
}

Value delete_rows(BuiltinCall& call) {
  auto& table = table_of(call, 2);
  const double first = call.number(0);
  const double last = call.number(1);
  const auto rows = static_cast<double>(table.rows());
  if (!(first >= 0.0 && first <= last && last < rows))
    throw ValueError(
        fmt::format("Table.deleteRows: rows {}..{} of a table of {}", first, last, rows));
  if (last + 1 < rows)
    for (const auto& heading : table.headings())
      for (std::size_t row = 0; row < table.rows(); ++row)
        if (std::holds_alternative<std::string>(*table.get(heading, row)))
          throw ValueError(
              fmt::format("Table.deleteRows: ImageJ mixes up the texts of column '{}'", heading),
              "delete rows before texts are set, or those at the end");
  table.remove_rows(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
  if (title_of(call, 2) == "Results")
    call.session.results_lines = std::min(call.session.results_lines, table.rows());
  return 0.0;
}

// ----- List.*

// As Java writes a double: "1.0", "0.001", "1.2052929E7".
std::string java_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 64> buffer{};
  const double size = std::abs(value);
  const bool plain = size == 0.0 || (size >= 1e-3 && size < 1e7);
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(buffer.data(), end);
  const auto e = std::min(text.find('e'), text.size());
  std::string digits = text.substr(0, e);
  if (digits.find('.') == std::string::npos) digits += ".0";
  return e == text.size() ? digits : digits + "E" + std::to_string(std::stoi(text.substr(e + 1)));
}

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
  cv::Rect2d box = image.area();
  if (image.roi)
    box = image.roi->exact_bounds ? *image.roi->exact_bounds : cv::Rect2d(image.roi->bounds);
  const std::array<double, 4> values = {box.x, box.y, box.width, box.height};
  for (std::size_t i = 0; i < 4; ++i) call.arguments[i] = values[i];
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
  throw ValueError(fmt::format("getInfo(\"{}\") is not supported", what));
}

Value pixel_size(BuiltinCall& call) {
  const auto& calibration = image_of(call).calibration;
  const std::string unit = calibration.unit == "pixel" ? "pixels" : calibration.unit;
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
  add("nResults", 0, 0, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(c.session.results.rows())); });
  add("Table.size", 0, 1, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(table_of(c, 0).rows())); });
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
  add("getResult", 1, 2, 0, get_result);
  add("Table.get", 2, 3, 0, get_result);
  add("getResultString", 1, 2, 0, get_result_string);
  add("Table.getString", 2, 3, 0, get_result_string);
  add("Table.getColumn", 1, 2, 0, get_column);
  add("Table.headings", 0, 1, 0, headings_of);
  add("Table.title", 0, 0, 0, [](BuiltinCall& c) { return Value(title_of(c, 0)); });
  add("Table.columnExists", 1, 2, 0,
      [](BuiltinCall& c) { return Value(table_of(c, 1).has(c.text(0))); });
  add("List.getValue", 1, 1, 0, list_value);
  add("List.get", 1, 1, 0, list_text);
  add("List.size", 0, 0, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(c.session.list.size())); });
  add("List.getList", 0, 0, 0, list_all);
  const auto effect = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add(name, least, most, 0, run);
    all.back().when = When::effect;
  };
  effect("Table.set", 3, 4, set_in_table);
  effect("Table.setColumn", 2, 3, set_column);
  effect("Table.update", 0, 1, update_table);
  effect("Table.reset", 0, 1, reset_table);
  effect("Table.rename", 2, 2, rename_table);
  effect("Table.deleteRows", 2, 3, delete_rows);
  effect("List.setMeasurements", 0, 1, list_measurements);
  effect("List.set", 2, 2, [](BuiltinCall& c) {
    c.session.list[c.text(0)] = c.text(1);
    return Value(0.0);
  });
  effect("List.clear", 0, 0, [](BuiltinCall& c) {
    c.session.list.clear();
    return Value(0.0);
  });
  add("getResultLabel", 1, 1, 0, get_result_label);
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
}

}  // namespace smear::imagej
