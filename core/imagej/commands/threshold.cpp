// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <sstream>

#include "imagej/commands/commands.h"
#include "imagej/operations/auto-threshold.h"
#include "imagej/operations/colour.h"
#include "imagej/operations/convert-type.h"

namespace smear::imagej {
namespace {

const std::vector<ImageType> grey_types{ImageType::grey8, ImageType::grey16, ImageType::grey32};

// What the text of setAutoThreshold says.
struct Request {
  std::optional<ThresholdMethod> method;  // nothing: the rule without a method
  bool dark = false;
  bool keeps_range = false;
  bool stack = false;
  bool hidden = false;
};

Request request_of(const std::string& text) {
  Request request;
  std::istringstream words(text);
  std::string word;
  if (!(words >> word)) return request;
  request.method = threshold_method_named(word);
  if (!request.method)
    throw ConfigError(
        fmt::format("setAutoThreshold: '{}' is no threshold method; the methods are {}", word,
                    fmt::join(threshold_method_names(), ", ")));
  while (words >> word) {
    if (word == "dark") {
      request.dark = true;
    } else if (word == "no-reset") {
      request.keeps_range = true;
    } else if (word == "stack") {
      request.stack = true;
    } else if (word == "no-lut") {
      request.hidden = true;
    } else if (word == "16-bit") {
      throw ConfigError(
          "setAutoThreshold: '16-bit' histograms are not supported; leave the word out to find the "
          "threshold on 256 levels");
    } else if (word != "b&w" && word != "red" && word != "over/under") {
      throw ConfigError(
          fmt::format("setAutoThreshold: unknown word '{}' after the method; there are dark, "
                      "no-reset, stack, no-lut, b&w, red and over/under",
                      word));
    }
  }
  return request;
}

// The histogram of what is selected: an area, or the box round any other selection.
Histogram histogram_of_selection(const ImagePlus& image, const cv::Mat& pixels) {
  if (!image.roi) return histogram_of(pixels);
  const cv::Rect box = image.roi->bounds & image.area();
  if (box.empty()) throw SampleError("the selection lies outside the image");
  cv::Mat mask;
  if (image.roi->is_area() && image.roi->type != RoiType::rectangle) mask = mask_of(*image.roi);
  if (image.roi->type == RoiType::point) mask = mask_of_points(*image.roi);
  if (!mask.empty()) mask = mask(box - image.roi->bounds.tl());
  return histogram_of(pixels(box), mask);
}

// ImageJ 1.54 treats histograms of one or two levels in a way of its own.
void check_levels(const Session& session, const Histogram& histogram) {
  if (session.preferences.version_hundredths < 154) return;
  if (std::ranges::count_if(histogram, [](int count) { return count > 0; }) > 2) return;
  throw SampleError(
      "automatic thresholds of an image of one or two levels are only known as ImageJ 1.53t has "
      "them; run with --imagej-version 1.53t, or give the limits by setThreshold");
}

Limits found_limits(const Session& session, const Request& request, const Histogram& histogram,
                    bool inverted) {
  if (request.method) check_levels(session, histogram);
  return request.method ? auto_limits(*request.method, histogram, request.dark, inverted)
                        : legacy_limits(histogram, inverted);
}

// Of bytes a threshold is shown in the colour table as it is: so that is, whatever the range.
void unstretch(ImagePlus& image) {
  if (image.pixels().depth() == CV_8U) image.stretch = {image.range, {0.0, 255.0}};
}

void set_threshold(ImagePlus& image, const Limits& limits, bool hidden) {
  unstretch(image);
  // Only a hidden threshold of one level is what filters remove.
  image.threshold =
      Threshold{limits.lower, limits.upper, !(hidden && limits.lower == limits.upper)};
}

void set_auto_threshold(Session& session, const Values& values, Host&) {
  ImagePlus& image = session.active();
  const Request request = request_of(values.text("method"));
  if (request.stack && image.stack.size() > 1)
    throw SampleError(
        "setAutoThreshold does not take histograms of whole stacks; leave out 'stack'");
  if (session.preferences.version_hundredths >= 154 &&
      request.method == ThresholdMethod::intermodes)
    throw SampleError(
        "the threshold method Intermodes is only known as ImageJ 1.53t has it; run with "
        "--imagej-version 1.53t or choose another method");
  const bool inverted = image.lut.is_inverted();
  if (image.pixels().depth() == CV_8U) {
    const auto histogram = histogram_of_selection(image, image.pixels());
    set_threshold(image, found_limits(session, request, histogram, inverted), request.hidden);
    return;
  }
  if (!request.keeps_range) image.reset_display_range();
  const auto range = image.range;
  if (range.max > range.min) {
    const cv::Mat levels = convert_grey(image.pixels(), ImageType::grey8, range);
    const auto found =
        found_limits(session, request, histogram_of_selection(image, levels), inverted);
    set_threshold(image, limits_in_values(found, image.type, range), request.hidden);
  } else if (range.min == 0.0 && range.max == 0.0) {
    image.threshold.reset();
  } else {
    set_threshold(image, {range.min, range.min}, request.hidden);
  }
}

void set_threshold_limits(Session& session, const Values& values, Host&) {
  ImagePlus& image = session.active();
  const auto& mode = values.text("mode");
  if (image.calibration.function != 20 && mode.find("raw") == std::string::npos)
    throw SampleError(
        "setThreshold does not convert calibrated values back; give limits in pixel values and "
        "'raw' as the third argument");
  Limits limits{values.number("lower"), values.number("upper")};
  if (image.type == ImageType::grey16)
    limits = {std::max(std::floor(limits.lower + 0.5), 0.0),
              std::min(std::floor(limits.upper + 0.5), 65535.0)};
  else if (image.type != ImageType::grey32)
    limits = {std::max(limits.lower, 0.0), std::min(limits.upper, 255.0)};
  if (image.pixels().depth() != CV_8U && image.range == DisplayRange{0.0, 0.0})
    image.range = {0.0, 255.0};
  set_threshold(image, limits, mode.find("no color") != std::string::npos);
}

// Limits found on 256 levels of a range in values, without the ends being opened.
Limits scaled_back(const Limits& found, const DisplayRange& range) {
  const auto [low, high] = range;
  return {low + (high - low) * (found.lower / 255.0), low + (high - low) * (found.upper / 255.0)};
}

// 16 and 32 bits: limits found on 256 levels of the range shown.
Limits legacy_limits_in_values(const ImagePlus& image) {
  const cv::Mat levels = convert_grey(image.pixels(), ImageType::grey8, image.range);
  const auto found = legacy_limits(histogram_of(levels), image.lut.is_inverted());
  return scaled_back(found, image.range);
}

// What a method finds in one slice of a stack: of 16 and 32 bits, on 256 levels.
cv::Mat mask_of_slice(const Session& session, const ImagePlus& image, const cv::Mat& pixels,
                      const Request& request) {
  cv::Mat levels = pixels;
  if (image.type != ImageType::grey8) {
    DisplayRange range;
    cv::minMaxLoc(pixels, &range.min, &range.max);
    if (!(range.max > range.min))
      throw SampleError(fmt::format(
          "Convert to Mask: a slice of '{}' has one value only, or NaN, which is not supported",
          image.title));
    levels = convert_grey(pixels, ImageType::grey8, range);
  }
  return within_limits(
      levels, found_limits(session, request, histogram_of(levels), image.lut.is_inverted()));
}

void stack_to_mask(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  if (image.type == ImageType::rgb)
    throw SampleError("Convert to Mask takes grey stacks; run(\"8-bit\") first");
  if (!values.given("background"))
    throw SampleError(
        fmt::format("Convert to Mask: '{}' is a stack, of which ImageJ asks for more: write "
                    "\"method=Default background=Dark calculate black\"",
                    image.title));
  if (values.text("background") == "Default" && image.lut.is_inverted())
    throw SampleError(
        "Convert to Mask: background=Default of an inverting colour table is not supported; say "
        "Dark or Light");
  session.preferences.black_background = values.flag("black");
  const bool light = values.text("background") == "Light";
  const Request request = request_of(values.text("method") + (light ? "" : " dark"));
  std::optional<Limits> same;
  if (!values.flag("calculate")) {
    if (image.threshold && image.threshold->visible)
      same = Limits{image.threshold->lower, image.threshold->upper};
    else if (image.type == ImageType::grey8)
      same = legacy_limits(histogram_of(image.pixels()), image.lut.is_inverted());
    else
      same = legacy_limits_in_values(image);
  }
  ImagePlus masks = image;
  for (auto& slice : masks.stack)
    slice.pixels = same ? within_limits(slice.pixels, *same)
                        : mask_of_slice(session, image, slice.pixels, request);
  masks.type = ImageType::grey8;
  masks.lut = session.preferences.black_background ? Lut::grey() : Lut::inverted_grey();
  masks.range = {0.0, 255.0};
  masks.threshold = Threshold{255.0, 255.0, false};
  masks.roi.reset();
  if (!values.flag("create")) {
    session.active() = std::move(masks);
    return;
  }
  masks.title = "MASK_" + image.title;
  session.open(std::move(masks));
}

void convert_to_mask(Session& session, const Values& values, Host&) {
  ImagePlus& image = session.active();
  if (image.stack.size() > 1) return stack_to_mask(session, values);
  image.roi.reset();
  if (image.threshold && !image.threshold->visible) image.threshold.reset();
  cv::Mat mask;
  if (image.pixels().depth() != CV_8U) {
    const auto limits = image.threshold ? Limits{image.threshold->lower, image.threshold->upper}
                                        : legacy_limits_in_values(image);
    mask = within_limits(image.pixels(), limits);
    image.lut = session.preferences.black_background ? Lut::grey() : Lut::inverted_grey();
    image.range = {0.0, 255.0};
  } else {
    cv::Mat levels = image.pixels();
    if (image.type == ImageType::rgb) {
      levels = rgb_to_grey8(levels, session.preferences.weighted_rgb);
      image.threshold.reset();
      image.range = {0.0, 255.0};
    }
    if (image.type != ImageType::grey8 || !image.lut.is_grey())
      image.lut = image.type == ImageType::grey8 && image.lut.is_inverted() ? Lut::inverted_grey()
                                                                            : Lut::grey();
    const auto limits = image.threshold
                            ? Limits{image.threshold->lower, image.threshold->upper}
                            : legacy_limits(histogram_of(levels), image.lut.is_inverted());
    mask = within_limits(levels, limits);
    if (image.lut.is_inverted() == session.preferences.black_background) image.lut.invert();
  }
  image.stack.front().pixels = mask;
  image.type = ImageType::grey8;
  image.threshold = Threshold{255.0, 255.0, false};
}

Command set_auto_threshold_command() {
  Command command;
  command.name = "setAutoThreshold";
  command.stage = "set-auto-threshold";
  command.form = Command::Form::function;
  command.summary = "Sets a threshold that a method finds in the histogram.";
  command.details = fmt::format(
      "The text is a method and, after it, words. The methods are {}. The histogram is that of the "
      "selection, if there is one.\n\nWithout `dark` objects are darker than the background and "
      "the "
      "threshold is 0 to t; with `dark` it is t + 1 to 255. An inverting colour table swaps the "
      "two. "
      "A method that finds nothing counts as t = 0.\n\n16-bit and 32-bit images first get their "
      "smallest and greatest value as display range, unless `no-reset` is given; the method works "
      "on "
      "256 levels between its ends, and what it finds is scaled back to pixel values (rounded in "
      "16-bit images). The ends 0 and 255 of the levels become the ends of the type.\n\nWithout "
      "any "
      "text the limit is that of `Default`; its side is the one that lies away from the highest "
      "peak "
      "of the smoothed histogram where the peak is more than 1.5 times the mean, else the darker "
      "one.\n\n`no-lut`, `b&w`, `red` and `over/under` only say how ImageJ would show the "
      "threshold. "
      "`stack` has no effect on images of one plane; stacks are refused with it.",
      fmt::join(threshold_method_names(), ", "));
  command.keys = {Key::of_text("method", "",
                               "a method, and then any of dark, no-reset, stack, no-lut, b&w, red, "
                               "over/under: \"Otsu dark\"; empty: the rule without a method")
                      .may_be_absent()};
  command.types = grey_types;
  command.check = [](const Values& values) { request_of(values.text("method")); };
  command.run = set_auto_threshold;
  return command;
}

Command set_threshold_command() {
  Command command;
  command.name = "setThreshold";
  command.stage = "set-threshold";
  command.form = Command::Form::function;
  command.summary = "Sets the lowest and the highest value that count as object.";
  command.details =
      "Both limits belong to the objects. They are cut to the range of the type (0..255 for 8-bit, "
      "0..65535 for 16-bit) and rounded in 16-bit images; a lower limit above the upper one "
      "selects "
      "nothing. Images whose values are calibrated are refused unless the mode contains `raw`.";
  command.keys = {Key::of_number("lower", 0.0, "lowest pixel value of objects"),
                  Key::of_number("upper", 255.0, "highest pixel value of objects"),
                  Key::of_text("mode", "",
                               "how the threshold is shown (red, black & white, over/under, no "
                               "color), and raw for limits that are not calibrated")
                      .may_be_absent()};
  command.types = grey_types;
  command.check = [](const Values& values) {
    if (std::isnan(values.number("lower")) || std::isnan(values.number("upper")))
      throw ConfigError("setThreshold: the limits must be numbers, not NaN");
    auto rest = values.text("mode");
    for (const std::string word :
         {"black & white", "over/under", "no color", "no-lut", "red", "raw"})
      if (const auto at = rest.find(word); at != std::string::npos) rest.erase(at, word.size());
    if (rest.find_first_not_of(' ') != std::string::npos)
      throw ConfigError(fmt::format(
          "setThreshold: unknown mode '{}'; there are red, black & white, over/under, no "
          "color and raw",
          values.text("mode")));
  };
  command.run = set_threshold_limits;
  return command;
}

Command reset_threshold_command() {
  Command command;
  command.name = "resetThreshold";
  command.stage = "reset-threshold";
  command.form = Command::Form::function;
  command.summary = "Removes the threshold.";
  command.details = "Pixels are not changed.";
  command.run = [](Session& session, const Values&, Host&) {
    session.active().threshold.reset();
    unstretch(session.active());
  };
  return command;
}

std::vector<std::string> method_choices() {
  const auto names = threshold_method_names();
  return {names.begin(), names.end()};
}

Command mask_command(const std::string& name, const std::string& stage) {
  Command command;
  command.name = name;
  command.stage = stage;
  command.summary = "Makes an 8-bit image of 0 and 255 by the threshold.";
  command.details =
      "Pixels within the threshold become 255, all others 0, in the whole image whatever is "
      "selected; the selection is removed. Without a threshold the limits are those of "
      "`setAutoThreshold()` without a method (of the whole image; for 16-bit and 32-bit images on "
      "256 levels of the range shown). RGB images are made grey first and have no threshold of "
      "their own.\n\nObjects are 255 whatever the preference `blackBackground` says: it decides "
      "only whether the colour table shows 255 as white (true) or as black (false).\n\n"
      "The options are those of stacks, and change nothing elsewhere. With `calculate`, each slice "
      "has the threshold of `method` (of its own values from minimum to maximum, in 16-bit and "
      "32-bit stacks); else all have the one that is set, or that of the current slice.";
  command.keys = {
      Key::choice("method", "Default", method_choices(), "of each slice's threshold")
          .may_be_absent(),
      Key::choice("background", "Default", {"Default", "Dark", "Light"},
                  "which side of the threshold objects are on: Light, below it; else above")
          .may_be_absent(),
      Key::flag("calculate", "a threshold for each slice"),
      Key::flag("create", "open a new stack, do not change this one"),
      Key::flag("list", "changes nothing: ImageJ lists the thresholds in its log"),
      Key::flag("black", "sets the preference `blackBackground`, or resets it where absent")};
  command.keys_not_here["only"] = "'only', one slice of a stack, is not here: leave it out";
  command.run = convert_to_mask;
  return command;
}

}  // namespace

void add_threshold_commands(CommandTable& table) {
  table.add(set_auto_threshold_command());
  table.add(set_threshold_command());
  table.add(reset_threshold_command());
  table.add(mask_command("Convert to Mask", "convert-to-mask"));
  auto binary = mask_command("Make Binary", "make-binary");
  binary.old_names = {"Threshold"};
  table.add(std::move(binary));
}

}  // namespace smear::imagej
