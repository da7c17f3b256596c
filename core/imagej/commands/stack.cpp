// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/operations/z-project.h"

namespace smear::imagej {
namespace {

void need_stack(const ImagePlus& image, std::string_view name) {
  if (image.stack.size() < 2)
    throw SampleError(fmt::format("{}: '{}' is no stack", name, image.title));
}

// ImageJ shows what has planes in two directions as a hyperstack.
bool has_two_directions(const ImagePlus& image) {
  return (image.channels > 1) + (image.slices > 1) + (image.frames > 1) > 1;
}

void refuse_composite(const ImagePlus& image, std::string_view name) {
  if (image.hyperstack || !image.mode.empty() || has_two_directions(image))
    throw SampleError(fmt::format("{}: '{}' is a composite or hyperstack, which are not supported",
                                  name, image.title));
}

// After slices came or went: they count in the one direction in which there were several.
void count_slices(ImagePlus& image) {
  const int count = static_cast<int>(image.stack.size());
  int& direction = image.channels > 1 ? image.channels
                   : image.frames > 1 ? image.frames
                                      : image.slices;
  image.channels = image.slices = image.frames = 1;
  direction = count;
  image.current = std::min(image.current, count - 1);
}

// One plane of a stack as an image of its own.
ImagePlus plane_of(const ImagePlus& image, std::size_t plane) {
  ImagePlus result = image;
  result.stack = {Slice{image.stack[plane].pixels, ""}};
  result.channels = result.slices = result.frames = 1;
  result.current = 0;
  result.roi.reset();
  result.overlay.clear();
  result.threshold.reset();
  return result;
}

// Up to the first blank, and without an ending.
std::string short_title(const std::string& title) {
  std::string result = title.substr(0, title.find(' '));
  const auto dot = result.rfind('.');
  if (dot != std::string::npos && dot > 0) result.resize(dot);
  return result;
}

void stack_to_images(Session& session) {
  const ImagePlus image = session.active();
  need_stack(image, "Stack to Images");
  refuse_composite(image, "Stack to Images");
  session.close(image.id);
  for (std::size_t plane = 0; plane < image.stack.size(); ++plane) {
    ImagePlus one = plane_of(image, plane);
    const std::string& label = image.stack[plane].label;
    one.title = label.empty() ? fmt::format("{}-{:04}", short_title(image.title), plane + 1)
                              : label.substr(0, label.find('\n'));
    session.open(std::move(one));
  }
}

std::vector<int> images_for_stack(const Session& session, const std::string& part) {
  std::vector<int> ids;
  const ImagePlus* first = nullptr;
  for (const auto& image : session.images()) {
    if (image.title.find(part) == std::string::npos) continue;
    if (image.stack.size() > 1) continue;
    if (first == nullptr) first = &image;
    if (image.area() != first->area() || image.type != first->type)
      throw SampleError(
          fmt::format("Images to Stack: '{}' and '{}' differ in size or type, which is not "
                      "supported; bring them to one size and type first",
                      first->title, image.title));
    ids.push_back(image.id);
  }
  if (ids.size() < 2)
    throw SampleError(
        fmt::format("Images to Stack: {} images match; there must be two at least", ids.size()));
  return ids;
}

void images_to_stack(Session& session, const Values& values) {
  const auto ids = images_for_stack(session, values.text("title"));
  ImagePlus result = plane_of(*session.by_id(ids.front()), 0);
  result.stack.clear();
  for (const int id : ids) {
    const ImagePlus& image = *session.by_id(id);
    result.stack.push_back({image.pixels(), image.title});
    result.range.min = std::min(result.range.min, image.range.min);
    result.range.max = std::max(result.range.max, image.range.max);
  }
  for (const int id : ids) session.close(id);
  result.title = values.text("name");
  count_slices(result);
  session.open(std::move(result));
}

void delete_slice(Session& session) {
  ImagePlus& image = session.active();
  need_stack(image, "Delete Slice");
  refuse_composite(image, "Delete Slice");
  image.stack.erase(image.stack.begin() + image.current);
  image.current = std::max(image.current - 1, 0);
  if (image.type == ImageType::grey16 || image.type == ImageType::grey32) image.threshold.reset();
  count_slices(image);
}

void add_slice(Session& session) {
  ImagePlus& image = session.active();
  refuse_composite(image, "Add Slice");
  const cv::Mat pixels = cv::Mat::zeros(image.pixels().size(), image.pixels().type());
  image.stack.insert(image.stack.begin() + image.current + 1, Slice{pixels, ""});
  ++image.current;
  count_slices(image);
}

void reverse(Session& session) {
  ImagePlus& image = session.active();
  need_stack(image, "Reverse");
  refuse_composite(image, "Reverse");
  std::ranges::reverse(image.stack);
}

void z_project(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  need_stack(image, "Z Project...");
  refuse_composite(image, "Z Project...");
  const int count = static_cast<int>(image.stack.size());
  const int start = values.given("start") ? static_cast<int>(values.number("start")) : 1;
  const int stop = values.given("stop") ? static_cast<int>(values.number("stop")) : count;
  if (start < 1 || stop > count || stop < start)
    throw SampleError(fmt::format("Z Project...: slices {}..{} of '{}', which has 1..{}", start,
                                  stop, image.title, count));
  std::vector<cv::Mat> planes;
  for (int i = start; i <= stop; ++i)
    planes.push_back(image.stack[static_cast<std::size_t>(i - 1)].pixels);
  const Projection projection = *projection_named(values.text("projection"));
  ImagePlus result(fmt::format("{}{}", prefix_of(projection), image.title),
                   project(std::move(planes), projection));
  // The average of no slice (see the details), of which ImageJ notes no range.
  if (projection == Projection::average && start == stop && image.type == ImageType::grey32)
    result.range = {std::numeric_limits<double>::quiet_NaN(),
                    std::numeric_limits<double>::quiet_NaN()};
  result.calibration = image.calibration;
  session.open(std::move(result));
}

// A slice's number out of `text`, which is all that was given.
int slice_number(std::string_view part, const std::string& text) {
  int value = 0;
  while (part.starts_with(' ')) part.remove_prefix(1);
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size() || value < 1)
    throw ConfigError(fmt::format(
        "Make Substack...: slices are numbers from 1 as in 1,3 or 2-4 or 1-9-2, got '{}'", text));
  return value;
}

std::vector<int> slice_numbers(const std::string& text, char between) {
  std::vector<int> result;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(between, at), text.size());
    result.push_back(slice_number(std::string_view(text).substr(at, end - at), text));
    at = end + 1;
  }
  return result;
}

// What Make Substack... is to copy: "1,3" slice by slice, "2-4" from the first to the last, "1-9-2"
// every second of them. Kept as written, since only a stack at hand bounds how many they are.
struct SliceChoice {
  std::vector<int> listed;
  int first = 0;
  int last = 0;
  int step = 1;

  [[nodiscard]] int greatest() const { return listed.empty() ? last : std::ranges::max(listed); }
};

SliceChoice slices_of(const std::string& text) {
  if (text.find('-') == std::string::npos) return {.listed = slice_numbers(text, ',')};
  const auto numbers = slice_numbers(text, '-');
  if (numbers.size() > 3 || numbers[1] < numbers[0])
    throw ConfigError(
        fmt::format("Make Substack...: a range is FIRST-LAST or FIRST-LAST-STEP, with the last not "
                    "before the first, got '{}'",
                    text));
  return {.listed = {},
          .first = numbers[0],
          .last = numbers[1],
          .step = numbers.size() == 3 ? numbers[2] : 1};
}

void make_substack(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  need_stack(image, "Make Substack...");
  refuse_composite(image, "Make Substack...");
  const SliceChoice wanted = slices_of(values.text("slices"));
  if (wanted.greatest() > static_cast<int>(image.stack.size()))
    throw SampleError(fmt::format("Make Substack...: there is no slice {} in '{}', which has 1..{}",
                                  wanted.greatest(), image.title, image.stack.size()));
  ImagePlus result = plane_of(image, 0);
  result.stack.clear();
  const bool part = image.roi && image.roi->is_area();
  const cv::Rect box = part ? image.roi->bounds & image.area() : image.area();
  if (box.empty()) throw SampleError("the selection lies outside the image");
  const auto copy = [&](std::int64_t number) {
    const Slice& slice = image.stack[static_cast<std::size_t>(number - 1)];
    result.stack.push_back({part ? slice.pixels(box).clone() : slice.pixels, slice.label});
  };
  std::ranges::for_each(wanted.listed, copy);
  // In 64 bits: a step may lead past the greatest int.
  if (wanted.listed.empty())
    for (std::int64_t i = wanted.first; i <= wanted.last; i += wanted.step) copy(i);
  // Frames stay frames; channels become slices.
  result.frames = image.frames;
  count_slices(result);
  result.title = fmt::format("Substack ({})", values.text("slices"));
  session.open(std::move(result));
}

// What Merge Channels... has for red, green and blue: null where there is none.
const ImagePlus* channel_called(Session& session, const std::string& title) {
  if (title.empty() || title == "*None*") return nullptr;
  int same = 0;
  const ImagePlus* image = session.by_title(title, &same);
  if (image == nullptr)
    throw SampleError(fmt::format("Merge Channels...: there is no image '{}'", title));
  if (same > 1)
    throw SampleError(fmt::format("Merge Channels...: several images are called '{}'", title));
  if (image->type != ImageType::grey8 || image->stack.size() > 1)
    throw SampleError(fmt::format(
        "Merge Channels... takes single 8-bit images, '{}' is another; convert it first", title));
  return image;
}

void merge_channels(Session& session, const Values& values) {
  constexpr std::array keys{"c1", "c2", "c3"};
  std::array<const ImagePlus*, 3> channels{};
  const ImagePlus* first = nullptr;
  for (std::size_t c = 0; c < 3; ++c) {
    channels[c] = channel_called(session, values.text(keys[c]));
    if (first == nullptr) first = channels[c];
    if (channels[c] != nullptr && channels[c]->area() != first->area())
      throw SampleError("Merge Channels...: the images differ in size");
  }
  if (first == nullptr) throw SampleError("Merge Channels...: no image is named");
  std::vector<cv::Mat> planes;
  std::vector<int> ids;
  for (const ImagePlus* channel : channels) {
    if (channel == nullptr) {
      planes.push_back(cv::Mat::zeros(first->height(), first->width(), CV_8UC1));
      continue;
    }
    planes.push_back(channel->lut.is_inverted() ? cv::Mat(~channel->pixels()) : channel->pixels());
    ids.push_back(channel->id);
  }
  cv::Mat merged;
  cv::merge(planes, merged);
  ImagePlus result("RGB", merged);
  result.calibration = first->calibration;
  if (!values.flag("keep"))
    for (const int id : ids) session.close(id);
  session.open(std::move(result));
}

void add_conversions(CommandTable& table) {
  Command apart =
      command("Stack to Images", "stack-to-images", "Replaces a stack by an image for each slice.",
              "Called by the slice's label, or TITLE-0001 and so on. The last is "
              "active afterwards.");
  apart.old_names = {"Convert Stack to Images"};
  apart.run = [](Session& session, const Values&, Host&) { stack_to_images(session); };
  table.add(std::move(apart));
  Command together =
      command("Images to Stack", "images-to-stack", "Replaces all open images by a stack of them.",
              "Images of one size and type; the slices are labelled by the titles.");
  together.old_names = {"Convert Images to Stack"};
  together.keys = {
      Key::of_text("name", "Stack", "title of the stack").may_be_absent(),
      Key::of_text("title", "", "only images whose title has this in it").may_be_absent(),
      Key::flag("use", "label the slices by the titles, as is done anyway")};
  together.run = [](Session& session, const Values& values, Host&) {
    images_to_stack(session, values);
  };
  table.add(std::move(together));
  Command merge = command(
      "Merge Channels...", "merge-channels", "Makes an RGB image of 8-bit images.",
      "What is not given is black. The images are closed unless 'keep'. Composites ('create') and "
      "channels beyond red, green and blue are not supported.");
  merge.keys = {
      Key::of_text("c1", "*None*", "title of the image for red").was("red").may_be_absent(),
      Key::of_text("c2", "*None*", "title of the image for green").was("green").may_be_absent(),
      Key::of_text("c3", "*None*", "title of the image for blue").was("blue").may_be_absent(),
      Key::of_text("c4", "*None*", "for grey: only *None* is supported")
          .was("gray")
          .may_be_absent(),
      Key::flag("create", "make a composite; refused"),
      Key::flag("keep", "leave the images open"),
      Key::flag("ignore", "ignore the images' colour tables; refused")};
  merge.check = [](const Values& values) {
    if (values.flag("create"))
      throw ConfigError(
          "Merge Channels...: composites are not supported; leave 'create' out for an RGB image");
    if (values.flag("ignore") || values.text("c4") != "*None*")
      throw ConfigError("Merge Channels... takes red, green and blue (c1, c2, c3) only");
  };
  merge.run = [](Session& session, const Values& values, Host&) {
    merge_channels(session, values);
  };
  table.add(std::move(merge));
}

void add_slice_commands(CommandTable& table) {
  const auto add = [&](const char* name, const char* stage, const char* summary,
                       const char* details, void (*function)(Session&)) {
    Command changer = command(name, stage, summary, details);
    changer.run = [function](Session& session, const Values&, Host&) { function(session); };
    table.add(std::move(changer));
  };
  add("Delete Slice", "delete-slice", "Removes the current slice of a stack.",
      "The one before it is shown then.", delete_slice);
  add("Add Slice", "add-slice", "Adds a slice behind the current one.",
      "It is 0 throughout and is shown then.", add_slice);
  add("Reverse", "reverse", "Turns the order of a stack's slices round.",
      "The number of the current slice stays.", reverse);
  Command part = command("Make Substack...", "make-substack", "Copies slices into a new stack.",
                         "In the order given. A range is FIRST-LAST, or FIRST-LAST-STEP for every "
                         "STEPth of them.");
  part.keys = {Key::of_text("slices", "", "1,3 or 2-4 or 1-9-2").was("channels")};
  part.check = [](const Values& values) { slices_of(values.text("slices")); };
  part.run = [](Session& session, const Values& values, Host&) { make_substack(session, values); };
  table.add(std::move(part));
  Command projection = command(
      "Z Project...", "z-project", "Combines the slices of a stack into one image.",
      "Average (rounded), maximum, minimum and median of the stack's own type; sum, standard "
      "deviation (n - 1) and the median of 16-bit stacks as 32-bit. As ImageJ 1.53t does, averages "
      "of 32-bit stacks leave the last slice out.");
  projection.types = {ImageType::grey8, ImageType::grey16, ImageType::grey32};
  projection.keys = {
      Key::of_number("start", 1.0, "first slice").range(1.0, 1e6).whole().may_be_absent(),
      Key::of_number("stop", 1.0, "last slice; absent: the stack's")
          .range(1.0, 1e6)
          .whole()
          .may_be_absent(),
      Key::choice("projection", "Average Intensity", projection_names(), "what to compute")};
  projection.run = [](Session& session, const Values& values, Host&) {
    z_project(session, values);
  };
  table.add(std::move(projection));
}

}  // namespace

void add_stack_commands(CommandTable& table) {
  add_conversions(table);
  add_slice_commands(table);
}

}  // namespace smear::imagej
