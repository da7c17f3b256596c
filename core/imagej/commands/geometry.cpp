// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/resize.h"
#include "imagej/operations/transform.h"

namespace smear::imagej {
namespace {

Key interpolation_key() {
  return Key::choice("interpolation", "Bilinear", {"None", "Bilinear", "Bicubic"},
                     "how values between pixels are found");
}

// Cubic curves through infinite pixels, and those that are no number, are not ImageJ's here.
Interpolation interpolation_for(const ImagePlus& image, const Values& values) {
  const auto how = interpolation_named(values.text("interpolation"));
  if (how != Interpolation::bicubic || image.type != ImageType::grey32) return how;
  for (const auto& slice : image.stack)
    if (!cv::checkRange(slice.pixels))
      throw SampleError(fmt::format(
          "bicubic interpolation needs finite pixels, and '{}' has some that are NaN or "
          "infinite: replace them, or use Bilinear",
          image.title));
  return how;
}

// The part of the image that is selected: all of it without an area.
cv::Rect selected_box(const ImagePlus& image) {
  if (!image.roi || !image.roi->is_area()) return image.area();
  const cv::Rect box = image.roi->bounds & image.area();
  if (box.empty()) throw SampleError(fmt::format("the selection lies outside '{}'", image.title));
  return box;
}

// The size of a pixel after `box` became `size`: of an image without a scale it stays 1.
void adapt_scale(Calibration& scale, const cv::Rect& box, cv::Size size) {
  if (!scale.scaled()) return;
  scale.pixel_width *= box.width / static_cast<double>(size.width);
  scale.pixel_height *= box.height / static_cast<double>(size.height);
}

// Whether the image has 16 bits, is one pixel wide or high and its values are interpolated: then
// ImageJ sets the display range anew, unless the macro did set one.
bool stretches_line(const ImagePlus& image, const cv::Rect& box, cv::Size size, Interpolation how) {
  if (how == Interpolation::none || (image.width() > 1 && image.height() > 1) ||
      box.size() == size || image.stack.size() > 1 || image.type != ImageType::grey16)
    return false;
  DisplayRange of_data;
  cv::minMaxLoc(image.pixels(), &of_data.min, &of_data.max);
  return image.range == of_data || image.range == DisplayRange{0.0, 65535.0};
}

// As ImageJ makes a stack of an image before it changes its size: what says something about the
// image becomes the label of its slice.
void label_from_info(ImagePlus& image) {
  if (image.stack.size() > 1 || !image.stack.front().label.empty()) return;
  const auto label = image.properties.find("Slice_Label");
  if (label != image.properties.end())
    image.stack.front().label = label->second;
  else if (!image.info.empty())
    image.stack.front().label = image.title + "\n" + image.info;
}

// Whether the image has planes in two directions.
bool has_two_directions(const ImagePlus& image) {
  return (image.channels > 1) + (image.slices > 1) + (image.frames > 1) > 1;
}

// ImageJ turns and scales overlays as well.
void refuse_overlay(const ImagePlus& image, std::string_view name) {
  if (!image.overlay.empty())
    throw SampleError(fmt::format(
        "{}: '{}' has an overlay, which is not changed with the pixels here; take it away by "
        "run(\"Remove Overlay\") before",
        name, image.title));
}

// Of stacks the number of slices cannot change.
void check_depth(const ImagePlus& image, const Values& values) {
  if (image.stack.size() == 1 || !values.given("depth")) return;
  const int count = !has_two_directions(image) ? static_cast<int>(image.stack.size())
                    : image.slices > 1         ? image.slices
                                               : image.frames;
  if (values.number("depth") != count)
    throw SampleError(
        fmt::format("Size... would change the number of slices of '{}' from {} to {}, which is not "
                    "supported; write depth={}",
                    image.title, count, values.number("depth"), count));
}

void resize_image(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  check_depth(image, values);
  refuse_overlay(image, "Size...");
  const cv::Rect box = selected_box(image);
  cv::Size size(static_cast<int>(values.number("width")),
                static_cast<int>(values.number("height")));
  if (values.flag("constrain"))
    size.height =
        static_cast<int>(std::lround(size.width * static_cast<double>(box.height) / box.width));
  if (size.width < 1 || size.height < 1)
    throw SampleError(fmt::format("Size... would leave nothing of '{}': {} x {} pixels",
                                  image.title, size.width, size.height));
  const auto how = interpolation_for(image, values);
  const bool line = stretches_line(image, box, size, how);
  for (auto& slice : image.stack)
    slice.pixels = resize(slice.pixels, box, size, how, values.flag("average"));
  if (line) image.reset_display_range();
  adapt_scale(image.calibration, box, size);
  label_from_info(image);
  image.stretch.reset();
  image.roi.reset();
  image.threshold.reset();
}

void add_size(CommandTable& table) {
  Command size = command(
      "Size...", "size", "Changes the number of pixels.",
      "Of the bounding box of the area selected, if there is one; the selection and the threshold "
      "are removed and the size of a pixel adapted, where there is a scale. Without "
      "average, or where a side "
      "becomes longer, values are interpolated; with average, sides that become shorter are "
      "reduced "
      "by means weighted with a box (None), a triangle (Bilinear) or a cubic (Bicubic).");
  size.keys = {
      Key::of_number("width", 0.0, "new width; a fraction is cut off", "pixels")
          .range(1.0, 100000.0),
      Key::of_number("height", 0.0, "new height; a fraction is cut off", "pixels")
          .range(0.0, 100000.0),
      Key::of_number("depth", 1.0, "slices of a stack, which cannot change")
          .range(1.0, 100000.0)
          .whole()
          .may_be_absent(),
      Key::flag("constrain", "keep the aspect ratio: the height is computed from the width"),
      Key::flag("average", "take means where a side becomes shorter"),
      interpolation_key()};
  size.run = [](Session& session, const Values& values, Host&) { resize_image(session, values); };
  table.add(std::move(size));
}

// Whether there is an area that reaches beyond the image and is no rectangle.
bool reaches_beyond(const ImagePlus& image) {
  return image.roi && image.roi->is_area() && image.roi->type != RoiType::rectangle &&
         (image.roi->bounds & image.area()) != image.roi->bounds;
}

// The box of what is left of an outline in the image.
cv::Rect box_of_clipped(std::vector<cv::Point2d> corners, const cv::Rect& area) {
  // The four sides, each as the sign and the coordinate of what is inside.
  for (int side = 0; side < 4; ++side) {
    const auto depth = [&](const cv::Point2d& p) {
      return side == 0   ? p.x - area.x
             : side == 1 ? p.y - area.y
             : side == 2 ? area.br().x - p.x
                         : area.br().y - p.y;
    };
    std::vector<cv::Point2d> kept;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const cv::Point2d& a = corners[i];
      const cv::Point2d& b = corners[i + 1 == corners.size() ? 0 : i + 1];
      if (depth(a) >= 0.0) kept.push_back(a);
      if ((depth(a) < 0.0) != (depth(b) < 0.0))
        kept.push_back(a + (b - a) * (depth(a) / (depth(a) - depth(b))));
    }
    corners = std::move(kept);
  }
  if (corners.empty()) return {};
  const auto [left, right] = std::ranges::minmax(corners, {}, &cv::Point2d::x);
  const auto [top, bottom] = std::ranges::minmax(corners, {}, &cv::Point2d::y);
  const cv::Point origin(static_cast<int>(std::floor(left.x)), static_cast<int>(std::floor(top.y)));
  return {origin,
          cv::Point(static_cast<int>(std::ceil(right.x)), static_cast<int>(std::ceil(bottom.y)))};
}

// What lies in the image of an area that reaches beyond it, as several outlines even where it is
// one. Throws `SampleError` where it has no pixels.
Roi part_within(const ImagePlus& image) {
  const Roi& roi = *image.roi;
  const cv::Rect within = roi.bounds & image.area();
  const cv::Mat mask = mask_of(roi)(within - roi.bounds.tl());
  auto part = roi_of_mask(mask, within.tl());
  if (!part)
    throw SampleError(
        fmt::format("no pixel of '{}' is selected; select within the image", image.title));
  if (part->type != RoiType::composite) part = Roi::composite({part->points});
  // ImageJ cuts the outline's curves, where what is left may end within a pixel.
  const cv::Rect box = roi.points.empty() ? part->bounds : box_of_clipped(roi.points, image.area());
  if (box != within && !roi.points.empty())
    throw SampleError(
        fmt::format("the selection reaches beyond '{}' with its corners, and what is left of it is "
                    "smaller than its box in the image; select within the image",
                    image.title));
  part->bounds = box;
  return *part;
}

// The selection of what `box` cuts out: none of a rectangle.
std::optional<Roi> roi_within(const ImagePlus& image, const cv::Rect& box) {
  if (!image.roi || !image.roi->is_area() || image.roi->type == RoiType::rectangle)
    return std::nullopt;
  if (reaches_beyond(image)) {
    // It begins at the upper left corner, also where the box reaches further.
    const Roi part = part_within(image);
    return translated(part, -part.bounds.tl());
  }
  if (!image.roi->subpixel) return translated(*image.roi, -box.tl());
  // Corners between pixels are moved to the very edge.
  std::vector<cv::Point2d> corners = image.roi->points;
  const cv::Point2d origin(std::ranges::min(corners, {}, &cv::Point2d::x).x,
                           std::ranges::min(corners, {}, &cv::Point2d::y).y);
  for (auto& p : corners) p -= origin;
  Roi moved = *image.roi;
  moved.stored.clear();
  const Roi outline = Roi::polygon(moved.type, corners);
  moved.points = outline.points;
  moved.bounds = outline.bounds;
  for (auto& p : moved.axis) p -= origin;
  return moved;
}

// First and last slice of "2-4" or "3".
std::pair<int, int> range_of(const std::string& text, int count, const char* key) {
  const auto dash = text.find('-');
  int first = 0;
  int last = 0;
  const auto read = [&](std::string_view part, int& number) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    return error == std::errc() && end == part.data() + part.size();
  };
  const std::string_view whole = text;
  const bool fine = dash == std::string::npos
                        ? read(whole, first) && read(whole, last)
                        : read(whole.substr(0, dash), first) && read(whole.substr(dash + 1), last);
  if (!fine || first < 1 || last < first || last > count)
    throw SampleError(
        fmt::format("Duplicate...: {} is within 1..{}, as in 2-3, got '{}'", key, count, text));
  return {first, last};
}

// First and last of "2-4" or "3" of `count` of a direction, all where the key is not given.
std::pair<int, int> part_of(const Values& values, const char* key, int count) {
  if (!values.given(key)) return {1, count};
  return range_of(values.text(key), count, key);
}

// Whether the image has channels in colours, or planes in two directions.
bool has_directions(const ImagePlus& image) {
  return image.is_composite() || has_two_directions(image);
}

// Which channels, slices and frames of such an image Duplicate... copies, from 1.
struct Extent {
  std::pair<int, int> channels;
  std::pair<int, int> slices;
  std::pair<int, int> frames;
};

Extent extent_of(const ImagePlus& image, const Values& values) {
  if (values.flag("duplicate"))
    return {part_of(values, "channels", image.channels), part_of(values, "slices", image.slices),
            part_of(values, "frames", image.frames)};
  const int channel = image.channel_of(image.current) + 1;
  const int slice = image.current / image.channels % image.slices + 1;
  const int frame = image.current / image.channels / image.slices + 1;
  // What is seen: of a hyperstack whose channels are added, all of them.
  const bool together = image.mode == "composite" && (image.slices > 1 || image.frames > 1);
  return {together ? std::pair{1, image.channels} : std::pair{channel, channel},
          {slice, slice},
          {frame, frame}};
}

// What a copy that has an image's channels from `first` on shows them in.
void keep_channels(const ImagePlus& image, int first, ImagePlus& copy) {
  const auto ranges = image.ranges_of_channels();
  const auto begin = static_cast<std::size_t>(first - 1);
  const auto channel = begin + static_cast<std::size_t>(copy.channel_of(copy.current));
  copy.range = ranges[channel];
  copy.channel_ranges.clear();
  copy.channel_luts.clear();
  if (copy.channels == 1) {
    copy.mode.clear();
    copy.lut = image.luts_of_channels()[channel];
    return;
  }
  ImagePlus coloured = image;
  if (!image.channel_luts.empty()) coloured.mode = "color";
  const auto luts = coloured.luts_of_channels();
  for (std::size_t c = begin; c < begin + static_cast<std::size_t>(copy.channels); ++c) {
    copy.channel_ranges.push_back(ranges[c]);
    if (coloured.mode != "grayscale") copy.channel_luts.push_back(luts[c]);
  }
  copy.lut = Lut::grey();
}

// A copy of these planes. Channels keep their colours: of one alone, as the image's colour table.
ImagePlus copy_of_extent(const ImagePlus& image, const Extent& extent) {
  const auto placed = [](const Roi& roi) {
    return roi.position != 0 || roi.channel != 0 || roi.slice != 0 || roi.frame != 0;
  };
  if (std::ranges::any_of(image.overlay, placed))
    throw SampleError(fmt::format(
        "Duplicate...: the overlay of '{}' belongs to single planes of a hyperstack, which is not "
        "supported; take it away by run(\"Remove Overlay\")",
        image.title));
  ImagePlus copy = image;
  copy.stack.clear();
  int shown = 0;
  for (int t = extent.frames.first; t <= extent.frames.second; ++t)
    for (int z = extent.slices.first; z <= extent.slices.second; ++z)
      for (int c = extent.channels.first; c <= extent.channels.second; ++c) {
        const int plane = ((t - 1) * image.slices + z - 1) * image.channels + c - 1;
        if (plane == image.current) shown = static_cast<int>(copy.stack.size());
        copy.stack.push_back(image.stack[static_cast<std::size_t>(plane)]);
      }
  copy.channels = extent.channels.second - extent.channels.first + 1;
  copy.slices = extent.slices.second - extent.slices.first + 1;
  copy.frames = extent.frames.second - extent.frames.first + 1;
  copy.hyperstack = has_two_directions(copy);
  copy.current = shown;
  if (image.is_composite()) keep_channels(image, extent.channels.first, copy);
  return copy;
}

// Of a stack's overlay what belongs to slices `first` to `last`, or to all.
std::vector<Roi> overlay_of_slices(const std::vector<Roi>& overlay, int first, int last) {
  std::vector<Roi> kept;
  for (const auto& roi : overlay) {
    if (roi.position != 0 && (roi.position < first || roi.position > last)) continue;
    kept.push_back(roi);
    if (roi.position == 0 || first == 1) continue;
    kept.back().position -= first - 1;
    kept.back().stored.clear();
  }
  return kept;
}

// The slices of a plain stack that Duplicate... copies.
ImagePlus copy_of_slices(const ImagePlus& image, const Values& values) {
  for (const auto* key : {"channels", "slices", "frames"})
    if (values.given(key))
      throw SampleError(
          fmt::format("Duplicate...: '{}' is no hyperstack, so that '{}' says nothing; slices of a "
                      "stack are chosen by range",
                      image.title, key));
  ImagePlus copy = image;
  int first = image.current + 1;
  int last = first;
  if (values.given("range"))
    std::tie(first, last) =
        range_of(values.text("range"), static_cast<int>(image.stack.size()), "range");
  else if (values.flag("duplicate"))
    first = 1, last = static_cast<int>(image.stack.size());
  copy.stack.assign(image.stack.begin() + first - 1, image.stack.begin() + last);
  if (image.stack.size() > 1) copy.overlay = overlay_of_slices(image.overlay, first, last);
  if (copy.stack.size() != image.stack.size()) {
    copy.slices = static_cast<int>(copy.stack.size());
    copy.channels = copy.frames = 1;
    copy.hyperstack = false;
  }
  const bool all = copy.stack.size() == image.stack.size();
  copy.current = all ? image.current : 0;
  copy.properties["UniqueName"] = "true";
  return copy;
}

// Of an overlay what lies within `box`, as seen from its corner.
std::vector<Roi> overlay_within(const std::vector<Roi>& overlay, const cv::Rect& box) {
  std::vector<Roi> kept;
  for (const auto& roi : overlay)
    if (!(roi.bounds & box).empty())
      kept.push_back(box.tl() == cv::Point() ? roi : translated(roi, -box.tl()));
  return kept;
}

void refuse_rotated(const ImagePlus& image) {
  if (image.roi && image.roi->subtype == RoiSubtype::rotated_rectangle)
    throw SampleError(fmt::format(
        "Duplicate...: a rotated rectangle is selected in '{}', which ImageJ straightens; this is "
        "not supported: take its bounding box (run(\"To Bounding Box\")) or Crop",
        image.title));
}

// The label of the one slice that is copied becomes that of the image.
void label_as_property(ImagePlus& copy) {
  if (copy.stack.size() > 1 || copy.stack.front().label.empty()) return;
  copy.properties["Slice_Label"] = std::exchange(copy.stack.front().label, "");
}

// An origin that was set stays at its pixel.
void move_origin(Calibration& scale, cv::Point begin) {
  if (scale.x_origin == 0.0 && scale.y_origin == 0.0) return;
  scale.x_origin -= begin.x;
  scale.y_origin -= begin.y;
}

// A colour table that is shown as it is, whatever the range, is a copy's, and its range; but where
// a threshold is why, it is shown over the range again.
void settle_colour_table(ImagePlus& copy) {
  const bool plain = copy.stretch && copy.stretch->found == copy.range &&
                     copy.stretch->over == DisplayRange{0.0, 255.0};
  if (plain && !copy.threshold) copy.range = {0.0, 255.0};
  copy.stretch.reset();
}

void duplicate(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  refuse_rotated(image);
  const cv::Rect box = selected_box(image);
  ImagePlus copy = has_directions(image) ? copy_of_extent(image, extent_of(image, values))
                                         : copy_of_slices(image, values);
  copy.title = values.given("title") ? values.text("title") : title_of_copy(image.title);
  for (auto& slice : copy.stack) slice.pixels = slice.pixels(box).clone();
  if (image.stack.size() > 1) label_as_property(copy);
  copy.roi = roi_within(image, box);
  settle_colour_table(copy);
  copy.threshold.reset();
  copy.overlay = overlay_within(copy.overlay, box);
  move_origin(copy.calibration, box.tl());
  const bool of_rectangle = image.roi && image.roi->type == RoiType::rectangle;
  session.open(std::move(copy));
  // As ImageJ removes it from the copy.
  if (of_rectangle) session.previous_roi = Roi::rectangle({cv::Point(), box.size()});
}

void crop(Session& session) {
  ImagePlus& image = session.active();
  if (!image.roi || !image.roi->is_area())
    throw SampleError(fmt::format(
        "Crop: '{}' has no area selected; select one first, by makeRectangle", image.title));
  const cv::Rect box = reaches_beyond(image) ? part_within(image).bounds : selected_box(image);
  const cv::Rect whole = image.area();
  auto kept = roi_within(image, box);
  for (auto& slice : image.stack) slice.pixels = slice.pixels(box).clone();
  // A selection of the whole image stays.
  if (box != whole) image.roi = std::move(kept);
  move_origin(image.calibration, box.tl());
  settle_colour_table(image);
  image.threshold.reset();
  image.overlay = overlay_within(image.overlay, box);
  label_from_info(image);
}

void add_copies(CommandTable& table) {
  Command copy = command(
      "Duplicate...", "duplicate", "Opens a copy of the image, or of what is selected of it.",
      "The bounding box of the area selected, if there is one; a selection that is no rectangle "
      "goes along, and what of the overlay lies within the selection. Display range, colour table "
      "and scale are those of the image. Without 'duplicate' the current slice; of a hyperstack "
      "whose channels are shown together, all channels of it. The copy is active afterwards.");
  copy.takes_composites = true;
  copy.keys = {
      Key::of_text("title", "", "title of the copy; absent: NAME-1.ENDING, as in batch mode")
          .may_be_absent(),
      Key::flag("duplicate", "all slices of a stack, not only the current one"),
      Key::of_text("range", "", "slices of a stack, as in 2-4").may_be_absent(),
      Key::of_text("channels", "", "channels of a hyperstack, with 'duplicate'").may_be_absent(),
      Key::of_text("slices", "", "slices of a hyperstack, with 'duplicate'").may_be_absent(),
      Key::of_text("frames", "", "frames of a hyperstack, with 'duplicate'").may_be_absent()};
  copy.run = [](Session& session, const Values& values, Host&) { duplicate(session, values); };
  table.add(std::move(copy));
  Command cut =
      command("Crop", "crop", "Cuts the image down to the area selected.",
              "To its bounding box; a selection that is no rectangle stays. The threshold "
              "is removed.");
  cut.run = [](Session& session, const Values&, Host&) { crop(session); };
  table.add(std::move(cut));
}

// An origin that was set, and what the directions are counted in.
void turn_scale(ImagePlus& image, bool clockwise) {
  Calibration& scale = image.calibration;
  const double x = scale.x_origin;
  const double y = scale.y_origin;
  if (x != 0.0 || y != 0.0) {
    scale.x_origin = clockwise ? image.height() - 1 - y : y;
    scale.y_origin = clockwise ? x : image.width() - 1 - x;
  }
  if (!scale.y_unit.empty() && scale.y_unit != scale.unit) std::swap(scale.unit, scale.y_unit);
}

// Turns every plane with a function from matrix to matrix.
void turn_planes(Session& session, cv::RotateFlags how) {
  ImagePlus& image = session.active();
  refuse_overlay(image, "Rotate 90 Degrees");
  label_from_info(image);
  turn_scale(image, how == cv::ROTATE_90_CLOCKWISE);
  for (auto& slice : image.stack) {
    cv::Mat turned;
    cv::rotate(slice.pixels, turned, how);
    slice.pixels = turned;
  }
  std::swap(image.calibration.pixel_width, image.calibration.pixel_height);
  // As it is, on the turned pixels, where the image keeps its size.
  if (image.width() != image.height()) image.roi.reset();
  image.threshold.reset();
}

void add_turns(CommandTable& table) {
  const auto flip = [&](const char* name, const char* stage, const char* summary, int axis) {
    Command mirror =
        command(name, stage, summary, "Of the bounding box of the area selected, if there is one.");
    mirror.keys = {Key::flag("stack", "all slices of a stack, not only the current one")};
    mirror.run = [axis](Session& session, const Values& values, Host&) {
      FilterTraits traits;
      traits.masked = false;
      traits.all_planes = values.flag("stack");
      run_filter(session, traits, [axis](cv::Mat& pixels, const cv::Rect& region) {
        cv::Mat part = pixels(region);
        cv::Mat flipped;
        cv::flip(part, flipped, axis);
        flipped.copyTo(part);
      });
      auto& image = session.active();
      auto& origin = axis == 1 ? image.calibration.x_origin : image.calibration.y_origin;
      if (!image.roi && origin != 0.0)
        origin = (axis == 1 ? image.width() : image.height()) - 1.0 - origin;
    };
    ask_about_stack(mirror);
    table.add(std::move(mirror));
  };
  flip("Flip Horizontally", "flip-horizontally", "Swaps left and right.", 1);
  flip("Flip Vertically", "flip-vertically", "Swaps top and bottom.", 0);
  const auto turn = [&](const char* name, const char* stage, const char* summary,
                        cv::RotateFlags how) {
    Command quarter = command(name, stage, summary,
                              "Turns the whole image, of which width and height are swapped. A "
                              "selection is removed, unless the image is square: then it stays "
                              "where it was.");
    quarter.run = [how](Session& session, const Values&, Host&) { turn_planes(session, how); };
    table.add(std::move(quarter));
  };
  turn("Rotate 90 Degrees Right", "rotate-right", "Turns the image clockwise by 90 degrees.",
       cv::ROTATE_90_CLOCKWISE);
  turn("Rotate 90 Degrees Left", "rotate-left", "Turns the image anticlockwise by 90 degrees.",
       cv::ROTATE_90_COUNTERCLOCKWISE);
}

// Makes the canvas as large as the image needs to be turned in it. Rectangles are turned by ImageJ
// as selections, whose corners have 32 bits.
void enlarge_for(Session& session, double angle, bool fill) {
  ImagePlus& image = session.active();
  const double turn = angle * std::numbers::pi / 180.0;
  const cv::Point2d centre(image.width() / 2.0, image.height() / 2.0);
  cv::Point2f low(std::numeric_limits<float>::max(), std::numeric_limits<float>::max());
  cv::Point2f high = -low;
  for (const cv::Point2d corner :
       {cv::Point2d(0, 0), cv::Point2d(image.width(), 0),
        cv::Point2d(image.width(), image.height()), cv::Point2d(0, image.height())}) {
    const cv::Point2d d = corner - centre;
    const cv::Point2f p(static_cast<float>(centre.x + d.x * std::cos(turn) - d.y * std::sin(turn)),
                        static_cast<float>(centre.y + d.x * std::sin(turn) + d.y * std::cos(turn)));
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const auto whole = [](float from, float to) {
    return static_cast<int>(static_cast<double>(to) - static_cast<double>(from) + 0.5);
  };
  const cv::Size size(std::max(image.width(), whole(low.x, high.x)),
                      std::max(image.height(), whole(low.y, high.y)));
  const cv::Point offset((size.width - image.width()) / 2, (size.height - image.height()) / 2);
  const cv::Scalar outside = fill ? painted_value(image, session.background) : cv::Scalar::all(0.0);
  for (auto& slice : image.stack) slice.pixels = on_canvas(slice.pixels, size, offset, outside);
  image.threshold.reset();
  image.roi.reset();
}

void add_rotate(CommandTable& table) {
  Command any = command(
      "Rotate... ", "rotate", "Turns the image, or the area selected, by any angle.",
      "About the centre; the image keeps its size, unless 'enlarge' is given and nothing is "
      "selected. Bilinear or bicubic interpolation, or "
      "none: the nearest pixel. What comes from beyond the image is 0, or has the background "
      "colour.");
  any.old_names = {"Arbitrarily..."};
  any.keys = {Key::of_number("angle", 15.0, "clockwise", "degrees"),
              Key::of_number("grid", 1.0, "lines of the preview; changes nothing").may_be_absent(),
              interpolation_key(),
              Key::flag("fill", "what comes from beyond the image gets the background colour"),
              Key::flag("enlarge", "make the image as large as the turned one needs"),
              Key::flag("stack", "all slices of a stack")};
  any.run = [](Session& session, const Values& values, Host&) {
    const auto how = interpolation_for(session.active(), values);
    // ImageJ turns what is selected in its place.
    const auto& roi = session.active().roi;
    if (values.flag("enlarge") && !(roi && (roi->is_area() || roi->type == RoiType::point)))
      enlarge_for(session, values.number("angle"), values.flag("fill"));
    const ImagePlus& image = session.active();
    // ImageJ's bicubic interpolation of 16 bits knows no colour outside.
    const bool fills =
        values.flag("fill") && !(image.type == ImageType::grey16 && how == Interpolation::bicubic);
    const cv::Scalar outside =
        fills ? value_of_colour(image, session.background) : cv::Scalar::all(0.0);
    if (how != Interpolation::none && (image.width() < 2 || image.height() < 2))
      throw SampleError(fmt::format(
          "Rotate... cannot interpolate in '{}', which is {} x {} pixels; use interpolation=None",
          image.title, image.width(), image.height()));
    FilterTraits traits;
    traits.all_planes = values.flag("stack");
    run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect& region) {
      rotate(pixels, region, values.number("angle"), how, outside);
    });
  };
  table.add(std::move(any));
  Command move = command("Translate...", "translate", "Moves the image, or the area selected.",
                         "Of the bounding box of the area selected, if there is one. What comes "
                         "from beyond the image is "
                         "0. Fractions of pixels need interpolation.");
  move.keys = {Key::of_number("x", 15.0, "to the right", "pixels"),
               Key::of_number("y", 15.0, "down", "pixels"), interpolation_key(),
               Key::flag("stack", "all slices of a stack")};
  move.run = [](Session& session, const Values& values, Host&) {
    const auto how = interpolation_for(session.active(), values);
    FilterTraits traits;
    traits.masked = false;
    traits.all_planes = values.flag("stack");
    run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect& region) {
      translate(pixels, region, values.number("x"), values.number("y"), how, cv::Scalar::all(0.0));
    });
  };
  table.add(std::move(move));
}

const std::vector<std::string>& positions() {
  static const std::vector<std::string> names{"Top-Left",    "Top-Center",    "Top-Right",
                                              "Center-Left", "Center",        "Center-Right",
                                              "Bottom-Left", "Bottom-Center", "Bottom-Right"};
  return names;
}

void resize_canvas(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  const cv::Size size(static_cast<int>(values.number("width")),
                      static_cast<int>(values.number("height")));
  const auto place = static_cast<int>(std::ranges::find(positions(), values.text("position")) -
                                      positions().begin());
  const int right = size.width - image.width();
  const int down = size.height - image.height();
  const cv::Point offset(place % 3 * right / 2, place / 3 * down / 2);
  const cv::Scalar outside =
      values.flag("zero") ? cv::Scalar::all(0.0) : painted_value(image, session.background);
  for (auto& slice : image.stack) slice.pixels = on_canvas(slice.pixels, size, offset, outside);
  if (image.stack.size() == 1 && !image.info.empty())
    image.properties.emplace("Slice_Label", image.title + "\n" + image.info);
  image.roi.reset();
  image.threshold.reset();
  for (auto& roi : image.overlay) roi = translated(std::move(roi), offset);
}

void add_canvas(CommandTable& table) {
  Command canvas = command("Canvas Size...", "canvas-size",
                           "Changes the image's size without scaling its pixels.",
                           "What is gained has the background colour, or 0. The threshold and the "
                           "selection are removed.");
  canvas.keys = {Key::of_number("width", 0.0, "new width; a fraction is cut off", "pixels")
                     .range(1.0, 100000.0),
                 Key::of_number("height", 0.0, "new height; a fraction is cut off", "pixels")
                     .range(1.0, 100000.0),
                 Key::choice("position", "Center", positions(), "where the old image goes"),
                 Key::flag("zero", "fill with 0, not with the background colour")};
  canvas.run = [](Session& session, const Values& values, Host&) {
    resize_canvas(session, values);
  };
  table.add(std::move(canvas));
}

// A ratio, or nothing for "-".
std::optional<double> ratio_of(const Values& values, std::string_view key) {
  const std::string& text = values.text(key);
  if (text == "-" || text.empty()) return std::nullopt;
  double ratio = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
  if (error != std::errc() || end != text.data() + text.size() || !(ratio > 0.0 && ratio <= 1000.0))
    throw ConfigError(fmt::format("Scale...: {} is a ratio above 0, or -, got '{}'", key, text));
  return ratio;
}

// Ratios, where both are given, count for more than width and height.
cv::Size scaled_size(const Values& values, cv::Size from) {
  const auto x = ratio_of(values, "x");
  const auto y = ratio_of(values, "y");
  cv::Size size(static_cast<int>(std::floor(values.number("width") + 0.5)),
                static_cast<int>(std::floor(values.number("height") + 0.5)));
  if (x && y)
    size = {static_cast<int>(std::floor(from.width * *x + 0.5)),
            static_cast<int>(std::floor(from.height * *y + 0.5))};
  if (size.width < 1 || size.height < 1)
    throw SampleError(
        fmt::format("Scale... to {} x {} pixels would leave nothing", size.width, size.height));
  return size;
}

// As ImageJ scales the slices of a stack: without looking at what lies around the selection, and
// without interpolating in lines.
cv::Mat resize_of_stack(const cv::Mat& part, cv::Size size, Interpolation how, bool average) {
  const bool line = part.cols == 1 || part.rows == 1;
  return resize(part, {{}, part.size()}, size, line ? Interpolation::none : how, average);
}

void scale_image(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  refuse_overlay(image, "Scale...");
  if (has_two_directions(image) && !values.flag("process"))
    throw SampleError(fmt::format(
        "Scale... scales all planes of '{}', which is a hyperstack; write 'process' too",
        image.title));
  const cv::Rect box = selected_box(image);
  const cv::Size size = scaled_size(values, box.size());
  const auto how = interpolation_for(image, values);
  ImagePlus copy = image;
  copy.title = values.text("title");
  if (!values.flag("process")) {
    copy.stack = {image.stack[static_cast<std::size_t>(image.current)]};
    copy.channels = copy.slices = copy.frames = 1;
    copy.hyperstack = false;
    copy.current = 0;
    copy.stack.front().label.clear();
  }
  const bool as_stack = values.flag("process") && image.stack.size() > 1;
  for (auto& slice : copy.stack)
    slice.pixels = as_stack ? resize_of_stack(slice.pixels(box), size, how, values.flag("average"))
                            : resize(slice.pixels, box, size, how, values.flag("average"));
  if (stretches_line(image, box, size, how)) copy.reset_display_range();
  const auto x = ratio_of(values, "x");
  const auto y = ratio_of(values, "y");
  if (x.has_value() != y.has_value() && copy.calibration.scaled())
    throw SampleError(
        fmt::format("Scale... of '{}', which has a scale, takes two ratios or none: with one, "
                    "ImageJ gives pixels of infinite size; say x=- y=- or give both",
                    image.title));
  if (x && y && copy.calibration.scaled()) {
    // Not those of the whole pixels that it comes to.
    copy.calibration.pixel_width /= *x;
    copy.calibration.pixel_height /= *y;
  } else {
    adapt_scale(copy.calibration, box, size);
  }
  copy.calibration.x_origin *= x.value_or(size.width / static_cast<double>(box.width));
  copy.calibration.y_origin *= y.value_or(size.height / static_cast<double>(box.height));
  copy.roi.reset();
  copy.threshold.reset();
  session.open(std::move(copy));
}

void add_scale(CommandTable& table) {
  Command scale = command(
      "Scale...", "scale", "Opens a copy of the image with another number of pixels.",
      "Only with 'create': scaling within the image is not supported. The new size is x times the "
      "width and y times the height, halves rounded up, or width and height where x and y are -. "
      "Otherwise as Size....");
  scale.keys = {
      Key::of_text("x", "-", "the ratio of the widths, or -"),
      Key::of_text("y", "-", "the ratio of the heights, or -"),
      Key::of_text("z", "1.0", "of stacks: 1.0, as the number of slices cannot change")
          .may_be_absent(),
      Key::of_number("width", 0.0, "new width, rounded, where x or y is -", "pixels")
          .range(0.0, 100000.0)
          .may_be_absent(),
      Key::of_number("height", 0.0, "new height, rounded, where x or y is -", "pixels")
          .range(0.0, 100000.0)
          .may_be_absent(),
      Key::of_number("depth", 1.0, "slices of a stack, which cannot change").may_be_absent(),
      interpolation_key(),
      Key::flag("average", "take means where a side becomes shorter"),
      Key::flag("process", "all slices of a stack, not only the current one"),
      Key::flag("create", "open a new image; required"),
      Key::of_text("title", "", "title of the new image")};
  scale.check = [](const Values& values) {
    const bool ratios = ratio_of(values, "x") && ratio_of(values, "y");
    if (!ratios && (values.number("width") < 1.0 || values.number("height") < 1.0))
      throw ConfigError(
          "Scale... needs 'width=...' and 'height=...' where x or y is -: without them ImageJ "
          "takes "
          "the values of an earlier call");
    if (!values.flag("create"))
      throw ConfigError("Scale... without 'create' is not supported: add create, or use Size...");
  };
  scale.run = [](Session& session, const Values& values, Host&) { scale_image(session, values); };
  table.add(std::move(scale));
}

}  // namespace

std::string title_of_copy(const std::string& title) {
  const auto dot = title.find_last_of('.');
  const bool has_ending = dot != std::string::npos && dot > 0 && title.size() - dot <= 5;
  std::string stem = has_ending ? title.substr(0, dot) : title;
  const std::string ending = has_ending ? title.substr(dot) : "";
  const auto dash = stem.find_last_of('-');
  if (dash != std::string::npos && dash > 0 && stem.size() - dash <= 3 && dash + 1 < stem.size() &&
      stem.find_first_not_of("0123456789", dash + 1) == std::string::npos)
    stem.resize(dash);
  return stem + "-1" + ending;
}

void add_geometry_commands(CommandTable& table) {
  add_size(table);
  add_scale(table);
  add_copies(table);
  add_turns(table);
  add_rotate(table);
  add_canvas(table);
}

}  // namespace smear::imagej
