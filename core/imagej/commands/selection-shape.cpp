// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/operations/convex-hull.h"
#include "imagej/operations/distance-map.h"
#include "imagej/operations/ellipse-fit.h"
#include "imagej/operations/measure.h"
#include "imagej/operations/polygon-fill.h"
#include "imagej/operations/selection-outlines.h"

namespace smear::imagej {
namespace {

using Points = std::vector<cv::Point2d>;

// Selections may lie outside the image, but none has a use this many pixels away.
constexpr double furthest = 1e6;
// Larger masks would take minutes and gigabytes.
constexpr std::int64_t most_mask_pixels = std::int64_t{1} << 29;
// How far areas that are no rectangle or oval may grow, in pixels.
constexpr int greatest_growth = 1000;
// In ImageJ a band of 255 pixels takes in the whole image, since its map of distances ends there,
// and a wider one stops with an error.
constexpr double widest_band = 254.0;
// The same end of the map: a selection grown by just this is a rectangle in ImageJ.
constexpr int end_of_map = 255;

const Roi& area_selected(const ImagePlus& image, std::string_view name) {
  if (!image.roi || !image.roi->is_area())
    throw SampleError(fmt::format(
        "{}: '{}' has no area selected; select one first, by makeRectangle or Create Selection",
        name, image.title));
  return *image.roi;
}

// The corners of an area that is one outline, as ImageJ has them.
Points corners_of(const Roi& roi, std::string_view name) {
  if (roi.type == RoiType::composite)
    throw SampleError(fmt::format("{}: the selection has several parts; select one outline", name));
  if (roi.corner_diameter != 0 || roi.exact_bounds)
    throw SampleError(fmt::format(
        "{}: rectangles and ovals between pixels or with round corners are not supported", name));
  if (roi.type == RoiType::oval) return oval_outline(roi.bounds);
  if (roi.type != RoiType::rectangle) return roi.points;
  const cv::Point2d from = roi.bounds.tl();
  const cv::Point2d to = roi.bounds.br();
  return {from, {to.x, from.y}, to, {from.x, to.y}};
}

int whole(const Values& values, std::string_view key, std::string_view command) {
  const double value = values.number(key);
  if (value != std::floor(value))
    throw ConfigError(fmt::format(
        "{}: {} must be a whole number of pixels, got {}: selections between pixels are not "
        "supported",
        command, key, value));
  if (!(std::abs(value) <= furthest))
    throw ConfigError(fmt::format("{}: {} must be between -{:.0f} and {:.0f} pixels, got {}",
                                  command, key, furthest, furthest, value));
  return static_cast<int>(value);
}

void refuse_between_pixels(const Roi& roi, std::string_view name) {
  if (roi.subpixel)
    throw SampleError(fmt::format(
        "{}: the selection has corners between pixels, which is not supported; use Create Mask and "
        "Create Selection on it before",
        name));
}

[[noreturn]] void without_area(std::string_view name) {
  throw SampleError(fmt::format(
      "{}: the selection has no pixels, its area is 0; select an area of one pixel at least",
      name));
}

// The outline a command makes of moved corners.
Roi outline_of(RoiType type, Points corners, std::string_view name) {
  for (const auto& p : corners)
    if (!(std::abs(p.x) <= furthest && std::abs(p.y) <= furthest))
      throw SampleError(
          fmt::format("{}: the selection would reach further than {:.0f} pixels from the image; "
                      "make it smaller or move it less",
                      name, furthest));
  return Roi::polygon(type, std::move(corners));
}

// The mask of a selection with `margin` pixels around it, for the command `name`.
cv::Mat mask_with_margin(const Roi& roi, int margin, std::string_view name) {
  if (roi.bounds.width <= 0 || roi.bounds.height <= 0) without_area(name);
  const std::int64_t width = std::int64_t{roi.bounds.width} + std::int64_t{2} * margin;
  const std::int64_t height = std::int64_t{roi.bounds.height} + std::int64_t{2} * margin;
  if (width > most_mask_pixels / height)
    throw SampleError(
        fmt::format("{}: {} x {} pixels would have to be looked at; select a smaller area", name,
                    width, height));
  cv::Mat result = cv::Mat::zeros(static_cast<int>(height), static_cast<int>(width), CV_8UC1);
  cv::Mat inner = result(cv::Rect({margin, margin}, roi.bounds.size()));
  const cv::Mat mask = mask_of(roi);
  if (mask.empty())
    inner.setTo(255);
  else
    mask.copyTo(inner);
  if (cv::countNonZero(inner) == 0) without_area(name);
  return result;
}

// What Enlarge, Rotate and Scale keep of a selection: its name and how it is drawn.
Roi in_the_style_of(const Roi& before, Roi roi) {
  roi.name = before.name;
  roi.stroke_colour = before.stroke_colour;
  roi.stroke_width = before.stroke_width;
  roi.fill_colour = before.fill_colour;
  roi.options = before.options;
  return roi;
}

// What lies less than `by` and a half pixels from the selection, itself included; or, for negative
// numbers, what lies that far at least from all that is not selected.
std::optional<Roi> grown(const Roi& roi, int by) {
  const int margin = std::max(by, 0) + 1;
  const cv::Mat mask = mask_with_margin(roi, margin, "Enlarge...");
  if (by == end_of_map)
    return made_of_integers(Roi::rectangle({roi.bounds.tl() - cv::Point(by, by), mask.size()}));
  const cv::Point origin = roi.bounds.tl() - cv::Point(margin, margin);
  const cv::Mat kept = by >= 0 ? cv::Mat(distance_map(mask, 255) < by + 0.5)
                               : cv::Mat(distance_map(mask, 0) >= -by + 0.5);
  return roi_of_mask(kept, origin);
}

void enlarge(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  const Roi& roi = area_selected(image, "Enlarge...");
  const double unit = values.flag("pixel") ? 1.0 : image.calibration.pixel_width;
  const double distance = std::floor(values.number("enlarge") / unit + 0.5);
  if (!(std::abs(distance) <= 10000.0))
    throw SampleError(
        fmt::format("Enlarge... by {} pixels is not supported: 10000 is the most", distance));
  const int by = static_cast<int>(distance);
  if (by == 0) return;
  if ((roi.type != RoiType::rectangle && roi.type != RoiType::oval) || roi.corner_diameter != 0) {
    refuse_between_pixels(roi, "Enlarge...");
    if (by > greatest_growth)
      throw SampleError(fmt::format(
          "Enlarge... by {} pixels of an area that is no rectangle or oval is not supported: {} is "
          "the most; use Select All for the whole image",
          by, greatest_growth));
    // Where nothing is left, ImageJ leaves the selection as it is.
    if (auto larger = grown(roi, by)) image.roi = in_the_style_of(roi, std::move(*larger));
    return;
  }
  cv::Rect bounds = roi.bounds;
  bounds += cv::Size(2 * by, 2 * by);
  bounds -= cv::Point(by, by);
  if (bounds.width <= 0 || bounds.height <= 0)
    throw SampleError(fmt::format("Enlarge... by {} pixels leaves nothing of the selection", by));
  image.roi = in_the_style_of(
      roi,
      made_of_integers(roi.type == RoiType::oval ? Roi::oval(bounds) : Roi::rectangle(bounds)));
}

// What lies round the selection, as an area of several outlines even where it has one.
void make_band(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  const Roi& roi = area_selected(image, "Make Band...");
  if (roi.type == RoiType::composite)
    throw SampleError("Make Band...: the selection has several parts; select one outline");
  refuse_between_pixels(roi, "Make Band...");
  const double width = std::floor(values.number("band") / image.calibration.pixel_width + 0.5);
  if (!(width <= widest_band))
    throw SampleError(
        fmt::format("Make Band...: {} pixels are too wide, {:.0f} are the most; give a smaller "
                    "'band', which is in units of the image's scale",
                    width, widest_band));
  const int margin = static_cast<int>(width) + 2;
  const cv::Mat mask = mask_with_margin(roi, margin, "Make Band...");
  if ((roi.bounds & image.area()) != roi.bounds)
    throw SampleError(fmt::format(
        "Make Band...: the selection reaches beyond '{}', where ImageJ makes none; select within "
        "the image",
        image.title));
  const cv::Mat band = (distance_map(mask, 255) < width + 0.5) & (mask == 0);
  cv::Mat within = cv::Mat::zeros(image.height(), image.width(), CV_8UC1);
  const cv::Point origin = roi.bounds.tl() - cv::Point(margin, margin);
  const cv::Rect part = cv::Rect(origin, mask.size()) & image.area();
  if (!part.empty()) band(part - origin).copyTo(within(part));
  const auto outlines = separate_outlines(within);
  if (outlines.empty())
    throw SampleError("Make Band...: nothing of the band lies within the image; make it wider");
  if (roi.type != RoiType::rectangle && roi.type != RoiType::oval) {
    // The inner side keeps the corners that the selection has.
    cv::Mat larger = within.clone();
    mask(part - origin).copyTo(larger(part), mask(part - origin));
    auto both = separate_outlines(larger);
    both.push_back(roi.points);
    image.roi = Roi::composite(both);
    return;
  }
  image.roi = Roi::composite(outlines);
}

void convex_hull_of(Session& session) {
  ImagePlus& image = session.active();
  const Roi& roi = area_selected(image, "Convex Hull");
  Points corners;
  if (roi.type == RoiType::composite)
    for (const auto& polygon : polygons_of(roi))
      corners.insert(corners.end(), polygon.begin(), polygon.end());
  else
    corners = corners_of(roi, "Convex Hull");
  image.roi = Roi::polygon(RoiType::polygon, convex_hull(std::move(corners)));
}

// An ellipse as ImageJ keeps it: the ends of its long axis and the ratio of the axes; its outline
// has a corner every five degrees from the second end on.
Roi ellipse_roi(cv::Point2d from, cv::Point2d to, double ratio) {
  const cv::Point2d centre = (from + to) / 2.0;
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const double major = std::sqrt(dx * dx + dy * dy);
  const double turn = std::atan2(dy, dx);
  Points corners;
  for (int i = 0; i < 72; ++i) {
    const double at = i * std::numbers::pi / 36.0;
    const double along = std::cos(at) * major / 2.0;
    const double across = std::sin(at) * major * ratio / 2.0;
    corners.emplace_back(centre.x + along * std::cos(turn) - across * std::sin(turn),
                         centre.y + along * std::sin(turn) + across * std::cos(turn));
  }
  Roi roi = Roi::polygon(RoiType::freehand, std::move(corners));
  roi.subtype = RoiSubtype::ellipse;
  roi.axis = {from, to};
  roi.axis_ratio = ratio;
  const auto [left, right] = std::ranges::minmax(roi.points, {}, &cv::Point2d::x);
  const auto [top, bottom] = std::ranges::minmax(roi.points, {}, &cv::Point2d::y);
  roi.bounds.x = static_cast<int>(std::floor(left.x));
  roi.bounds.y = static_cast<int>(std::floor(top.y));
  roi.bounds.width = static_cast<int>(std::floor(right.x + 0.5)) - roi.bounds.x;
  roi.bounds.height = static_cast<int>(std::floor(bottom.y + 0.5)) - roi.bounds.y;
  return roi;
}

// The selected pixels, of which there is one at least.
MeasuredArea pixels_of(const ImagePlus& image, std::string_view name) {
  const Roi& roi = area_selected(image, name);
  if (roi.bounds.width <= 0 || roi.bounds.height <= 0) without_area(name);
  MeasuredArea area = area_of(&roi, image.area().size());
  if (!area.mask.empty() && cv::countNonZero(area.mask) == 0) without_area(name);
  return area;
}

void fit_an_ellipse(Session& session) {
  ImagePlus& image = session.active();
  const MeasuredArea area = pixels_of(image, "Fit Ellipse");
  const Ellipse fit = area.mask.empty() ? fit_ellipse(area.box.size()) : fit_ellipse(area.mask);
  const double turn = fit.angle * std::numbers::pi / 180.0;
  const double dx = fit.major * std::cos(turn) / 2.0;
  const double dy = -fit.major * std::sin(turn) / 2.0;
  const cv::Point2d centre(area.box.x + fit.x + 0.5, area.box.y + fit.y + 0.5);
  image.roi = ellipse_roi(centre - cv::Point2d(dx, dy), centre + cv::Point2d(dx, dy),
                          fit.minor / fit.major);
}

// The centre of gravity of pixels.
cv::Point2d centroid_of(const MeasuredArea& area) {
  if (area.mask.empty()) return cv::Point2d(area.box.tl() + area.box.br()) / 2.0;
  const cv::Moments moments = cv::moments(area.mask, true);
  return {area.box.x + moments.m10 / moments.m00 + 0.5,
          area.box.y + moments.m01 / moments.m00 + 0.5};
}

void fit_a_circle(Session& session) {
  ImagePlus& image = session.active();
  const MeasuredArea area = pixels_of(image, "Fit Circle");
  const double count = area.mask.empty() ? area.box.area() : cv::countNonZero(area.mask);
  const cv::Point2d centre = centroid_of(area);
  const double radius = std::sqrt(count / std::numbers::pi);
  const int diameter = static_cast<int>(std::floor(2.0 * radius + 0.5));
  image.roi = made_of_integers(
      Roi::oval({static_cast<int>(std::floor(centre.x - radius + 0.5)),
                 static_cast<int>(std::floor(centre.y - radius + 0.5)), diameter, diameter}));
}

void specify(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  if (image.calibration.scaled() && values.flag("scaled"))
    throw SampleError("Specify... with 'scaled' is not supported: give pixels, without 'scaled'");
  const int width = whole(values, "width", "Specify...");
  const int height = whole(values, "height", "Specify...");
  double x = values.number("x");
  double y = values.number("y");
  if (values.flag("centered")) {
    x -= width / 2.0;
    y -= height / 2.0;
  }
  const bool oval = values.flag("oval");
  if (!oval && (x != std::floor(x) || y != std::floor(y)))
    throw SampleError(
        fmt::format("Specify...: the rectangle would begin at {}, {}: selections between pixels "
                    "are not supported",
                    x, y));
  if (values.given("slice")) {
    const int slice = static_cast<int>(values.number("slice"));
    if (slice < 1 || slice > static_cast<int>(image.stack.size()))
      throw SampleError(
          fmt::format("Specify...: there is no slice {} in '{}'", slice, image.title));
    image.show(slice - 1);
  }
  const cv::Rect bounds(static_cast<int>(x), static_cast<int>(y), width, height);
  image.roi = oval ? Roi::oval(bounds) : Roi::rectangle(bounds);
}

Points rounded(Points points) {
  for (auto& p : points) p = {std::floor(p.x + 0.5), std::floor(p.y + 0.5)};
  return points;
}

// Ovals and traced outlines become freehand ones, rectangles polygons.
RoiType type_of_moved(const Roi& roi) {
  if (roi.type == RoiType::oval || roi.type == RoiType::traced) return RoiType::freehand;
  return roi.type == RoiType::rectangle ? RoiType::polygon : roi.type;
}

void rotate_selection(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  const Roi& roi = area_selected(image, "Rotate...");
  Points corners = corners_of(roi, "Rotate...");
  const cv::Point2d centre = values.flag("rotate")
                                 ? cv::Point2d(image.width() / 2.0, image.height() / 2.0)
                                 : cv::Point2d(roi.bounds.x + roi.bounds.width / 2.0,
                                               roi.bounds.y + roi.bounds.height / 2.0);
  const double turn = values.number("angle") * std::numbers::pi / 180.0;
  for (auto& p : corners) {
    const cv::Point2d d = p - centre;
    p = centre + cv::Point2d(d.x * std::cos(turn) - d.y * std::sin(turn),
                             d.x * std::sin(turn) + d.y * std::cos(turn));
  }
  image.roi = in_the_style_of(roi, outline_of(type_of_moved(roi), std::move(corners), "Rotate..."));
}

void scale_selection(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  const Roi& roi = area_selected(image, "Scale... ");
  Points corners = corners_of(roi, "Scale... ");
  const double x = values.number("x");
  const double y = values.number("y");
  const cv::Point2d base =
      values.flag("centered") ? centroid_of(pixels_of(image, "Scale... ")) : cv::Point2d();
  for (auto& p : corners) p = {(p.x - base.x) * x + base.x, (p.y - base.y) * y + base.y};
  if (values.flag("centered") && !roi.subpixel) corners = rounded(std::move(corners));
  image.roi = in_the_style_of(roi, outline_of(type_of_moved(roi), std::move(corners), "Scale... "));
}

void move_selection(Session& session, const Values& values) {
  auto& roi = session.active().roi;
  if (!roi) throw SampleError("Translate... : nothing is selected; select something first");
  const cv::Point by(whole(values, "x", "Translate... "), whole(values, "y", "Translate... "));
  if (std::abs(static_cast<double>(roi->bounds.x) + by.x) > furthest ||
      std::abs(static_cast<double>(roi->bounds.y) + by.y) > furthest)
    throw SampleError(
        fmt::format("Translate... : the selection would lie further than {:.0f} pixels from the "
                    "image; move it less",
                    furthest));
  roi = translated(std::move(*roi), by);
}

void restore_selection(Session& session) {
  ImagePlus& image = session.active();
  if (!session.previous_roi)
    throw SampleError(
        "Restore Selection: there was no selection before; ImageJ would take one of another image "
        "that was open earlier");
  Roi roi = *session.previous_roi;
  if ((roi.bounds & image.area()).empty())
    throw SampleError(fmt::format(
        "Restore Selection: the selection before lies outside '{}', which is {} x {} pixels",
        image.title, image.width(), image.height()));
  image.roi = std::move(roi);
}

void add_fits(CommandTable& table) {
  const auto add = [&](const char* name, const char* stage, const char* summary,
                       const char* details, void (*function)(Session&)) {
    Command changer = command(name, stage, summary, details);
    changer.run = [function](Session& session, const Values&, Host&) { function(session); };
    table.add(std::move(changer));
  };
  add("Restore Selection", "restore-selection", "Selects again what was selected before.",
      "What was removed last from an image, or was selected in an image when another became "
      "active. One that would lie outside the image is refused.",
      restore_selection);
  add("Convex Hull", "convex-hull", "Selects the convex hull of the selection.",
      "A polygon round the corners of the area selected.", convex_hull_of);
  add("Fit Ellipse", "fit-ellipse", "Replaces the selection by an ellipse.",
      "The one with the area and the second moments of the selected pixels.", fit_an_ellipse);
  add("Fit Circle", "fit-circle", "Replaces the selection by a circle.",
      "Of the area of the selected pixels, about their centre of gravity, on whole pixels. "
      "Selections that are no area are refused.",
      fit_a_circle);
}

void add_sizes(CommandTable& table) {
  Command larger = command(
      "Enlarge...", "enlarge", "Enlarges or shrinks the selection.",
      "Moves the edges of a rectangle or oval outwards. Of other areas, takes the pixels that are "
      "less than that far and half a pixel from a selected one, or, for negative numbers, that far "
      "and half a pixel at least from all that are not selected. These grow by 1000 pixels at "
      "most; "
      "grown by just 255, they become a rectangle, as in ImageJ.");
  larger.keys = {Key::of_number("enlarge", 15.0,
                                "how far, in units of the image's scale, rounded to whole pixels; "
                                "negative shrinks")
                     .range(-1e6, 1e6),
                 Key::flag("pixel", "measure in pixels although the image has a scale")};
  larger.run = [](Session& session, const Values& values, Host&) { enlarge(session, values); };
  table.add(std::move(larger));
  Command band = command("Make Band...", "make-band", "Selects a band around the selection.",
                         "The pixels that are not selected and less than the width and half a "
                         "pixel from a selected one. It is 254 pixels wide at most.");
  band.keys = {Key::of_number("band", 15.0, "how wide, in units of the image's scale", "pixels")
                   .range(0.0, 10000.0)};
  band.run = [](Session& session, const Values& values, Host&) { make_band(session, values); };
  table.add(std::move(band));
  Command box = command("Specify...", "specify", "Selects a rectangle or an oval.",
                        "On whole pixels; a centred oval is moved to the left and up by half a "
                        "pixel where it has to.");
  box.keys = {Key::of_number("width", 0.0, "width", "pixels").range(1.0, 100000.0),
              Key::of_number("height", 0.0, "height", "pixels").range(1.0, 100000.0),
              Key::of_number("x", 0.0, "left edge, or the centre with 'centered'", "pixels")
                  .range(-furthest, furthest),
              Key::of_number("y", 0.0, "upper edge, or the centre with 'centered'", "pixels")
                  .range(-furthest, furthest),
              Key::of_number("slice", 1.0, "of a stack, the slice to show")
                  .range(1.0, 1e6)
                  .whole()
                  .may_be_absent(),
              Key::flag("oval", "an oval, not a rectangle"),
              Key::flag("constrain", "keeps the dialog's sides equal; changes nothing"),
              Key::flag("centered", "x and y are the centre"),
              Key::flag("scaled", "in units of the scale; refused where the image has one")};
  box.check = [](const Values& values) {
    for (const auto* key : {"width", "height"}) static_cast<void>(whole(values, key, "Specify..."));
  };
  box.run = [](Session& session, const Values& values, Host&) { specify(session, values); };
  table.add(std::move(box));
}

void add_moves(CommandTable& table) {
  constexpr const char* shapes =
      " Rectangles become polygons, ovals and traced outlines freehand ones. Selections of several "
      "parts are "
      "refused.";
  Command turn = command(
      "Rotate...", "rotate-selection", "Turns the selection.",
      std::string("About the centre of its box, or of the image; its corners lie between pixels "
                  "afterwards.") +
          shapes);
  turn.keys = {Key::flag("rotate", "about the centre of the image"),
               Key::of_number("angle", 15.0, "clockwise", "degrees").range(-1e6, 1e6)};
  turn.run = [](Session& session, const Values& values, Host&) {
    rotate_selection(session, values);
  };
  table.add(std::move(turn));
  Command scale = command("Scale... ", "scale-selection", "Scales the selection.",
                          std::string("From the image's upper left corner, or about the "
                                      "selection's centre of gravity, with the corners then "
                                      "rounded to whole pixels.") +
                              shapes);
  scale.keys = {Key::of_number("x", 1.5, "how much wider").range(1e-6, 1000.0),
                Key::of_number("y", 1.5, "how much higher").range(1e-6, 1000.0),
                Key::flag("centered", "about the selection's centre of gravity")};
  scale.run = [](Session& session, const Values& values, Host&) {
    scale_selection(session, values);
  };
  table.add(std::move(scale));
  Command move =
      command("Translate... ", "translate-selection", "Moves the selection.", "By whole pixels.");
  move.keys = {Key::of_number("x", 15.0, "to the right", "pixels").range(-furthest, furthest),
               Key::of_number("y", 15.0, "down", "pixels").range(-furthest, furthest)};
  move.check = [](const Values& values) {
    for (const auto* key : {"x", "y"}) static_cast<void>(whole(values, key, "Translate... "));
  };
  move.run = [](Session& session, const Values& values, Host&) { move_selection(session, values); };
  table.add(std::move(move));
}

}  // namespace

void add_selection_shape_commands(CommandTable& table) {
  add_fits(table);
  add_sizes(table);
  add_moves(table);
}

}  // namespace smear::imagej
