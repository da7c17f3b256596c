// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <utility>

#include "imagej/commands/commands.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/commands/measuring.h"
#include "imagej/operations/binary.h"
#include "imagej/operations/colour.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/distance-map.h"
#include "imagej/operations/find-maxima.h"
#include "imagej/operations/watershed.h"

namespace smear::imagej {
namespace {

// ImageJ's prominence where it divides distance maps.
constexpr double distance_prominence = 0.5;

std::uint8_t object_of(const Session& session) {
  return object_level(session.preferences.black_background, session.active().lut.is_inverted());
}

void require_binary(const ImagePlus& image, std::string_view command) {
  if (is_binary(image.pixels())) return;
  throw SampleError(fmt::format(
      "{} takes 8-bit images of 0 and 255, '{}' has other levels; make it binary first, "
      "with Convert to Mask",
      command, image.title));
}

void require_one_plane(const ImagePlus& image, std::string_view command) {
  if (image.stack.size() == 1) return;
  throw SampleError(fmt::format("{} takes images of one plane, '{}' has {}; take them apart first",
                                command, image.title, image.stack.size()));
}

cv::Mat ultimate_points(const cv::Mat& pixels, std::uint8_t object) {
  const cv::Mat distances = distance_map(pixels, static_cast<std::uint8_t>(255 - object));
  MaximaSettings settings;
  settings.prominence = distance_prominence;
  settings.distance_map = true;
  const auto maxima = find_maxima(distances, cv::Rect(0, 0, pixels.cols, pixels.rows), settings);
  cv::Mat result = cv::Mat::zeros(pixels.size(), CV_32FC1);
  distances.copyTo(result, maxima.single_points);
  return result;
}

// The distances to the objects on the lines that part the basins round them.
cv::Mat voronoi(const cv::Mat& pixels, std::uint8_t object) {
  const cv::Mat distances = distance_map(pixels, object);
  MaximaSettings settings;
  settings.prominence = distance_prominence;
  const auto basins =
      find_maxima(-distances, cv::Rect(0, 0, pixels.cols, pixels.rows), settings, true);
  cv::Mat result = cv::Mat::zeros(pixels.size(), CV_32FC1);
  distances.copyTo(result, basins.segments == 0);
  return result;
}

std::string without_extension(const std::string& title) {
  const auto dot = title.rfind('.');
  return dot == std::string::npos || dot == 0 ? title : title.substr(0, dot);
}

double greatest(const cv::Mat& values) {
  double most = 0.0;
  cv::minMaxLoc(values, nullptr, &most);
  return most;
}

void overwrite(ImagePlus& image, const cv::Mat& values) {
  cv::Mat& pixels = image.writable();
  write_back(values, image.area(), 0, pixels);
  image.range = {0.0, greatest(pixels)};
  image.stretch = {image.range, {0.0, greatest(values)}};
  if (image.threshold && !image.threshold->visible) image.threshold.reset();
}

ImagePlus new_image(const Session& session, const std::string& what, const cv::Mat& values) {
  const auto& output = session.preferences.edm_output;
  const ImagePlus& source = session.active();
  cv::Mat pixels = values;
  if (output == "8-bit") {
    pixels = convert_grey(values, ImageType::grey8, {0.0, 255.0});
  } else if (output == "16-bit") {
    pixels = convert_grey(values, ImageType::grey16, {0.0, 65535.0});
  }
  ImagePlus result(what + " of " + without_extension(source.title), pixels);
  if (!session.preferences.black_background) result.lut.invert();
  return result;
}

using Map = cv::Mat (*)(const cv::Mat& pixels, std::uint8_t object);

void run_map(Session& session, const std::string& command, const std::string& what, Map map) {
  ImagePlus& image = session.active();
  require_binary(image, command);
  require_one_plane(image, command);
  const cv::Mat values = map(image.pixels(), object_of(session));
  if (session.preferences.edm_output == "Overwrite")
    overwrite(image, values);
  else
    session.open(new_image(session, what, values));
}

Command map_command(std::string name, std::string stage, std::string what, std::string summary,
                    std::string details, Map map) {
  Command command;
  command.name = std::move(name);
  command.stage = std::move(stage);
  command.summary = std::move(summary);
  command.details =
      std::move(details) +
      "\n\nThe whole image is used, whatever is selected. It must hold nothing but 0 and 255; "
      "objects "
      "are 255 with a black background and an ordinary colour table, and turned round by a white "
      "background and by an inverting table. What becomes of the result is set by `edm` of "
      "`Options...`: the image itself, rounded and cut at 255 (`Overwrite`), or a new image of 8, "
      "16 or "
      "32 bits.";
  command.types = {ImageType::grey8};
  command.run = [name = command.name, what = std::move(what), map](
                    Session& session, const Values&, Host&) { run_map(session, name, what, map); };
  return command;
}

void run_watershed(Session& session, const Values& values, Host&) {
  ImagePlus& image = session.active();
  require_binary(image, "Watershed");
  const auto object = object_of(session);
  FilterTraits traits;
  traits.whole_image = true;
  traits.keeps_threshold = true;
  traits.all_planes = values.flag("stack");
  run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect&) { watershed(pixels, object); });
  image.threshold = Threshold{static_cast<double>(object), static_cast<double>(object), false};
}

Command watershed_command() {
  Command command;
  command.name = "Watershed";
  command.stage = "watershed";
  command.summary = "Cuts touching objects apart where they are narrow.";
  command.details =
      "The distance map of the objects has a peak in each part of an object. Peaks that stand out "
      "by "
      "at least 0.5 pixels grow down the map, level by level, without ever meeting; the lines that "
      "remain between them become background. The whole image is used, whatever is selected. It "
      "must "
      "hold nothing but 0 and 255; objects are 255 with a black background and an ordinary colour "
      "table, and turned round by a white background and by an inverting table.";
  command.keys = {Key::flag("stack", "all planes of a stack rather than the current one")};
  command.types = {ImageType::grey8};
  command.run = run_watershed;
  ask_about_stack(command);
  return command;
}

// Values to look for maxima in: turned round where dark is high.
cv::Mat heights_of(const ImagePlus& image, bool turned, bool weighted) {
  cv::Mat values;
  switch (image.type) {
    case ImageType::rgb: {
      const cv::Mat pixels =
          turned ? cv::Mat(cv::Scalar::all(255) - image.pixels()) : image.pixels();
      return rgb_to_grey32(pixels, weighted);
    }
    case ImageType::grey32:
      if (!turned) return image.pixels();
      values = image.pixels().clone();
      for (int y = 0; y < values.rows; ++y) {
        auto* row = values.ptr<float>(y);
        const auto low = static_cast<float>(image.range.min);
        const auto high = static_cast<float>(image.range.max);
        for (int x = 0; x < values.cols; ++x) row[x] = high - (row[x] - low);
      }
      return values;
    default:
      image.pixels().convertTo(values, CV_32F);
      if (turned) values = (image.type == ImageType::grey16 ? 65535.0 : 255.0) - values;
      return values;
  }
}

void list_points(Session& session, const std::vector<cv::Point>& points) {
  session.clear_results();
  for (const auto& p : points) {
    session.results.add_row();
    session.results.add("X", static_cast<double>(p.x));
    session.results.add("Y", static_cast<double>(p.y));
  }
}

void select_points(ImagePlus& image, const std::vector<cv::Point>& points) {
  if (points.empty()) return;
  image.roi = Roi::polygon(RoiType::point, {points.begin(), points.end()});
  image.roi->point_size = 3;  // not the size of points made by hand
}

// The pixels outside the selection go black.
void clear_outside(const ImagePlus& image, cv::Mat& pixels) {
  if (!image.roi || !image.roi->is_area()) return;
  const cv::Rect box = image.roi->bounds & image.area();
  cv::Mat inside = cv::Mat::zeros(pixels.size(), CV_8UC1);
  const cv::Mat mask = mask_of(*image.roi);
  if (mask.empty())
    inside(box).setTo(255);
  else
    mask(box - image.roi->bounds.tl()).copyTo(inside(box));
  pixels.setTo(0, inside == 0);
}

// Only points within the selection count.
std::vector<cv::Point> selected(const ImagePlus& image, std::vector<cv::Point> points) {
  if (!image.roi || !image.roi->is_area()) return points;
  cv::Mat inside(image.area().size(), CV_8UC1, cv::Scalar(255));
  clear_outside(image, inside);
  std::erase_if(points, [&](const cv::Point& p) { return inside.at<std::uint8_t>(p) == 0; });
  return points;
}

void open_result(Session& session, const std::string& what, const cv::Mat& pixels) {
  const ImagePlus& source = session.active();
  ImagePlus result(source.title + " " + what, pixels);
  if (!session.preferences.black_background) result.lut.invert();
  result.calibration = source.calibration;
  session.open(std::move(result));
}

MaximaSettings settings_of(const ImagePlus& image, const Values& values, bool turned) {
  MaximaSettings settings;
  const bool old = values.given("noise");
  settings.prominence = values.number(old ? "noise" : "prominence");
  settings.exclude_edges = values.flag("exclude");
  settings.strict = old ? settings.exclude_edges : values.flag("strict");
  // ImageJ forgets the limit where it turns the values round.
  if (values.flag("above") && image.threshold && !turned) settings.lowest = image.threshold->lower;
  settings.fractions = image.type == ImageType::grey32;
  return settings;
}

void run_find_maxima(Session& session, const Values& values, Host&) {
  ImagePlus& image = session.active();
  require_one_plane(image, "Find Maxima...");
  if (image.calibration.function != 20)
    throw SampleError("Find Maxima... of images with calibrated values is not supported");
  const auto& output = values.text("output");
  const bool segmented = output == "Segmented Particles";
  const bool turned = values.flag("light") != image.lut.is_inverted();
  const bool within = image.roi && image.roi->is_area() && !segmented;
  const cv::Rect region = within ? image.roi->bounds & image.area() : image.area();
  if (region.empty()) throw SampleError("the selection lies outside the image");
  auto maxima = find_maxima(heights_of(image, turned, session.preferences.weighted_rgb), region,
                            settings_of(image, values, turned), segmented);
  if (segmented) {
    if (image.roi) session.previous_roi = std::exchange(image.roi, std::nullopt);
    open_result(session, "Segmented", maxima.segments);
  } else if (output == "Single Points" || output == "Maxima Within Tolerance") {
    cv::Mat& pixels = output == "Single Points" ? maxima.single_points : maxima.areas;
    clear_outside(image, pixels);
    open_result(session, "Maxima", pixels);
  } else {
    const auto points = selected(image, std::move(maxima.points));
    if (output == "Point Selection") {
      select_points(image, points);
    } else if (output == "List") {
      list_points(session, points);
      session.maxima_rows = session.results.rows();
    } else {
      add_measured_row(session, session.results,
                       measurement_label(image, image.roi ? &*image.roi : nullptr));
      session.results.add("Count", static_cast<double>(points.size()));
      session.maxima_rows = session.results.rows();
    }
  }
}

Command find_maxima_command() {
  Command command;
  command.name = "Find Maxima...";
  command.stage = "find-maxima";
  command.summary = "Finds peaks of brightness that stand out from what is around them.";
  command.details =
      "A local maximum counts where all pixels that are joined to it without going down by more "
      "than "
      "the prominence are no higher than it. Equally high pixels of one peak count once, by the "
      "pixel "
      "nearest to their centre. RGB images are searched by their grey values.\n\nOutputs: `Single "
      "Points` and `Maxima Within Tolerance` are new images of 0 and 255, \"TITLE Maxima\"; "
      "`Segmented "
      "Particles`, \"TITLE Segmented\", divides the image by watersheds between the maxima; `Point "
      "Selection` selects the maxima, from the highest down (the selection stays as it is where "
      "there "
      "are none); `List` puts their coordinates into a new Results table, `Count` their number as "
      "a new "
      "row of Results, column Count. Maxima are looked for in the selected area, "
      "except by `Segmented Particles`, which uses the whole image. `noise` is the name that "
      "`prominence` had before version 1.52m; with it `exclude` is also `strict`.";
  command.keys = {
      Key::of_number("prominence", 10.0,
                     "how far a maximum stands out, in pixel values; 0 or more, always to be given")
          .range(0.0, 1e30)
          .may_be_absent(),
      Key::of_number("noise", -1.0, "the old name of prominence; -1: prominence says it")
          .range(-1.0, 1e30)
          .may_be_absent(),
      Key::flag(
          "strict",
          "no maximum where all values lie within the prominence, and with exclude none whose "
          "area within the prominence touches the image's edge"),
      Key::flag(
          "exclude",
          "no maxima whose area of equal values touches the image's edge; of segmented images, "
          "no areas of such maxima"),
      Key::flag("above",
                "nothing below the lower limit of the threshold, if there is one; no effect where "
                "minima are looked for"),
      Key::flag("light", "finds minima: objects are darker than the background"),
      Key::choice("output", "Single Points",
                  {"Single Points", "Maxima Within Tolerance", "Segmented Particles",
                   "Point Selection", "List", "Count"},
                  "what is made of the maxima")};
  command.one_of = {"prominence", "noise"};
  command.check = [](const Values& values) {
    if (values.given("prominence") && values.given("noise"))
      throw ConfigError("Find Maxima... takes 'prominence' or 'noise', its old name, but not both");
  };
  command.run = run_find_maxima;
  return command;
}

}  // namespace

void add_distance_commands(CommandTable& table) {
  table.add(map_command("Distance Map", "distance-map", "EDM",
                        "Shows how far each object pixel is from the background.",
                        "Distances are those between pixel centres, in pixels; background is 0. "
                        "Beyond the image there "
                        "is no background.",
                        [](const cv::Mat& pixels, std::uint8_t object) {
                          return distance_map(pixels, static_cast<std::uint8_t>(255 - object));
                        }));
  table.add(map_command(
      "Ultimate Points", "ultimate-points", "UEPs", "Shows the peaks of the distance map.",
      "Each peak that stands out by at least 0.5 pixels is one pixel, whose value is "
      "its distance from the background in pixels; all else is 0.",
      ultimate_points));
  table.add(map_command(
      "Voronoi", "voronoi", "Voronoi", "Shows the lines that run half-way between objects.",
      "Pixels on the lines have their distance from the nearest object in pixels; all "
      "else is 0.",
      voronoi));
  table.add(watershed_command());
  table.add(find_maxima_command());
}

}  // namespace smear::imagej
