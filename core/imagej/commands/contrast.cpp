// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <opencv2/core.hpp>

#include "imagej/commands/commands.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/operations/enhance-contrast.h"
#include "imagej/operations/neighbourhood.h"

namespace smear::imagej {
namespace {

struct NeighbourhoodCommand {
  const char* name;
  const char* stage;
  Neighbourhood filter;
  const char* summary;
  const char* details;
};

constexpr NeighbourhoodCommand neighbourhood_commands[] = {
    {"Find Edges", "find-edges", Neighbourhood::edges,
     "Shows how steep the image is at each pixel.",
     "The square root of the sum of the squares of both Sobel derivatives of 3x3 pixels, truncated "
     "to a whole number and cut to the range of the type in 8-bit, 16-bit and RGB images."},
    {"Smooth", "smooth", Neighbourhood::smooth, "Replaces each pixel by the mean of 3x3 pixels.",
     "The mean is rounded to the nearest whole number in 8-bit, 16-bit and RGB images."},
    {"Sharpen", "sharpen", Neighbourhood::sharpen, "Sharpens by a 3x3 kernel.",
     "Twelve times the pixel minus its eight neighbours, divided by 4. The result is rounded in "
     "8-bit and 16-bit images; in RGB images it is truncated, and the outermost pixels of the "
     "image "
     "stay as they are."},
};

Command neighbourhood_command(const NeighbourhoodCommand& neighbourhood) {
  Command command;
  command.name = neighbourhood.name;
  command.stage = neighbourhood.stage;
  command.summary = neighbourhood.summary;
  command.details =
      std::string(neighbourhood.details) +
      "\n\nWorks on the selection, or the whole image; RGB channel by channel. Pixels outside the "
      "image are those at its edge. Images one pixel wide stay as they are.";
  command.keys = {
      Key::flag("stack", "Works on every plane of the stack rather than on the current one.")};
  command.run = [filter = neighbourhood.filter](Session& session, const Values& values, Host&) {
    run_filter(session, {.all_planes = values.flag("stack")},
               [&](cv::Mat& plane, const cv::Rect& region) {
                 filter_neighbourhood(plane, region, filter);
               });
  };
  ask_about_stack(command);
  return command;
}

// Of the selection: of its pixels, or of its bounding box.
ContrastHistogram selected_histogram(const Session& session, bool masked) {
  const auto& image = session.active();
  const bool weighted = session.preferences.weighted_rgb;
  if (!image.roi) return histogram_of(image.pixels(), image.area(), {}, weighted);
  const auto region = image.roi->bounds & image.area();
  if (region.empty()) throw SampleError("the selection lies outside the image");
  cv::Mat mask;
  // Of lines ImageJ takes the box.
  if (masked && image.roi->is_area()) mask = mask_of(*image.roi);
  if (masked && image.roi->type == RoiType::point) mask = mask_of_points(*image.roi);
  if (!mask.empty()) mask = mask(region - image.roi->bounds.tl());
  return histogram_of(image.pixels(), region, mask, weighted);
}

void check_equalize(const Session& session) {
  if (session.active().type == ImageType::grey32)
    throw SampleError(
        "Enhance Contrast... with 'equalize' takes 8-bit, 16-bit and RGB images, this one is "
        "32-bit: "
        "convert it before");
}

void equalize(Session& session) {
  check_equalize(session);
  auto& image = session.active();
  // That of the selection's bounding box, for the whole image.
  const auto histogram = selected_histogram(session, false);
  run_filter(session, {.whole_image = true}, [&](cv::Mat& plane, const cv::Rect& region) {
    equalize_contrast(plane, region, histogram);
  });
  image.reset_display_range();
  image.threshold.reset();
}

void normalize(Session& session, const std::optional<DisplayRange>& limits) {
  auto& image = session.active();
  if (limits)
    run_filter(session, {.whole_image = image.type == ImageType::grey32},
               [&](cv::Mat& plane, const cv::Rect& region) {
                 normalize_contrast(plane, region, *limits);
               });
  const double white = image.type == ImageType::grey16   ? 65535.0
                       : image.type == ImageType::grey32 ? 1.0
                                                         : 255.0;
  image.range = {0.0, white};
  image.threshold.reset();
}

void enhance_contrast(Session& session, const Values& values, Host& /*host*/) {
  auto& image = session.active();
  if (image.stack.size() > 1 && (values.flag("process_all") || values.flag("use")))
    throw SampleError(
        fmt::format("Enhance Contrast... takes single images, and '{}' is a stack: leave "
                    "'process_all' and 'use' out, or split the stack before",
                    image.title));
  if (values.flag("equalize")) {
    equalize(session);
    if (values.flag("normalize")) normalize(session, std::nullopt);
    return;
  }
  const auto limits =
      contrast_limits(selected_histogram(session, true), values.number("saturated"));
  if (image.type == ImageType::rgb) {
    if (limits)
      run_filter(session, {}, [&](cv::Mat& plane, const cv::Rect& region) {
        stretch_colours(plane, region, *limits);
      });
  } else if (values.flag("normalize")) {
    normalize(session, limits);
  } else if (limits) {
    image.set_display_range(*limits);
    image.threshold.reset();
  }
}

template <typename T>
void spread(const DisplayRange& range, const cv::Rect& region, cv::Mat& plane) {
  constexpr double levels = static_cast<double>(std::numeric_limits<T>::max()) + 1.0;
  const double scale = levels / (range.max - range.min);
  for (int y = region.y; y < region.y + region.height; ++y) {
    T* row = plane.ptr<T>(y);
    for (int x = region.x; x < region.x + region.width; ++x)
      row[x] = row[x] <= range.min ? T{}
               : row[x] >= range.max
                   ? std::numeric_limits<T>::max()
                   : static_cast<T>(std::min(scale * (row[x] - range.min), levels - 1.0));
  }
}

void apply_lut(Session& session, const Values& values, Host& /*host*/) {
  auto& image = session.active();
  const double white = image.type == ImageType::grey16 ? 65535.0 : 255.0;
  if (image.threshold && image.threshold->visible)
    throw SampleError(fmt::format(
        "Apply LUT: '{}' has a threshold, where ImageJ does something else; call resetThreshold",
        image.title));
  if (image.range == DisplayRange{0.0, white})
    throw SampleError(fmt::format(
        "Apply LUT: '{}' is shown as it is; call setMinAndMax or Enhance Contrast... before",
        image.title));
  // Points are a selection without pixels here.
  if (image.roi && image.roi->type == RoiType::point) {
    image.range = {0.0, white};
    return;
  }
  run_filter(session, {.all_planes = values.flag("stack")},
             [range = image.range](cv::Mat& plane, const cv::Rect& region) {
               if (plane.depth() == CV_8U)
                 spread<std::uint8_t>(range, region, plane);
               else
                 spread<std::uint16_t>(range, region, plane);
             });
  image.range = {0.0, white};
}

Command apply_lut_command() {
  Command command;
  command.name = "Apply LUT";
  command.stage = "apply-lut";
  command.summary = "Spreads the display range over all levels.";
  command.details =
      "Pixels become 256 (65536) * (v - min) / (max - min) of the display range, truncated and cut "
      "to the type's range, which is the display range then. Of the pixels selected, or all.";
  command.types = {ImageType::grey8, ImageType::grey16};
  command.keys = {
      Key::flag("stack", "Works on every plane of the stack rather than on the current one.")};
  command.run = apply_lut;
  ask_about_stack(command);
  return command;
}

constexpr const char* contrast_details =
    "The limits are the lowest and the highest value of the histogram of the selection, or of the "
    "whole image, that leave `saturated` per cent of the pixels outside, half of them at each end. "
    "The histogram has all values of 8-bit and 16-bit images, the mean of the channels of RGB "
    "images, "
    "and 256 bins from minimum to maximum of 32-bit ones. Where there is only one value between "
    "the "
    "limits nothing is changed.\n\n"
    "**Without `normalize` and `equalize`** the limits become the display range of grey images, "
    "and "
    "**the pixels are not changed**: only conversions to other types and what people see depend on "
    "it. "
    "Pixels of RGB images do change: 256 times their distance from the lower limit, divided by "
    "that of "
    "both limits, truncated, each channel of the selection.\n\n"
    "**`normalize`** spreads the values between the limits over 0..255, 0..65535 or 0..1 (8, 16 "
    "and 32 "
    "bits), truncating to whole numbers, and makes that the display range. It works on the "
    "selection's "
    "pixels, except that 32-bit images are changed as a whole. It does nothing more in RGB "
    "images.\n\n"
    "**`equalize`** maps each value of 8-bit, 16-bit and RGB images to the sum of the square roots "
    "of "
    "the histogram up to it, in the whole image; the histogram is that of the selection's bounding "
    "box. `saturated` does not matter then. 32-bit images, which ImageJ leaves as they are, are "
    "refused.\n\n"
    "A threshold is removed where the display range is set.";

Command enhance_contrast_command() {
  Command command;
  command.name = "Enhance Contrast...";
  command.old_names = {"Enhance Contrast"};
  command.stage = "enhance-contrast";
  command.summary = "Sets the display range, or stretches or equalizes the pixels.";
  command.details = contrast_details;
  command.keys = {
      Key::of_number("saturated", 0.35,
                     "Pixels that become black or white, half of them at either end.", "per cent")
          .range(0.0, 100.0),
      Key::flag("normalize", "Changes the pixels rather than the display range."),
      Key::flag("equalize", "Equalizes the histogram rather than stretching it."),
      Key::flag("process_all", "Of stacks: all planes. Stacks are refused."),
      Key::flag("use", "Of stacks: one histogram for all planes. Stacks are refused.")};
  command.run = enhance_contrast;
  return command;
}

}  // namespace

void add_contrast_commands(CommandTable& table) {
  table.add(enhance_contrast_command());
  table.add(apply_lut_command());
  for (const auto& neighbourhood : neighbourhood_commands)
    table.add(neighbourhood_command(neighbourhood));
}

}  // namespace smear::imagej
