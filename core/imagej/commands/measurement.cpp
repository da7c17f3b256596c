// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/measure.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/measuring.h"

namespace smear::imagej {
namespace {

struct Flag {
  const char* key;
  bool MeasurementSettings::*member;
  const char* help;
};

constexpr std::array flags{
    Flag{"area", &MeasurementSettings::area, "Area, in units squared where there is a scale"},
    Flag{"mean", &MeasurementSettings::mean, "Mean pixel value"},
    Flag{"standard", &MeasurementSettings::standard_deviation,
         "StdDev: standard deviation of the values, with n - 1"},
    Flag{"modal", &MeasurementSettings::mode, "Mode: the most frequent value, the lowest of them"},
    Flag{"min", &MeasurementSettings::min_max, "Min and Max"},
    Flag{"centroid", &MeasurementSettings::centroid, "X and Y: mean of the pixels' centres"},
    Flag{"center", &MeasurementSettings::center_of_mass,
         "XM and YM: the same, each pixel weighed by its value"},
    Flag{"perimeter", &MeasurementSettings::perimeter, "Perim.: the outline's length"},
    Flag{"bounding", &MeasurementSettings::bounding_rectangle,
         "BX, BY, Width and Height of the bounding rectangle"},
    Flag{"fit", &MeasurementSettings::ellipse,
         "Major, Minor and Angle of the ellipse of equal area and second moments"},
    Flag{"shape", &MeasurementSettings::shape_descriptors,
         "Circ. (4 pi area / perimeter squared), AR, Round and Solidity"},
    Flag{"feret's", &MeasurementSettings::feret,
         "Feret, FeretX, FeretY, FeretAngle and MinFeret: longest and shortest diameter"},
    Flag{"integrated", &MeasurementSettings::integrated_density,
         "IntDen (area x mean) and RawIntDen (sum of the values)"},
    Flag{"median", &MeasurementSettings::median, "Median value"},
    Flag{"skewness", &MeasurementSettings::skewness, "Skew: third moment of the values"},
    Flag{"kurtosis", &MeasurementSettings::kurtosis, "Kurt: fourth moment of the values"},
    Flag{"area_fraction", &MeasurementSettings::area_fraction,
         "%Area: per cent of the pixels within the threshold, or not 0 where there is none"},
    Flag{"stack", &MeasurementSettings::stack_position, "Slice (Ch, Slice, Frame): the position"},
    Flag{"limit", &MeasurementSettings::limit_to_threshold,
         "measures only pixels within the threshold"},
    Flag{"display", &MeasurementSettings::labels, "Label: the image's title"},
    Flag{"invert", &MeasurementSettings::invert_y, "counts Y upwards from the lower edge"},
    Flag{"scientific", &MeasurementSettings::scientific, "writes numbers as 1.234E5"},
    Flag{"add", &MeasurementSettings::add_to_overlay, "puts measured selections on the overlay"},
    Flag{"nan", &MeasurementSettings::nan_empty, "cells that were never set are NaN rather than 0"},
};

// Whether the columns, or what stands in them, change: then ImageJ drops the others.
bool other_columns(const MeasurementSettings& a, const MeasurementSettings& b) {
  for (const auto& flag : flags) {
    const bool column = flag.member != &MeasurementSettings::scientific &&
                        flag.member != &MeasurementSettings::add_to_overlay &&
                        flag.member != &MeasurementSettings::nan_empty &&
                        flag.member != &MeasurementSettings::invert_y;
    if (column && a.*flag.member != b.*flag.member) return true;
  }
  return false;
}

void set_measurements(Session& session, const Values& values, Host& /*host*/) {
  MeasurementSettings settings;
  for (const auto& flag : flags) settings.*flag.member = values.flag(flag.key);
  settings.decimals = static_cast<int>(values.number("decimal"));
  if (const auto& title = values.text("redirect"); title != "None") {
    if (session.by_title(title) == nullptr)
      throw SampleError(fmt::format(
          "Set Measurements redirects to '{}', but no image of that title is open", title));
    settings.redirect = title;
  }
  auto& table = session.results;
  table.nan_empty = settings.nan_empty;
  table.set_precision(settings.scientific ? -settings.decimals : settings.decimals);
  if (!table.empty() && other_columns(session.measurements, settings))
    table.keep_measurements(columns_of(settings), settings.labels);
  session.measurements = std::move(settings);
}

Command set_measurements_command() {
  Command command;
  command.name = "Set Measurements...";
  command.stage = "set-measurements";
  command.summary = "Chooses what Measure and Analyze Particles write.";
  command.details =
      "Every measurement whose flag is absent is switched off. If the Results table has rows and "
      "other measurements are chosen than before, its columns become those of the new ones: "
      "columns that were added by `setResult` go, new ones are 0 in the rows that are there.\n\n"
      "`redirect` names an image whose pixel values are measured in place of those of the active "
      "one; positions and shapes remain the active one's. The label has its title.";
  command.needs_image = false;
  for (const auto& flag : flags) command.keys.push_back(Key::flag(flag.key, flag.help));
  command.keys.push_back(Key::of_text(
      "redirect", "None", "title of an open image to measure pixel values in, or None"));
  command.keys.push_back(
      Key::of_number("decimal", 3, "decimal places in tables").range(0, 9).whole());
  command.run = set_measurements;
  return command;
}

void measure_points(const MeasuringPlane& plane, const Roi& roi, Session& session,
                    const std::string& label) {
  for (const auto& point : roi.points) {
    add_measured_row(session, session.results, label);
    add_point_measurements(plane, point, session.measurements, session.results);
  }
}

// Numbered by its row, as the labels on the overlay say.
void add_to_overlay(const Session& session, ImagePlus& image) {
  constexpr std::uint16_t labels_names_backgrounds = 8 | 16 | 32;
  Roi roi = *image.roi;
  roi.shared = {};
  roi.name = std::to_string(session.results.rows());
  image.overlay.push_back(std::move(roi));
  image.overlay.front().options |= labels_names_backgrounds;
  image.overlay.front().label_colour = 0xffffffff;
}

Command measure_command() {
  Command command;
  command.name = "Measure";
  command.stage = "measure";
  command.summary = "Adds a row about the selection, or the whole image, to the Results table.";
  command.details =
      "What is measured is chosen by `Set Measurements...`. Areas of any kind, lines one pixel "
      "wide (their values are interpolated at steps of about one pixel), angles and points (one "
      "row each) are measured; wider lines, curves of Fit Spline and rectangles with rounded "
      "corners are refused. Rows are added to those that are "
      "there, as in ImageJ with its window; ImageJ without one (`-batch`) starts anew each time.";
  command.run = [](Session& session, const Values&, Host&) {
    auto& image = session.active();
    begin_measuring(session);
    measure_selection(session, image.roi ? &*image.roi : nullptr);
    session.show_results();
    if (session.measurements.add_to_overlay && image.roi) add_to_overlay(session, image);
  };
  return command;
}

Command clear_results_command() {
  Command command;
  command.name = "Clear Results";
  command.stage = "clear-results";
  command.summary = "Empties the Results table.";
  command.details = "Rows and columns go, also those that `setResult` added; decimals stay.";
  command.needs_image = false;
  command.run = [](Session& session, const Values&, Host&) { session.clear_results(); };
  return command;
}

// Of the numbers in a column, in the order in which Summarize lists them.
std::array<double, 4> summary_of(const ResultsTable& table, const std::string& heading,
                                 std::size_t rows) {
  double sum = 0.0;
  double squares = 0.0;
  double min = std::numeric_limits<double>::max();
  double max = -min;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto cell = table.get(heading, row);
    const auto* number = std::get_if<double>(&*cell);
    const double value = number != nullptr ? *number : std::numeric_limits<double>::quiet_NaN();
    sum += value;
    squares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const auto n = static_cast<double>(rows);
  // Rounding can leave a variance below 0, whose root ImageJ takes all the same.
  return {sum / n, std::sqrt((squares - sum * sum / n) / (n - 1.0)), min, max};
}

Command summarize_command() {
  Command command;
  command.name = "Summarize";
  command.stage = "summarize";
  command.summary = "Adds mean, standard deviation, minimum and maximum of each column.";
  command.details =
      "Four rows labelled Mean, SD, Min and Max go to the end of the Results table, whose columns "
      "must all be numbers, where it has two rows at least; else nothing happens. The standard "
      "deviation is that with n - 1.";
  command.needs_image = false;
  command.run = [](Session& session, const Values&, Host&) {
    auto& table = session.results;
    const std::size_t rows = table.rows();
    if (rows < 2) return;
    const auto headings = table.headings();
    for (const auto& heading : headings)
      for (std::size_t row = 0; row < rows; ++row)
        if (std::holds_alternative<std::string>(*table.get(heading, row)))
          throw SampleError(fmt::format(
              "Summarize: column '{}' has text, which has no mean: summarize before adding it",
              heading));
    for (const char* label : {"Mean", "SD", "Min", "Max"}) {
      table.add_row();
      table.set_label(table.rows() - 1, label);
    }
    for (const auto& heading : headings) {
      const auto values = summary_of(table, heading, rows);
      for (std::size_t i = 0; i < values.size(); ++i) table.set(heading, rows + i, values[i]);
    }
    session.show_results();
    session.summarized = table.rows();
  };
  return command;
}

// "um", "u" and "A" as ImageJ writes them.
std::string unit_of(const std::string& text) {
  if (text == "um") return "µm";
  if (text == "A") return "Å";
  return text.empty() || text == "pixels" ? "pixel" : text;
}

void change_scale(Calibration& scale, const Values& values) {
  const double distance = values.number("distance");
  const double known = values.number("known");
  const std::string unit = unit_of(values.text("unit"));
  if (distance <= 0.0 || known <= 0.0 || unit == "pixel") {
    scale.pixel_width = scale.pixel_height = scale.pixel_depth = 1.0;
    scale.unit = "pixel";
    return;
  }
  const double aspect = values.number("pixel") > 0.0 ? values.number("pixel")
                                                     : scale.pixel_height / scale.pixel_width;
  scale.pixel_width = known / distance;
  scale.pixel_height = aspect == 0.0 ? scale.pixel_height : scale.pixel_width * aspect;
  if (scale.pixel_depth == 1.0) scale.pixel_depth = scale.pixel_width;
  scale.unit = unit;
}

void set_scale(Session& session, const Values& values, Host& /*host*/) {
  // What the image has by an earlier call with `global` is what this one begins with.
  Calibration scale = session.active().calibration;
  change_scale(scale, values);
  const bool global = values.flag("global");
  session.set_global_scale(global ? std::optional(scale) : std::nullopt);
  if (!global) session.active().calibration = scale;
}

Command set_scale_command() {
  Command command;
  command.name = "Set Scale...";
  command.stage = "set-scale";
  command.summary = "Says how large a pixel is.";
  command.details =
      "A pixel is `known` / `distance` units wide and `pixel` times as high. A distance or known "
      "length of 0 and the unit pixel take the scale away; this is also what Click to Remove Scale "
      "records: `distance=0 known=0 unit=pixel`. With `global` all images that are open, and those "
      "opened later, have this scale in place of their own, until it is set without.";
  command.keys = {
      Key::of_number("distance", 0.0, "a length in the image; 0 takes the scale away", "pixels")
          .range(0.0, 1e9),
      Key::of_number("known", 0.0, "the same length in units; 0 takes the scale away")
          .range(0.0, 1e12),
      Key::of_number("pixel", 0.0, "height of a pixel divided by its width; absent or 0: as it was")
          .range(0.0, 1e6)
          .may_be_absent(),
      Key::of_text("unit", "pixel", "of length: um, mm, inch, ..."),
      Key::flag("global", "for all images, in place of their own")};
  command.run = set_scale;
  return command;
}

// "3,4" or "3,4,5": two to `most` numbers.
std::vector<double> numbers_of(const std::string& text, std::size_t most) {
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && *at == ' ') ++at;
    double number = 0.0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || numbers.size() == most) break;
    numbers.push_back(number);
    if (next == end && numbers.size() > 1) return numbers;
    if (next == end || *next != ',') break;
    at = next + 1;
  }
  throw ConfigError(
      fmt::format("Properties...: origin is x,y or x,y,z in pixels, as in 3,4, got '{}'", text));
}

// "0.5 sec": the time and its unit.
std::pair<double, std::string> interval_of(const std::string& text) {
  double time = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ' || !(time >= 0.0))
    throw ConfigError(fmt::format(
        "Properties...: frame is a time and its unit, as in [0.5 sec], got '{}'", text));
  return {time, std::string(end + 1, text.data() + text.size())};
}

void set_properties(Session& session, const Values& values, Host& /*host*/) {
  auto& image = session.active();
  const auto whole = [&](const char* key, int old) {
    const int number = static_cast<int>(values.number(key));
    return number > 0 ? number : old;
  };
  const int channels = whole("channels", image.channels);
  const int slices = whole("slices", image.slices);
  const int frames = whole("frames", image.frames);
  if (static_cast<double>(channels) * slices * frames != static_cast<double>(image.stack.size()))
    throw SampleError(fmt::format(
        "Properties: {} channels x {} slices x {} frames are not the {} planes that '{}' has",
        channels, slices, frames, image.stack.size(), image.title));
  image.channels = channels;
  image.slices = slices;
  image.frames = frames;
  auto& scale = image.calibration;
  const auto set = [&](const char* key, double& value) {
    if (values.number(key) > 0.0) value = values.number(key);
  };
  if (!values.text("unit").empty()) scale.unit = unit_of(values.text("unit"));
  set("pixel_width", scale.pixel_width);
  set("pixel_height", scale.pixel_height);
  set("voxel_depth", scale.pixel_depth);
  if (values.given("frame"))
    std::tie(scale.frame_interval, scale.time_unit) = interval_of(values.text("frame"));
  if (!values.given("origin")) return;
  const auto origin = numbers_of(values.text("origin"), 3);
  scale.x_origin = origin[0];
  scale.y_origin = origin[1];
  scale.z_origin = origin.size() > 2 ? origin[2] : 0.0;
}

Command properties_command() {
  Command command;
  command.name = "Properties...";
  command.stage = "properties";
  command.summary = "Sets the size of pixels and the order of planes.";
  command.details =
      "What is absent stays as it is. Channels, slices and frames multiply to the number of "
      "planes. The origin is where X and Y are counted from, in pixels. The frame interval is kept "
      "with the image, for its file.";
  const auto planes = [](const char* name) {
    return Key::of_number(name, 0, "how many; absent or 0: as it is")
        .range(0, 1e6)
        .whole()
        .may_be_absent();
  };
  const auto size = [](const char* name, const char* help) {
    return Key::of_number(name, 0.0, std::string(help) + "; absent or 0: as it is", "units")
        .range(0.0, 1e12)
        .may_be_absent();
  };
  command.keys = {
      planes("channels"),
      planes("slices"),
      planes("frames"),
      Key::of_text("unit", "", "of length: um, mm, inch, ...; absent: as it is").may_be_absent(),
      size("pixel_width", "width of a pixel"),
      size("pixel_height", "height of a pixel"),
      size("voxel_depth", "distance of planes").was("depth"),
      Key::of_text("frame", "", "time from frame to frame, as in [0.5 sec]; absent: as it is")
          .may_be_absent(),
      Key::of_text("origin", "", "x,y or x,y,z in pixels; absent: as it is").may_be_absent()};
  command.check = [](const Values& values) {
    if (values.given("origin")) static_cast<void>(numbers_of(values.text("origin"), 3));
    if (values.given("frame")) static_cast<void>(interval_of(values.text("frame")));
  };
  command.run = set_properties;
  return command;
}

// A number as such, or as the text of one.
std::optional<double> number_in(const Values::Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || text->empty()) return std::nullopt;
  double number = 0.0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

Command set_result_command() {
  Command command;
  command.name = "setResult";
  command.stage = "set-result";
  command.form = Command::Form::function;
  command.summary = "Sets a cell of the Results table.";
  command.details =
      "The row just behind the last one is added, the column too where there is none. The column "
      "Label holds the rows' labels. Texts are kept as they are, also `\"1.50\"`, which "
      "`getResult` gives as a number.";
  command.needs_image = false;
  command.keys = {Key::of_text("column", "", "heading"),
                  Key::of_number("row", 0, "from 0").range(0, 1e9).whole(),
                  Key::of_text("value", "", "number or text"),
                  Key::flag("as_text", "the value stays a text though it reads as a number: 007")
                      .may_be_absent()};
  command.run = [](Session& session, const Values& values, Host&) {
    auto& table = session.results;
    const auto& column = values.text("column");
    const double row_number = values.number("row");
    if (!(row_number >= 0.0 && row_number <= static_cast<double>(table.rows())))
      throw SampleError(
          fmt::format("setResult: row {} of a Results table of {} rows", row_number, table.rows()));
    const auto row = static_cast<std::size_t>(row_number);
    const auto& value = values.all().find("value")->second;
    const auto number = values.flag("as_text") ? std::nullopt : number_in(value);
    if (row == table.rows()) table.add_row();
    if (column == "Label")
      table.set_label(row, std::holds_alternative<std::string>(value) ? std::get<std::string>(value)
                                                                      : fmt::format("{}", *number));
    else if (number)
      table.set(column, row, *number);
    else
      table.set(column, row, std::get<std::string>(value));
  };
  return command;
}

Command update_results_command() {
  Command command;
  command.name = "updateResults";
  command.stage = "update-results";
  command.form = Command::Form::function;
  command.summary = "Shows what setResult changed.";
  command.details =
      "The Results table has the new values at once. But what follows may depend on it: Measure "
      "drops rows of setResult that are not shown yet, which is refused here.";
  command.needs_image = false;
  command.run = [](Session& session, const Values&, Host&) {
    if (!session.results.empty()) session.show_results();
  };
  return command;
}

}  // namespace

const ImagePlus* redirected(Session& session) {
  const auto& title = session.measurements.redirect;
  if (title.empty()) return nullptr;
  const auto* image = session.by_title(title);
  if (image == nullptr)
    throw SampleError(fmt::format(
        "Set Measurements redirects to '{}', but no image of that title is open any more", title));
  return image;
}

std::string measurement_label(const ImagePlus& image, const Roi* roi, const ImagePlus* redirect) {
  std::string label = redirect != nullptr ? redirect->title : image.title;
  if (roi != nullptr && !roi->name.empty()) label += ":" + roi->name;
  if (image.stack.size() > 1) {
    const auto& plane = image.stack[static_cast<std::size_t>(image.current)].label;
    label += ':';
    label += plane.empty() ? std::to_string(image.current + 1) : plane.substr(0, plane.find('\n'));
  }
  return label;
}

void begin_measuring(Session& session) {
  auto& table = session.results;
  // Rows that are none of its own measurements, ImageJ drops: here those of Summarize.
  if (session.summarized != 0 && session.summarized == table.rows()) {
    table.remove_rows(table.rows() - 4, table.rows() - 1);
    session.results_lines = std::min(session.results_lines, table.rows());
  }
  session.summarized = 0;
  if (table.rows() <= session.results_lines) return;
  // Rows of Analyze Particles without display, which no window shows.
  if (!session.results_shown && table.measured()) return table.remove_rows(0, table.rows() - 1);
  throw SampleError(
      "Measure: ImageJ would drop the rows that setResult or Find Maxima... added to the Results "
      "table, as they are not shown yet; write updateResults(); behind those, or clear the table");
}

void add_measured_row(const Session& session, ResultsTable& table, const std::string& label) {
  table.add_row();
  if (session.measurements.labels) table.set_label(table.rows() - 1, label);
}

MeasuringPlane measuring_plane(Session& session, const ImagePlus& image) {
  return measuring_plane(image, redirected(session), session.preferences.weighted_rgb);
}

void measure_selection(Session& session, const Roi* roi) {
  const auto& image = session.active();
  const auto plane = measuring_plane(session, image);
  const std::string label = measurement_label(image, roi, redirected(session));
  if (roi != nullptr && roi->type == RoiType::point) {
    measure_points(plane, *roi, session, label);
    return;
  }
  if (roi != nullptr && (roi->is_line() || roi->type == RoiType::angle)) {
    add_measured_row(session, session.results, label);
    add_line_measurements(plane, *roi, session.measurements, session.results);
    return;
  }
  if (roi != nullptr && !roi->is_area())
    throw SampleError(
        "Measure takes areas, lines, angles and points; the selection is none of them");
  const auto area = area_of(roi, image.area().size());
  const auto statistics = statistics_of(plane, area, session.measurements);
  add_measured_row(session, session.results, label);
  add_measurements(plane, area, statistics, session.measurements, session.results);
}

void measure_overlay_of(Session& session) {
  const auto& image = session.active();
  if (image.overlay.empty())
    throw SampleError(fmt::format("Measure Overlay: '{}' has no overlay", image.title));
  begin_measuring(session);
  for (const auto& roi : image.overlay) measure_selection(session, &roi);
  session.show_results();
}

void add_measurement_commands(CommandTable& table) {
  table.add(set_measurements_command());
  table.add(measure_command());
  table.add(clear_results_command());
  table.add(summarize_command());
  table.add(set_scale_command());
  table.add(properties_command());
  table.add(set_result_command());
  table.add(update_results_command());
}

}  // namespace smear::imagej
