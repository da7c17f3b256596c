// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/drawing.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/draw-line.h"
#include "imagej/operations/polygon-fill.h"
#include "imagej/operations/selection-outlines.h"
#include "imagej/operations/wand.h"

namespace smear::imagej {
namespace {

Key pixels(std::string name, std::string help) {
  return Key::of_number(std::move(name), 0.0, std::move(help), "pixels");
}

void check_place(const Values& values, std::string_view key) {
  const double value = values.number(key);
  if (!(std::abs(value) <= 1e6))
    throw ConfigError(fmt::format("{} must be within 1000000 pixels, got {}", key, value));
}

void check_box(const Values& values) {
  for (const auto* key : {"x", "y", "width", "height"}) check_place(values, key);
}

// Edges between pixels take the pixels that ImageJ takes: from the one they lie in, as many as it
// needs.
std::optional<Roi> box_roi(const Values& values, Roi (*select)(const cv::Rect&)) {
  check_box(values);
  const cv::Rect2d exact(values.number("x"), values.number("y"), values.number("width"),
                         values.number("height"));
  const cv::Rect bounds(static_cast<int>(exact.x), static_cast<int>(exact.y),
                        static_cast<int>(std::ceil(exact.width)),
                        static_cast<int>(std::ceil(exact.height)));
  if (bounds.width <= 0 || bounds.height <= 0) return std::nullopt;
  Roi roi = select(bounds);
  if (exact != cv::Rect2d(bounds)) roi.exact_bounds = exact;
  return roi;
}

const Roi& area_of(const ImagePlus& image, std::string_view name) {
  if (!image.roi || !image.roi->is_area())
    throw SampleError(fmt::format(
        "{}: '{}' has no area selected; select one first, by makeRectangle or Select All", name,
        image.title));
  return *image.roi;
}

// 255 where the selection's pixels lie in the image.
cv::Mat whole_mask(const ImagePlus& image, const Roi& roi) {
  cv::Mat result = cv::Mat::zeros(image.height(), image.width(), CV_8UC1);
  const cv::Rect within = roi.bounds & image.area();
  if (within.empty()) return result;
  const cv::Mat mask = mask_of(roi);
  if (mask.empty())
    result(within).setTo(255);
  else
    mask(within - roi.bounds.tl()).copyTo(result(within));
  return result;
}

void paint(Session& session, const cv::Mat& mask, const cv::Scalar& value, bool all_planes) {
  ImagePlus& image = session.active();
  const int planes = static_cast<int>(image.stack.size());
  for (int plane = 0; plane < planes; ++plane)
    if (all_planes || plane == image.current) image.writable(plane).setTo(value, mask);
  if (image.threshold && !image.threshold->visible) image.threshold.reset();
}

// A stack is changed as a whole or in its current slice, as the command says.
void check_stack(const ImagePlus& image, const Values& values, std::string_view name) {
  if (image.stack.size() > 1 && !values.flag("stack") && !values.flag("slice"))
    throw SampleError(
        fmt::format("{}: '{}' is a stack; say 'slice' for its current slice or 'stack' for all",
                    name, image.title));
}

cv::Point whole_place(const cv::Point2d& p) {
  return {static_cast<int>(std::floor(p.x + 0.5)), static_cast<int>(std::floor(p.y + 0.5))};
}

// The outlines that Draw goes along, on whole pixels.
std::vector<std::vector<cv::Point2d>> drawn_outlines(const Roi& roi) {
  if ((roi.exact_bounds && roi.type != RoiType::line) || roi.corner_diameter != 0)
    throw SampleError(
        "Draw: rectangles and ovals between pixels or with round corners are not supported; use an "
        "outline on whole pixels");
  if (roi.type == RoiType::rectangle) {
    const cv::Point2d from = roi.bounds.tl();
    const cv::Point2d to = roi.bounds.br();
    return {{from, {to.x, from.y}, to, {from.x, to.y}}};
  }
  if (roi.type == RoiType::oval) return polygons_of(*roi_of_mask(mask_of(roi), roi.bounds.tl()));
  return polygons_of(roi);
}

// Where Draw puts the colour.
cv::Mat drawn_mask(const Session& session, const Roi& roi) {
  const ImagePlus& image = session.active();
  if (roi.is_line() && roi.stroke_width > 1.0)
    throw SampleError(
        "lines wider than one pixel are not drawn here: set the width to 1 by Line Width...");
  cv::Mat mask = cv::Mat::zeros(image.height(), image.width(), CV_8UC1);
  const LinePen pen(roi.is_line() ? 1 : session.line_width);
  for (const auto& outline : drawn_outlines(roi))
    for (std::size_t i = roi.is_line() ? 1 : 0; i < outline.size(); ++i)
      add_line(whole_place(outline[i == 0 ? outline.size() - 1 : i - 1]), whole_place(outline[i]),
               pen, mask);
  return mask;
}

void add_painter(CommandTable& table, std::string name, std::string stage, std::string summary,
                 std::string details, bool outside, bool foreground) {
  Command painter = command(std::move(name), std::move(stage), run_form, std::move(summary),
                            std::move(details) +
                                " 8-bit images get the level whose displayed colour is nearest to "
                                "the colour, the lowest of several. 16 and 32-bit images get min + "
                                "(max - min) * level / 255 of the display range (truncated for 16 "
                                "bits), or 0 for black where min is above 0; one that "
                                "shows 0..0, as of nothing but zeros, shows 0..255 then.");
  painter.keys = {Key::flag("slice", "of a stack, change its current slice only"),
                  Key::flag("stack", "of a stack, change all slices")};
  painter.run = [outside, foreground, id = painter.name](Session& session, const Values& values,
                                                         Host&) {
    ImagePlus& image = session.active();
    check_stack(image, values, id);
    const bool line = image.roi && image.roi->is_line() && !outside;
    cv::Mat mask = line ? drawn_mask(session, *image.roi) : whole_mask(image, area_of(image, id));
    if (outside) mask = ~mask;
    const auto colour = foreground ? session.foreground : session.background;
    const bool fills = foreground && !values.flag("stack");
    paint(session, mask, fills ? filled_value(session, image) : painted_value(image, colour),
          values.flag("stack"));
  };
  table.add(std::move(painter));
}

void add_drawing(CommandTable& table) {
  Command line =
      command("Draw", "draw", run_form,
              "Draws the outline of the area selected, or a line, in the foreground colour.",
              "Along the pixels of its corners, so that a rectangle is one pixel wider "
              "and higher than what is selected, with the width of Line Width.... Corners "
              "between pixels are moved to the nearest.");
  line.keys = {Key::flag("slice", "of a stack, change its current slice only"),
               Key::flag("stack", "of a stack, change all slices")};
  line.run = [](Session& session, const Values& values, Host&) {
    ImagePlus& image = session.active();
    check_stack(image, values, "Draw");
    const bool along = image.roi && image.roi->is_line();
    paint(session, drawn_mask(session, along ? *image.roi : area_of(image, "Draw")),
          painted_value(image, session.foreground), values.flag("stack"));
  };
  table.add(std::move(line));
  Command width = command("Line Width...", "line-width", run_form,
                          "Sets the width of Draw's lines.", "It holds until it is set again.");
  width.keys = {Key::of_number("line", 1.0, "how wide", "pixels").range(1.0, 1000.0).whole()};
  width.needs_image = false;
  width.run = [](Session& session, const Values& values, Host&) {
    session.line_width = static_cast<int>(values.number("line"));
  };
  table.add(std::move(width));
}

void add_makers(CommandTable& table) {
  const std::vector<Key> box{pixels("x", "left edge"), pixels("y", "upper edge"),
                             pixels("width", "width; up to 0 removes the selection"),
                             pixels("height", "height; up to 0 removes the selection")};
  const auto add = [&](const char* name, const char* stage, const char* summary,
                       Roi (*select)(const cv::Rect&)) {
    Command maker =
        command(name, stage, function_form, summary,
                "It may reach beyond the image. Where its edges lie between pixels, it has "
                "the pixels from the one in which its upper left corner lies, as many as "
                "its width and height, rounded up; only a saved selection keeps the rest.");
    maker.keys = box;
    maker.check = check_box;
    maker.run = [select](Session& session, const Values& values, Host&) {
      session.active().roi = box_roi(values, select);
    };
    table.add(std::move(maker));
  };
  add("makeRectangle", "make-rectangle", "Selects a rectangle.", Roi::rectangle);
  add("makeOval", "make-oval", "Selects an ellipse that fills a rectangle.", Roi::oval);
}

constexpr std::string_view recorded_point = "small yellow hybrid";

// "x1,y1,x2,y2,..." as numbers.
std::vector<double> numbers_of(const std::string& text) {
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    while (at != end && (*at == ' ' || *at == ',')) ++at;
    if (at == end) break;
    double number = 0.0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || !(std::abs(number) <= 1e6))
      throw ConfigError(fmt::format("corners are numbers x1,y1,x2,y2,..., got '{}'", text));
    numbers.push_back(number);
    at = next;
  }
  return numbers;
}

Roi line_of(const Values& values, int line_width) {
  const cv::Point2d begin(values.number("x1"), values.number("y1"));
  const cv::Point2d end(values.number("x2"), values.number("y2"));
  const auto more = numbers_of(values.text("points"));
  Roi roi = Roi::line(begin, end);
  if (more.size() > 1) {
    std::vector<cv::Point2d> corners{begin, end};
    for (std::size_t i = 0; i < more.size(); i += 2) corners.emplace_back(more[i], more[i + 1]);
    for (auto& corner : corners) corner = whole_place(corner);
    roi = Roi::polygon(RoiType::polyline, std::move(corners));
  }
  const double width = more.size() == 1 ? more[0] : line_width;
  if (width > 1.0) roi.stroke_width = width;
  return roi;
}

void add_line_and_point(CommandTable& table) {
  Command line = command(
      "makeLine", "make-line", function_form, "Selects a straight or segmented line.",
      "One pixel wide, or as wide as a fifth number says; coordinates are of pixel corners. "
      "With further corners, which are moved to whole pixels, it is segmented.");
  line.keys = {Key::of_number("x1", 0.0, "where it begins", "pixels"),
               Key::of_number("y1", 0.0, "where it begins", "pixels"),
               Key::of_number("x2", 0.0, "where it ends", "pixels"),
               Key::of_number("y2", 0.0, "where it ends", "pixels"),
               Key::of_text("points", "", "x3,y3,... of further corners; one number: its width")
                   .may_be_absent()};
  line.check = [](const Values& values) {
    const auto more = numbers_of(values.text("points"));
    if (more.size() > 1 && more.size() % 2 != 0)
      throw ConfigError(
          fmt::format("makeLine: corners are two numbers each, got {}", 4 + more.size()));
  };
  line.run = [](Session& session, const Values& values, Host&) {
    session.active().roi = line_of(values, session.line_width);
  };
  table.add(std::move(line));
  Command point = command("makePoint", "make-point", function_form, "Selects a point.",
                          "It may lie between pixels.");
  point.keys = {pixels("x", "column"), pixels("y", "row"),
                Key::of_text("style", "", "how it is shown: small yellow hybrid, as recorded")
                    .may_be_absent()};
  point.check = [](const Values& values) {
    for (const auto* key : {"x", "y"}) check_place(values, key);
    if (const auto& style = values.text("style"); !style.empty() && style != recorded_point)
      throw ConfigError(
          fmt::format("makePoint: points that look like '{}' are not supported; leave "
                      "it out or write \"{}\"",
                      style, recorded_point));
  };
  point.run = [](Session& session, const Values& values, Host&) {
    session.active().roi =
        Roi::polygon(RoiType::point, {cv::Point2d(values.number("x"), values.number("y"))});
    if (!values.text("style").empty()) session.active().roi->stroke_colour = 0xffffff00;
  };
  table.add(std::move(point));
}

// Of all that touches a pixel, whatever holes there are; `inside` has a border of zeros.
Outline outer_outline(const cv::Mat& inside, cv::Point at, Connectivity connectivity) {
  cv::Mat labels;
  cv::connectedComponents(inside, labels, connectivity == Connectivity::four ? 4 : 8);
  const cv::Mat touching = labels == labels.at<int>(at.y + 1, at.x + 1);
  const cv::Rect box = cv::boundingRect(touching);
  cv::Point start(box.x, box.y);
  while (touching.at<std::uint8_t>(start) == 0) ++start.x;
  while (touching.at<std::uint8_t>(start.y, start.x + 1) != 0) ++start.x;
  return trace_outline(touching, start - cv::Point(1, 1), connectivity);
}

// What is within the limits at a place, or as bright as there.
void do_wand(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  if (image.type == ImageType::rgb)
    throw SampleError("doWand takes 8-bit, 16-bit and 32-bit images: convert it first");
  const cv::Point at(static_cast<int>(values.number("x")), static_cast<int>(values.number("y")));
  if (!image.area().contains(at))
    throw SampleError(fmt::format("doWand: {}, {} lies outside '{}'", at.x, at.y, image.title));
  cv::Mat value;
  image.pixels()(cv::Rect(at, cv::Size(1, 1))).convertTo(value, CV_64F);
  const double tolerance = values.number("tolerance");
  Threshold within{value.at<double>(0) - tolerance, value.at<double>(0) + tolerance, true};
  if (image.threshold && tolerance == 0.0) within = *image.threshold;
  const cv::Mat inside = bordered_threshold(image.pixels(), within.lower, within.upper);
  if (inside.at<std::uint8_t>(at.y + 1, at.x + 1) == 0)
    throw SampleError(fmt::format(
        "doWand: {}, {} is not within the threshold, where ImageJ looks on to the right; "
        "choose a place within",
        at.x, at.y));
  const bool legacy = values.text("mode") == "Legacy";
  const auto connectivity =
      values.text("mode") == "4-connected" ? Connectivity::four : Connectivity::eight;
  const Outline outline = legacy && tolerance == 0.0 ? wand(inside, at, connectivity)
                                                     : outer_outline(inside, at, connectivity);
  if (legacy && tolerance == 0.0 && !image.threshold &&
      wand(inside, at, Connectivity::four).corners != outline.corners)
    throw SampleError(
        "doWand: pixels touch by their corners here, of which ImageJ's legacy mode takes some and "
        "not others; write doWand(x, y, 0, \"8-connected\") or \"4-connected\"");
  image.roi = Roi::polygon(RoiType::traced, {outline.corners.begin(), outline.corners.end()});
}

void add_wand(CommandTable& table) {
  Command wand = command(
      "doWand", "do-wand", function_form, "Selects what touches a pixel and is as bright.",
      "Pixels within the threshold, if one is set and no tolerance given; else those that differ "
      "from the pixel by the tolerance at most. Holes are not looked at, but from a place whose "
      "run "
      "of pixels ends at one on the right it is the hole's outline that is selected.");
  wand.keys = {pixels("x", "column"), pixels("y", "row"),
               Key::of_number("tolerance", 0.0, "in pixel values").range(0.0, 1e9).may_be_absent(),
               Key::choice("mode", "Legacy", {"Legacy", "4-connected", "8-connected"},
                           "which pixels touch; Legacy: by sides or corners")
                   .may_be_absent()};
  wand.run = [](Session& session, const Values& values, Host&) { do_wand(session, values); };
  table.add(std::move(wand));
}

// "x1,y1,x2,y2,..." as points of whole pixels.
std::vector<cv::Point2d> points_of(const std::string& text) {
  auto numbers = numbers_of(text);
  for (auto& number : numbers) number = std::floor(number + 0.5);
  if (numbers.size() % 2 != 0 || numbers.size() < 6)
    throw ConfigError(
        fmt::format("a polygon needs at least three points, each of two numbers, got {} numbers",
                    numbers.size()));
  std::vector<cv::Point2d> points;
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    points.emplace_back(numbers[i], numbers[i + 1]);
  return points;
}

void add_polygon(CommandTable& table) {
  Command polygon =
      command("makePolygon", "make-polygon", function_form, "Selects a polygon.",
              "At least three corners, which are moved to the nearest corners of pixels.");
  polygon.keys = {
      Key::of_text("points", "", "the corners: x1,y1,x2,y2,... in pixels from the upper left")};
  polygon.check = [](const Values& values) { points_of(values.text("points")); };
  polygon.run = [](Session& session, const Values& values, Host&) {
    session.active().roi = Roi::polygon(RoiType::polygon, points_of(values.text("points")));
  };
  table.add(std::move(polygon));
}

std::uint32_t colour_of_arguments(const Values& values) {
  const auto part = [&](std::string_view key) {
    return static_cast<std::uint32_t>(std::clamp(values.number(key), 0.0, 255.0));
  };
  if (!values.given("green"))
    return 0xff000000U | (static_cast<std::uint32_t>(values.number("red")) & 0xffffffU);
  return 0xff000000U | part("red") << 16U | part("green") << 8U | part("blue");
}

void add_colour(CommandTable& table, std::string name, std::string stage, std::string summary,
                std::uint32_t Session::*member) {
  Command colour = command(std::move(name), std::move(stage), function_form, std::move(summary),
                           "Alone, the first number is 0xRRGGBB.");
  colour.keys = {Key::of_number("red", 0.0, "0..255"),
                 Key::of_number("green", -1.0, "0..255; -1 where red is 0xRRGGBB").may_be_absent(),
                 Key::of_number("blue", -1.0, "0..255; -1 where red is 0xRRGGBB").may_be_absent()};
  colour.needs_image = false;
  colour.check = [](const Values& values) {
    if (values.given("green") != values.given("blue"))
      throw ConfigError("a colour is three numbers, red, green and blue, or one, 0xRRGGBB");
  };
  colour.run = [member](Session& session, const Values& values, Host&) {
    session.*member = colour_of_arguments(values);
    // The colour of setColor holds until the next command is run.
    if (member == &Session::foreground) {
      session.drawing.forgotten = true;
      if (session.has_image()) session.active().next_fill.reset();
    }
  };
  table.add(std::move(colour));
}

// Outlines along pixel edges that have four corners are rectangles.
bool is_box(const Roi& roi) { return roi.type == RoiType::traced && roi.points.size() == 4; }

// As Create Selection has it: small rectangles stay outlines.
std::optional<Roi> area_of_mask(const cv::Mat& mask) {
  auto roi = roi_of_mask(mask);
  if (roi && is_box(*roi) && roi->bounds.width + roi->bounds.height >= 8)
    roi = made_of_integers(Roi::rectangle(roi->bounds));
  return roi;
}

// What either the selection or the image covers, but not both: several outlines even where it is
// one.
std::optional<Roi> inverse_beyond(const ImagePlus& image, const Roi& roi) {
  if (!roi.points.empty() && roi.type != RoiType::traced)
    throw SampleError(
        fmt::format("Make Inverse: the selection reaches beyond '{}' with slanted sides; select "
                    "within the image",
                    image.title));
  const cv::Rect both = roi.bounds | image.area();
  if (both.area() > (1 << 28))
    throw SampleError(fmt::format(
        "Make Inverse: the selection reaches too far beyond '{}'; select within the image",
        image.title));
  cv::Mat covered = cv::Mat::zeros(both.size(), CV_8UC1);
  const cv::Mat mask = mask_of(roi);
  cv::Mat selected = covered(roi.bounds - both.tl());
  if (mask.empty())
    selected.setTo(255);
  else
    mask.copyTo(selected);
  cv::Mat inner = covered(image.area() - both.tl());
  cv::bitwise_not(inner, inner);
  auto inverse = roi_of_mask(covered, both.tl());
  if (inverse && inverse->type != RoiType::composite) inverse = Roi::composite({inverse->points});
  return inverse;
}

void make_inverse(Session& session) {
  ImagePlus& image = session.active();
  if (!image.roi) {
    image.roi = Roi::rectangle(image.area());
    return;
  }
  const Roi& roi = area_of(image, "Make Inverse");
  if ((roi.bounds & image.area()) != roi.bounds) {
    image.roi = inverse_beyond(image, roi);
    return;
  }
  const cv::Mat selected = whole_mask(image, roi);
  if (cv::countNonZero(selected) == 0)
    throw SampleError("Make Inverse: the selection has no pixels; select one at least");
  auto outlines = separate_outlines(~selected);
  if (outlines.empty()) {
    image.roi.reset();
    return;
  }
  if (outlines.size() > 1) {
    image.roi = Roi::composite(outlines);
    return;
  }
  // ImageJ cuts outlines as shapes, not as pixels, but for composites.
  const auto type = roi.type == RoiType::composite ? RoiType::traced : RoiType::polygon;
  Roi inverse = Roi::polygon(type, std::move(outlines.front()));
  image.roi = inverse.points.size() == 4 ? made_of_integers(Roi::rectangle(inverse.bounds))
                                         : std::move(inverse);
}

template <typename T>
void mark_between(const cv::Mat& pixels, double lower, double upper, cv::Mat& mask) {
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = pixels.ptr<T>(y);
    auto* to = mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < pixels.cols; ++x) to[x] = from[x] >= lower && from[x] <= upper ? 255 : 0;
  }
}

bool has_visible_threshold(const ImagePlus& image) {
  return image.type != ImageType::rgb && image.threshold && image.threshold->visible;
}

cv::Mat thresholded(const ImagePlus& image) {
  const cv::Mat& pixels = image.pixels();
  const auto& [lower, upper, visible] = *image.threshold;
  cv::Mat mask(pixels.size(), CV_8UC1);
  switch (pixels.depth()) {
    case CV_8U: mark_between<std::uint8_t>(pixels, lower, upper, mask); break;
    case CV_16U: mark_between<std::uint16_t>(pixels, lower, upper, mask); break;
    default: mark_between<float>(pixels, lower, upper, mask);
  }
  return mask;
}

// The value of the objects of a binary image.
double object_value(const Session& session, const ImagePlus& image) {
  const cv::Mat& pixels = image.pixels();
  if (image.type != ImageType::grey8 || cv::countNonZero((pixels != 0) & (pixels != 255)) > 0)
    throw SampleError(fmt::format(
        "Create Selection: '{}' has neither a threshold nor only the values 0 and 255; call "
        "setThreshold or Convert to Mask first",
        image.title));
  return session.preferences.black_background != image.lut.is_inverted() ? 255.0 : 0.0;
}

void create_selection(Session& session) {
  ImagePlus& image = session.active();
  if (has_visible_threshold(image)) {
    image.roi = area_of_mask(thresholded(image));
    return;
  }
  const double object = object_value(session, image);
  image.roi = area_of_mask(image.pixels() == object);
  image.threshold = Threshold{object, object, false};
}

void create_mask(Session& session) {
  const ImagePlus& image = session.active();
  const bool of_selection = image.roi.has_value();
  if (!of_selection && !has_visible_threshold(image))
    throw SampleError(fmt::format(
        "Create Mask: '{}' has neither a selection nor a threshold; make one first", image.title));
  ImagePlus result(
      of_selection ? "Mask" : "mask",
      of_selection ? whole_mask(image, area_of(image, "Create Mask")) : thresholded(image));
  result.calibration = image.calibration;
  result.threshold = Threshold{255.0, 255.0, false};
  if (!session.preferences.black_background) result.lut.invert();
  session.open(std::move(result));
}

void add_changers(CommandTable& table) {
  const auto add = [&](const char* name, const char* stage, const char* summary,
                       const char* details, void (*function)(Session&)) {
    Command changer = command(name, stage, run_form, summary, details);
    changer.run = [function](Session& session, const Values&, Host&) { function(session); };
    table.add(std::move(changer));
  };
  add("Select All", "select-all", "Selects the whole image.", "A rectangle of the image's size.",
      [](Session& session) {
        auto& image = session.active();
        image.roi = made_of_integers(Roi::rectangle(image.area()));
      });
  add("Select None", "select-none", "Removes the selection.", "The pixels stay.",
      [](Session& session) { session.active().roi.reset(); });
  add("Make Inverse", "make-inverse", "Selects what is not selected.",
      "All pixels of the image outside the area selected, and what of it lies beyond the image. "
      "Where nothing is left, nothing is selected; where nothing was selected, all is.",
      make_inverse);
  add("Create Selection", "create-selection", "Selects the objects of a binary image.",
      "The pixels within the threshold, if one is set; else the image must have only the values 0 "
      "and 255, and the objects are those of 255 (of 0 where BlackBackground is off or the colour "
      "table inverted, but not both).",
      create_selection);
  add("Create Mask", "create-mask", "Makes a binary image of the selection or the threshold.",
      "A new 8-bit image with 255 inside the area selected, called Mask, or, without a selection, "
      "within the threshold, called mask; 0 elsewhere. Its colour table is inverted where "
      "BlackBackground is off.",
      create_mask);
  add("To Bounding Box", "to-bounding-box", "Selects the rectangle around the selection.",
      "In whole pixels.", [](Session& session) {
        auto& image = session.active();
        image.roi = made_of_integers(Roi::rectangle(area_of(image, "To Bounding Box").bounds));
      });
}

void add_to_manager(CommandTable& table) {
  Command add = command("Add to Manager", "add-to-manager", run_form,
                        "Adds the selection to the ROI Manager.", "As roiManager(\"Add\") does.");
  add.old_names = {"Add to Manager "};
  add.run = [](Session& session, const Values&, Host& host) {
    const Command* manager = CommandTable::instance().find("roiManager", function_form);
    if (manager == nullptr) throw ConfigError("there is no ROI Manager");
    Values values = defaults_of(*manager);
    values.set(manager->keys.front().name, std::string("Add"));
    execute(*manager, session, values, host);
  };
  table.add(std::move(add));
}

}  // namespace

void add_selection_commands(CommandTable& table) {
  add_makers(table);
  add_line_and_point(table);
  add_wand(table);
  add_polygon(table);
  add_colour(table, "setForegroundColor", "set-foreground-color", "Sets the colour of Fill.",
             &Session::foreground);
  add_colour(table, "setBackgroundColor", "set-background-color",
             "Sets the colour of Clear, and of what enlarged images gain.", &Session::background);
  add_changers(table);
  add_painter(table, "Fill", "fill", "Fills the area selected with the foreground colour.",
              "Of a line, the pixels that Draw draws.", false, true);
  add_painter(table, "Clear", "clear", "Fills the area selected with the background colour.",
              "Of a line, the pixels that Draw draws.", false, false);
  add_painter(table, "Clear Outside", "clear-outside",
              "Fills all but the area selected with the background colour.",
              "Selections that are no area are refused.", true, false);
  add_drawing(table);
  add_to_manager(table);
}

}  // namespace smear::imagej
