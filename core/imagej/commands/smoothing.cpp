// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>

#include "imagej/commands/commands.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/operations/enhance-contrast.h"
#include "imagej/operations/gaussian-blur.h"
#include "imagej/operations/rank-filters.h"
#include "imagej/operations/unsharp-mask.h"

namespace smear::imagej {
namespace {

Key stack_key() {
  return Key::flag("stack", "Works on every plane of the stack rather than on the current one.");
}

Command gaussian_blur_command() {
  Command command;
  command.name = "Gaussian Blur...";
  command.stage = "gaussian-blur";
  command.summary = "Blurs by a Gaussian.";
  command.details =
      "Convolves the selection, or the whole image, with a Gaussian of standard deviation `sigma` "
      "in "
      "32-bit float, first along x, then along y, and rounds back to the image's type; RGB channel "
      "by channel. Pixels outside the image are those at its edge. A threshold is removed.\n\n"
      "The curve is followed down to 0.002 of its height for 8-bit and RGB images and to 0.0002 "
      "for "
      "16-bit and 32-bit ones, and ends smoothly there. With `sigma` above 8.5 pixels each line is "
      "shrunk by the whole part of `sigma`/4, blurred and enlarged again by splines.\n\n"
      "Old macros give `radius`, 2.5 times `sigma`, instead. Refused: `scaled` for an image "
      "without "
      "a unit of length.";
  command.keys = {
      Key::of_number("sigma", 2.0, "Standard deviation of the Gaussian.", "pixels")
          .range(0.0, 10000.0)
          .was("radius", 2.5),
      Key::flag("scaled", "`sigma` is in the image's unit of length rather than in pixels."),
      stack_key()};
  command.run = [](Session& session, const Values& values, Host&) {
    const auto& image = session.active();
    double sigma_x = values.number("sigma");
    double sigma_y = sigma_x;
    if (values.flag("scaled")) {
      if (image.calibration.unit == "pixel")
        throw SampleError(fmt::format(
            "Gaussian Blur... with 'scaled' needs a unit of length, and '{}' has none: set one by "
            "Set Scale..., or leave 'scaled' out",
            image.title));
      sigma_x /= image.calibration.pixel_width;
      sigma_y /= image.calibration.pixel_height;
    }
    const double accuracy = gaussian_accuracy(image.pixels().depth());
    run_float_filter(session, {.all_planes = values.flag("stack")},
                     [&](cv::Mat& plane, const cv::Rect& region) {
                       gaussian_blur(plane, region, sigma_x, sigma_y, accuracy);
                     });
    session.active().threshold.reset();
    session.active().stretch.reset();
  };
  return command;
}

// ImageJ orders and sums NaN in ways of its own.
void check_numbers(const Session& session, std::string_view command) {
  const auto& image = session.active();
  if (image.type != ImageType::grey32) return;
  for (const auto& slice : image.stack)
    // Not by comparing matrices, where NaN may be equal to itself.
    if (std::any_of(slice.pixels.begin<float>(), slice.pixels.end<float>(),
                    [](float value) { return std::isnan(value); }))
      throw SampleError(
          fmt::format("{} needs numbers, and '{}' has pixels that are NaN: replace them before",
                      command, image.title));
}

constexpr const char* neighbourhood_text =
    "The neighbourhood is a circle: the row at the distance y from the middle reaches "
    "floor(sqrt(floor(r*r) + 1 - y*y)) pixels to both sides, r being `radius`, except that 1.5 up "
    "to "
    "1.75 counts as 1.75, and 2.5 up to 2.85 as 2.85. So 0.5 makes a cross of 5 pixels, 1 a square "
    "of 9, 2 one of 21. Pixels outside the image are those at its edge; RGB images are filtered "
    "channel by channel. 32-bit images with NaN pixels are refused, but for Variance.";

Key radius_key(double value) {
  return Key::of_number("radius", value, "Radius of the circular neighbourhood.", "pixels")
      .range(0.0, 1000.0);
}

struct RankCommand {
  const char* name;
  const char* stage;
  RankFilter filter;
  const char* summary;
  const char* details;
};

constexpr RankCommand rank_commands[] = {
    {"Median...", "median", RankFilter::median,
     "Replaces each pixel by the median of its neighbourhood.",
     "The number of pixels is odd, so that the median is one of them."},
    {"Mean...", "mean", RankFilter::mean, "Replaces each pixel by the mean of its neighbourhood.",
     "The mean is rounded to the nearest whole number in 8-bit, 16-bit and RGB images, halves up."},
    {"Minimum...", "minimum", RankFilter::minimum,
     "Replaces each pixel by the smallest value of its neighbourhood (grey erosion).", ""},
    {"Maximum...", "maximum", RankFilter::maximum,
     "Replaces each pixel by the largest value of its neighbourhood (grey dilation).", ""},
    {"Variance...", "variance", RankFilter::variance,
     "Replaces each pixel by the variance of its neighbourhood.",
     "The variance is that of the population, (sum of squares - square of the sum / n) / n, in "
     "pixel "
     "values squared. In 8-bit, 16-bit and RGB images it is rounded and cut to the range of the "
     "type: convert to 32-bit before, where variances above 255 matter."},
};

// For results that have little to do with the range of the pixels before.
void show_most(ImagePlus& image) {
  if (image.type != ImageType::grey16 && image.type != ImageType::grey32) return;
  if (const auto limits =
          contrast_limits(histogram_of(image.pixels(), image.area(), {}, false), 0.5)) {
    image.set_display_range(*limits);
    image.threshold.reset();
  }
}

Command rank_command(const RankCommand& rank) {
  Command command;
  command.name = rank.name;
  command.stage = rank.stage;
  command.summary = rank.summary;
  command.details =
      std::string(neighbourhood_text) + (*rank.details != 0 ? "\n\n" : "") + rank.details;
  command.keys = {radius_key(2.0), stack_key()};
  command.run = [filter = rank.filter, name = rank.name](Session& session, const Values& values,
                                                         Host&) {
    if (filter != RankFilter::variance) check_numbers(session, name);
    run_filter(session, {.all_planes = values.flag("stack")},
               [&](cv::Mat& plane, const cv::Rect& region) {
                 rank_filter(plane, region, filter, values.number("radius"));
               });
    if (filter == RankFilter::variance) show_most(session.active());
  };
  return command;
}

Command despeckle_command() {
  Command command;
  command.name = "Despeckle";
  command.stage = "despeckle";
  command.summary = "Replaces each pixel by the median of 3x3 pixels.";
  command.details = "The same as Median... with `radius` 1.";
  command.keys = {stack_key()};
  command.run = [](Session& session, const Values& values, Host&) {
    check_numbers(session, "Despeckle");
    run_filter(session, {.all_planes = values.flag("stack")},
               [](cv::Mat& plane, const cv::Rect& region) {
                 rank_filter(plane, region, RankFilter::median, 1.0);
               });
  };
  ask_about_stack(command);
  return command;
}

Command remove_outliers_command() {
  Command command;
  command.name = "Remove Outliers...";
  command.stage = "remove-outliers";
  command.summary = "Replaces pixels that are far from the median of their neighbourhood by it.";
  command.details =
      std::string(
          "A pixel is replaced where it is brighter, or darker, than the median of its "
          "neighbourhood by more than `threshold`. With an inverting colour table bright "
          "pixels have low values.\n\n") +
      neighbourhood_text;
  command.keys = {radius_key(2.0),
                  Key::of_number("threshold", 50.0,
                                 "By how much a pixel must differ from the median.", "pixel values")
                      .range(0.0, 1e30),
                  Key::choice("which", "Bright", {"Bright", "Dark"}, "Which pixels are outliers."),
                  stack_key()};
  command.run = [](Session& session, const Values& values, Host&) {
    check_numbers(session, "Remove Outliers...");
    const bool bright = (values.text("which") == "Bright") != session.active().lut.is_inverted();
    run_filter(session, {.all_planes = values.flag("stack")},
               [&](cv::Mat& plane, const cv::Rect& region) {
                 remove_outliers(plane, region, values.number("radius"), values.number("threshold"),
                                 bright);
               });
  };
  return command;
}

// What is bright and smaller than the circle, or dark with `light`; or what is left without it.
void top_hat(cv::Mat& plane, const cv::Rect& region, double radius, bool light, bool only_opened) {
  // The first filter sees all pixels that the second one asks for.
  cv::Mat opened = plane.clone();
  const cv::Rect all({}, plane.size());
  rank_filter(opened, all, light ? RankFilter::maximum : RankFilter::minimum, radius);
  rank_filter(opened, region, light ? RankFilter::minimum : RankFilter::maximum, radius);
  if (only_opened) {
    opened(region).copyTo(plane(region));
    return;
  }
  const double white = plane.depth() == CV_8U ? 255.0 : plane.depth() == CV_16U ? 65535.0 : 0.0;
  cv::Mat part = plane(region);
  cv::Mat difference;
  cv::subtract(part, opened(region), difference, cv::noArray(), CV_32F);
  if (light) difference += cv::Scalar::all(white);
  difference.convertTo(part, plane.depth());
}

Command top_hat_command() {
  Command command;
  command.name = "Top Hat...";
  command.stage = "top-hat";
  command.summary = "Keeps what is bright and smaller than a circle.";
  command.details =
      std::string(
          "Pixels minus the maximum of the minimum of their neighbourhood; with `light`, "
          "for dark objects, plus white (255 or 65535; 0 in 32 bits) minus the minimum of "
          "the maximum. With `don't` what would be subtracted; otherwise the display range of 16 "
          "and 32 bits "
          "is set anew, to 0.5 per cent of the pixels outside.\n\n") +
      neighbourhood_text;
  command.keys = {radius_key(50.0), Key::flag("light", "Objects are dark."),
                  Key::flag("don't", "Leaves the background."), stack_key()};
  command.run = [](Session& session, const Values& values, Host&) {
    check_numbers(session, "Top Hat...");
    auto& image = session.active();
    const bool light = values.flag("light") != image.lut.is_inverted();
    run_filter(session, {.all_planes = values.flag("stack")},
               [&](cv::Mat& plane, const cv::Rect& region) {
                 top_hat(plane, region, values.number("radius"), light, values.flag("don't"));
               });
    if (!values.flag("don't")) {
      show_most(image);
      image.threshold.reset();
    }
  };
  return command;
}

Command unsharp_mask_command() {
  Command command;
  command.name = "Unsharp Mask...";
  command.stage = "unsharp-mask";
  command.summary = "Sharpens by taking a blurred copy away.";
  command.details =
      "Computes (pixel - `mask` * blurred) / (1 - `mask`) in 32-bit float and rounds back to the "
      "image's type, RGB channel by channel. The blurred copy is that of Gaussian Blur... with the "
      "curve followed down to 0.01 of its height.\n\n"
      "A threshold is removed. Old macros give `gaussian`, 2.5 times `radius`, instead of "
      "`radius`.";
  command.keys = {
      Key::of_number("radius", 1.0, "Standard deviation of the Gaussian.", "pixels")
          .range(0.0, 10000.0)
          .was("gaussian", 2.5),
      Key::of_number("mask", 0.6, "Weight of the blurred copy, below 1.").range(0.0, 0.99),
      stack_key()};
  command.run = [](Session& session, const Values& values, Host&) {
    const auto weight = static_cast<float>(values.number("mask"));
    run_float_filter(session, {.all_planes = values.flag("stack")},
                     [&](cv::Mat& plane, const cv::Rect& region) {
                       unsharp_mask(plane, region, values.number("radius"), weight);
                     });
    session.active().threshold.reset();
  };
  return command;
}

}  // namespace

void add_smoothing_commands(CommandTable& table) {
  table.add(gaussian_blur_command());
  for (const auto& rank : rank_commands) table.add(rank_command(rank));
  table.add(despeckle_command());
  table.add(remove_outliers_command());
  table.add(unsharp_mask_command());
  table.add(top_hat_command());
}

}  // namespace smear::imagej
