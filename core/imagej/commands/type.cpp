// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <utility>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/lut-tables.h"
#include "imagej/macro/syntax.h"
#include "imagej/operations/colour.h"
#include "imagej/operations/convert-type.h"

namespace smear::imagej {
namespace {

void refuse_calibrated(const ImagePlus& image, std::string_view name) {
  if (image.calibration.function != 20)
    throw SampleError(
        fmt::format("{}: '{}' has a calibration of its grey values, which is not converted here; "
                    "save it without "
                    "one in ImageJ (Analyze > Calibrate..., Function: None)",
                    name, image.title));
}

// Whether the steps of a colour table are so big that ImageJ takes it for a table of labels rather
// than for a scale of greys.
bool has_big_steps(const Lut& lut) {
  if (lut == lut_named("3-3-2 RGB")) return false;  // an exception that ImageJ makes
  double sum = 0.0;
  double squares = 0.0;
  int count = 0;
  for (const auto* channel : {&lut.red, &lut.green, &lut.blue})
    for (std::size_t i = 1; i < 256; ++i, ++count) {
      const double step = (*channel)[i] - (*channel)[i - 1];
      sum += step;
      squares += step * step;
    }
  return std::sqrt((squares - sum * sum / count) / count) >= 20.0;
}

// 8-bit of an 8-bit image: only its colours can change.
void grey_of_grey8(ImagePlus& image, bool weighted) {
  if (!has_big_steps(image.lut)) {
    image.lut = image.lut.is_inverted() ? Lut::inverted_grey() : Lut::grey();
    image.stretch = {image.range, {0.0, 255.0}};
    return;
  }
  const Lut shown = shown_lut(image);
  for (auto& slice : image.stack)
    slice.pixels = rgb_to_grey8(grey_to_rgb(slice.pixels, image.range, shown), weighted);
  image.lut = Lut::grey();
  image.range = {};
}

void no_longer_colour_channels(ImagePlus& image) {
  image.mode.clear();
  image.channel_luts.clear();
  image.channel_ranges.clear();
}

void grey_of_rgb(ImagePlus& image, ImageType to, bool weighted) {
  if (image.stack.size() > 1 && to != ImageType::grey8)
    throw SampleError(
        fmt::format("'{}' is an RGB stack, which ImageJ converts to 8-bit only", image.title));
  for (auto& slice : image.stack) {
    if (to == ImageType::grey32) {
      slice.pixels = rgb_to_grey32(slice.pixels, weighted);
    } else {
      slice.pixels = rgb_to_grey8(slice.pixels, weighted);
      slice.pixels = convert_grey(slice.pixels, to, {});
    }
  }
  image.type = to;
  image.lut = Lut::grey();
  image.range = {};
  if (to == ImageType::grey16) image.reset_display_range();
}

// Composites: every channel by its own display range, the colours staying.
void grey8_of_composite(ImagePlus& image, bool scale) {
  const auto ranges = image.ranges_of_channels();
  for (std::size_t plane = 0; plane < image.stack.size(); ++plane) {
    const auto channel = static_cast<std::size_t>(image.channel_of(static_cast<int>(plane)));
    auto& pixels = image.stack[plane].pixels;
    if (image.type != ImageType::grey8)
      pixels = convert_grey(pixels, ImageType::grey8, ranges[channel], scale);
  }
  image.type = ImageType::grey8;
  image.range = {};
  image.channel_ranges.clear();
}

void convert(Session& session, ImageType to, std::string_view name) {
  ImagePlus& image = session.active();
  refuse_calibrated(image, name);
  image.threshold.reset();
  if (image.is_composite()) {
    if (image.type == to && to != ImageType::grey8) return;
    if (to != ImageType::grey8)
      throw SampleError(fmt::format(
          "{}: '{}' has channels shown in colours, which are converted to 8-bit only; use "
          "\"Split Channels\" first",
          name, image.title));
    grey8_of_composite(image, session.preferences.scale_conversions);
    return;
  }
  if (image.type == ImageType::rgb) {
    grey_of_rgb(image, to, session.preferences.weighted_rgb);
    return;
  }
  if (to == ImageType::grey8 && image.pixels().depth() == CV_8U) {
    grey_of_grey8(image, session.preferences.weighted_rgb);
    return;
  }
  if (image.type == to) return;
  const bool scale = session.preferences.scale_conversions;
  const bool stretched = image.type == ImageType::grey32 && scale && image.stack.size() > 1;
  for (auto& slice : image.stack) slice.pixels = convert_grey(slice.pixels, to, image.range, scale);
  image.type = to;
  if (to == ImageType::grey8) image.range = {};
  if (to != ImageType::grey16) return;
  if (stretched) {
    image.range = {0.0, 65535.0};
    return;
  }
  // Of a stack the first slice decides.
  const int shown = std::exchange(image.current, 0);
  image.reset_display_range();
  image.current = shown;
}

bool is_hsb_stack(const ImagePlus& image) {
  return image.type == ImageType::grey8 && image.stack.size() == 3 &&
         image.stack[0].label == "Hue" && image.stack[1].label == "Saturation" &&
         image.stack[2].label == "Brightness";
}

bool is_rgb_stack(const ImagePlus& image) {
  return image.type == ImageType::grey8 && image.stack.size() == 3 &&
         image.stack[0].label == "Red" && image.stack[1].label == "Green" &&
         image.stack[2].label == "Blue";
}

void one_plane(ImagePlus& image, cv::Mat rgb) {
  image.stack = {Slice{std::move(rgb), ""}};
  image.channels = image.slices = image.frames = 1;
  image.current = 0;
  image.hyperstack = false;
}

// A channel's plane in the colours in which it is shown.
cv::Mat channel_in_colour(const ImagePlus& image, int plane) {
  const auto channel = static_cast<std::size_t>(image.channel_of(plane));
  return grey_to_rgb(image.stack[static_cast<std::size_t>(plane)].pixels,
                     image.ranges_of_channels()[channel], image.luts_of_channels()[channel]);
}

// What is seen of a composite at one slice and frame, whose first plane is given: the sum of its
// channels, or in the other modes the current channel.
cv::Mat seen_of_composite(const ImagePlus& image, int first) {
  if (image.mode != "composite")
    return channel_in_colour(image, first + image.channel_of(image.current));
  cv::Mat sum = channel_in_colour(image, first);
  for (int c = 1; c < image.channels; ++c) cv::add(sum, channel_in_colour(image, first + c), sum);
  return sum;
}

void become_rgb(ImagePlus& image, std::vector<cv::Mat> planes) {
  image.stack.clear();
  for (auto& plane : planes) image.stack.push_back({std::move(plane), ""});
  image.channels = 1;
  image.current = 0;
  no_longer_colour_channels(image);
  image.type = ImageType::rgb;
  image.lut = Lut::grey();
  image.range = {};
}

// A composite of channels only: a new image, of one plane, or of one for each channel where they
// are not shown together.
void rgb_of_channels(Session& session) {
  const ImagePlus& image = session.active();
  std::vector<cv::Mat> planes;
  if (image.mode == "composite") {
    planes.push_back(seen_of_composite(image, 0));
  } else {
    for (int c = 0; c < image.channels; ++c) planes.push_back(channel_in_colour(image, c));
  }
  ImagePlus colours(image.title + " (RGB)", planes.front());
  colours.calibration = image.calibration;
  colours.slices = static_cast<int>(planes.size());
  become_rgb(colours, std::move(planes));
  session.open(std::move(colours));
}

// A composite of slices or frames: of all of them, or of the current one.
void rgb_of_hyperstack(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  if (!values.given("slices") && !values.given("frames") && !values.given("keep"))
    throw SampleError(
        fmt::format("RGB Color: '{}' has several slices or frames, and ImageJ asks which; write "
                    "run(\"RGB Color\", \"slices frames\") for all, or \"keep\" too to leave the "
                    "image open",
                    image.title));
  const int slice = image.current / image.channels % image.slices;
  const int frame = image.current / image.channels / image.slices;
  std::vector<cv::Mat> planes;
  for (int t = 0; t < image.frames; ++t)
    for (int z = 0; z < image.slices; ++z)
      if ((values.flag("slices") || z == slice) && (values.flag("frames") || t == frame))
        planes.push_back(seen_of_composite(image, (t * image.slices + z) * image.channels));
  ImagePlus colours = image;
  if (!values.flag("slices")) colours.slices = 1;
  if (!values.flag("frames")) colours.frames = 1;
  colours.hyperstack = colours.slices > 1 && colours.frames > 1;
  become_rgb(colours, std::move(planes));
  if (!values.flag("keep")) {
    session.active() = std::move(colours);
    return;
  }
  colours.title = title_of_copy(image.title);
  session.open(std::move(colours));
}

void to_rgb(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  if (image.type == ImageType::rgb) return;
  if (image.is_composite()) {
    if (image.slices > 1 || image.frames > 1) return rgb_of_hyperstack(session, values);
    return rgb_of_channels(session);
  }
  image.threshold.reset();
  if (is_hsb_stack(image)) {
    const cv::Mat planes[3] = {image.stack[0].pixels, image.stack[1].pixels, image.stack[2].pixels};
    one_plane(image, merge_hsb(planes));
  } else if (is_rgb_stack(image)) {
    const std::vector<cv::Mat> planes{image.stack[0].pixels, image.stack[1].pixels,
                                      image.stack[2].pixels};
    cv::Mat merged;
    cv::merge(planes, merged);
    one_plane(image, merged);
  } else if (image.hyperstack || !image.mode.empty() ||
             (image.channels > 1 && (image.slices > 1 || image.frames > 1))) {
    throw SampleError(fmt::format(
        "RGB Color: '{}' has several channels, which is not supported; convert it in ImageJ",
        image.title));
  } else {
    const Lut lut = image.pixels().depth() == CV_8U ? shown_lut(image) : image.lut;
    for (auto& slice : image.stack) slice.pixels = grey_to_rgb(slice.pixels, image.range, lut);
  }
  no_longer_colour_channels(image);
  image.type = ImageType::rgb;
  image.lut = Lut::grey();
  image.range = {};
}

void need_single_rgb(const ImagePlus& image, std::string_view name) {
  if (image.stack.size() > 1)
    throw SampleError(
        fmt::format("{}: '{}' is a stack, which is not supported", name, image.title));
}

void to_channel_stack(ImagePlus& image, const cv::Mat planes[3], const char* const labels[3]) {
  image.stack.clear();
  for (int c = 0; c < 3; ++c) image.stack.push_back({planes[c], labels[c]});
  image.type = ImageType::grey8;
  image.current = 0;
  image.lut = Lut::grey();
  image.range = {};
}

void hsb_stack(Session& session) {
  ImagePlus& image = session.active();
  need_single_rgb(image, "HSB Stack");
  cv::Mat planes[3];
  split_hsb(image.pixels(), planes);
  constexpr const char* labels[3] = {"Hue", "Saturation", "Brightness"};
  to_channel_stack(image, planes, labels);
  image.channels = 3;
}

void rgb_stack(Session& session) {
  ImagePlus& image = session.active();
  need_single_rgb(image, "RGB Stack");
  cv::Mat planes[3];
  cv::split(image.pixels(), planes);
  constexpr const char* labels[3] = {"Red", "Green", "Blue"};
  to_channel_stack(image, planes, labels);
  image.channels = 3;
}

// Every channel of a composite as an image of its slices and frames.
void split_composite(Session& session) {
  const ImagePlus image = session.active();
  const auto luts = image.luts_of_channels();
  auto ranges = image.ranges_of_channels();
  // A file may say another range than that of the channel that is shown first.
  ranges[static_cast<std::size_t>(image.channel_of(image.current))] = image.range;
  session.close(image.id);
  for (int c = 0; c < image.channels; ++c) {
    ImagePlus channel(fmt::format("C{}-{}", c + 1, image.title),
                      image.stack[static_cast<std::size_t>(c)].pixels);
    channel.stack.clear();
    for (int plane = c; plane < static_cast<int>(image.stack.size()); plane += image.channels)
      channel.stack.push_back(image.stack[static_cast<std::size_t>(plane)]);
    channel.slices = image.slices;
    channel.frames = image.frames;
    channel.hyperstack = image.slices > 1 && image.frames > 1;
    channel.calibration = image.calibration;
    channel.lut = luts[static_cast<std::size_t>(c)];
    channel.range = ranges[static_cast<std::size_t>(c)];
    session.open(std::move(channel));
  }
}

void split_channels(Session& session) {
  const ImagePlus image = session.active();
  if (image.is_composite()) return split_composite(session);
  if (image.type != ImageType::rgb)
    throw SampleError(fmt::format("Split Channels takes RGB images and composites, '{}' is {}",
                                  image.title, name_of(image.type)));
  need_single_rgb(image, "Split Channels");
  cv::Mat planes[3];
  cv::split(image.pixels(), planes);
  session.close(image.id);
  constexpr const char* names[3] = {"red", "green", "blue"};
  for (int c = 0; c < 3; ++c) {
    ImagePlus channel(fmt::format("{} ({})", image.title, names[c]), planes[c]);
    channel.calibration = image.calibration;
    session.open(std::move(channel));
  }
}

void converts_to(Command& type, ImageType to) {
  type.run = [to, name = type.name](Session& session, const Values&, Host&) {
    convert(session, to, name);
  };
}

void add_refused(CommandTable& table, std::string name, std::string stage, std::string why) {
  Command refused = command(std::move(name), std::move(stage), "Refused.", "");
  refused.needs_image = false;
  refused.not_here = std::move(why);
  table.add(std::move(refused));
}

void add_conversions(CommandTable& table) {
  Command to8 = command(
      "8-bit", "8-bit", "Converts the image to 8-bit grey.",
      "RGB: the sum of a third of each channel (or 0.299, 0.587 and 0.114 of red, green and blue "
      "where weighted conversions are on), plus 0.5, truncated. 16-bit: "
      "(value - min) * 256 / (max - min + 1), 32-bit: (value - min) * 255 / (max - min), each plus "
      "0.5, truncated and cut to 0..255, min and max being the display range, which filters carry "
      "along from before. With ScaleConversions off the values themselves, cut to 0..255. An image "
      "that is 8-bit already keeps its pixels and gets a grey colour table, unless its table "
      "consists of labels rather than a scale: then the greys of the colours become the pixels. "
      "The "
      "threshold is removed, a selection stays. Of a composite, every channel goes by its own "
      "display range.");
  to8.takes_composites = true;
  converts_to(to8, ImageType::grey8);
  table.add(std::move(to8));
  Command to16 = command(
      "16-bit", "16-bit", "Converts the image to 16-bit grey.",
      "8-bit values stay, RGB is converted to 8-bit first. 32-bit: (value - min) * 65535 / (max - "
      "min), min and max being the display range, plus 0.5, truncated and cut to 0..65535; with "
      "ScaleConversions off the values themselves, rounded and cut. The display range becomes the "
      "least and greatest value, of a stack those of its first slice, or 0..65535 of a stack that "
      "was scaled. The threshold is removed, a selection stays.");
  to16.takes_composites = true;
  converts_to(to16, ImageType::grey16);
  table.add(std::move(to16));
  Command to32 = command("32-bit", "32-bit", "Converts the image to 32-bit float.",
                         "Values and display range stay. RGB becomes the weighted sum of its "
                         "channels as 8-bit has it, "
                         "not rounded. The threshold is removed, a selection stays.");
  to32.takes_composites = true;
  converts_to(to32, ImageType::grey32);
  table.add(std::move(to32));
  Command rgb = command(
      "RGB Color", "rgb-color", "Converts the image to RGB as it is displayed.",
      "Grey values go through the display range and the colour table. A stack made by HSB Stack is "
      "put together by java.awt.Color's HSBtoRGB, one made by RGB Stack by its channels. Of a "
      "composite what is seen: the sum of its channels, cut to 255, as a new image called \"TITLE "
      "(RGB)\"; in modes color and grayscale each channel becomes a slice of it. Where it has "
      "slices "
      "or frames, 'slices' and 'frames' say to take all of them, and the image is replaced unless "
      "'keep'.");
  rgb.takes_composites = true;
  rgb.keys = {Key::flag("slices", "composites: all slices, not only the current one"),
              Key::flag("frames", "composites: all frames, not only the current one"),
              Key::flag("keep", "composites of slices or frames: leave the image open")};
  rgb.run = [](Session& session, const Values& values, Host&) { to_rgb(session, values); };
  table.add(std::move(rgb));
}

void add_stacks(CommandTable& table) {
  Command hsb = command("HSB Stack", "hsb-stack",
                        "Replaces an RGB image by a stack of hue, saturation and brightness.",
                        "The three of java.awt.Color's RGBtoHSB in 32-bit float, times 255 and "
                        "truncated, as 8-bit slices labelled Hue, Saturation and Brightness.");
  hsb.types = {ImageType::rgb};
  hsb.run = [](Session& session, const Values&, Host&) { hsb_stack(session); };
  table.add(std::move(hsb));
  Command rgb = command("RGB Stack", "rgb-stack",
                        "Replaces an RGB image by a stack of its red, green and blue channel.",
                        "8-bit slices labelled Red, Green and Blue.");
  rgb.types = {ImageType::rgb};
  rgb.run = [](Session& session, const Values&, Host&) { rgb_stack(session); };
  table.add(std::move(rgb));
  Command split = command(
      "Split Channels", "split-channels",
      "Replaces an RGB image by three 8-bit images of its channels, a composite by one for each.",
      "The new images are called \"TITLE (red)\", \"TITLE (green)\" and \"TITLE (blue)\"; the blue "
      "one is active afterwards. Those of a composite are called \"C1-TITLE\" and so on, with the "
      "channel's colours and display range. The image is closed; selection and overlay go with "
      "it.");
  split.takes_composites = true;
  split.run = [](Session& session, const Values&, Host&) { split_channels(session); };
  table.add(std::move(split));
}

void add_luts(CommandTable& table) {
  const std::vector<ImageType> types{ImageType::grey8, ImageType::grey16, ImageType::grey32};
  Command invert = command("Invert LUT", "invert-lut", "Turns the colour table round.",
                           "Pixels stay as they are, a threshold is removed. Binary commands take "
                           "an image with an inverting table the other way round.");
  invert.types = types;
  invert.run = [](Session& session, const Values&, Host&) {
    session.active().lut.invert();
    session.active().threshold.reset();
  };
  table.add(std::move(invert));
  Command greys =
      command("Grays", "grays", "Shows the image in greys: black for 0 to white for 255.",
              "Replaces the colour table and removes a threshold; pixels and display range stay.");
  greys.types = types;
  greys.run = [](Session& session, const Values&, Host&) {
    auto& image = session.active();
    image.lut = Lut::grey();
    image.stretch = {image.range, {0.0, 255.0}};
    image.threshold.reset();
    image.properties.erase("CurrentLUT");
  };
  table.add(std::move(greys));
  for (const auto& one : lut_tables()) {
    Command colours = command(
        one.name, one.stage, one.summary,
        "Replaces the colour table and removes a threshold; pixels and display range stay.");
    colours.types = types;
    // "fire", "redgreen", but "3-3-2 RGB": so ImageJ notes it with the image.
    std::string noted = one.name;
    if (noted != "3-3-2 RGB") {
      noted = lower_case(noted);
      std::erase(noted, '/');
    }
    colours.run = [&lut = one.lut, noted](Session& session, const Values&, Host&) {
      auto& image = session.active();
      image.lut = lut;
      image.properties["CurrentLUT"] = noted;
      image.stretch = {image.range, {0.0, 255.0}};
      image.threshold.reset();
    };
    table.add(std::move(colours));
  }
}

void set_display_range(Session& session, double min, double max) {
  ImagePlus& image = session.active();
  if (image.type == ImageType::rgb)
    throw SampleError(
        "setMinAndMax changes the pixels of RGB images, which is not supported; convert to 8-bit");
  if (image.pixels().depth() == CV_8U) {
    min = std::floor(min + 0.5);
    max = std::floor(max + 0.5);
  } else if (image.type == ImageType::grey16) {
    min = std::trunc(min);
    max = std::trunc(max);
  }
  image.set_display_range({min, max});
  image.stretch.reset();
  image.threshold.reset();
}

void add_display_range(CommandTable& table) {
  Command range = command("setMinAndMax", "set-min-and-max",
                          "Sets the values that are shown as black and as white.",
                          "Pixels stay, but conversions to fewer bits and to RGB go by it. Rounded "
                          "to whole numbers for 8-bit images and truncated for 16-bit ones. The "
                          "threshold is removed. RGB "
                          "images are refused.");
  range.form = Command::Form::function;
  range.keys = {Key::of_number("min", 0.0, "value shown as black"),
                Key::of_number("max", 255.0, "value shown as white")};
  range.run = [](Session& session, const Values& values, Host&) {
    refuse_calibrated(session.active(), "setMinAndMax");
    set_display_range(session, values.number("min"), values.number("max"));
  };
  table.add(std::move(range));
}

}  // namespace

void add_type_commands(CommandTable& table) {
  add_display_range(table);
  add_conversions(table);
  add_stacks(table);
  add_luts(table);
  add_refused(table, "8-bit Color", "8-bit-color",
              "8-bit Color is not supported: the choice of 256 colours by ImageJ cannot be "
              "reproduced; use \"8-bit\" or keep the image RGB");
  add_refused(table, "HSB (32-bit)", "hsb-32-bit",
              "HSB (32-bit) is not supported; use \"HSB Stack\", whose slices are 8-bit");
  add_refused(table, "Lab Stack", "lab-stack",
              "Lab Stack is not supported; use \"HSB Stack\" or \"RGB Stack\"");
  add_refused(table, "Make Composite", "make-composite",
              "Make Composite is not supported: composites are not; use \"RGB Stack\" or "
              "\"Split Channels\"");
}

}  // namespace smear::imagej
