// SPDX-License-Identifier: Apache-2.0
// Commands that put planes and blocks of pixels together in other ways.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/operations/bin.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/resize.h"

namespace smear::imagej {
namespace {

// How many images Concatenate... can name.
constexpr int most_images = 20;

void need_plain_stack(const ImagePlus& image, std::string_view name, std::size_t least) {
  if (image.stack.size() < least)
    throw SampleError(fmt::format("{}: '{}' is no stack", name, image.title));
  const int directions = (image.channels > 1) + (image.slices > 1) + (image.frames > 1);
  if (image.hyperstack || !image.mode.empty() || directions > 1)
    throw SampleError(fmt::format("{}: '{}' is a composite or hyperstack, which are not supported",
                                  name, image.title));
}

void bin(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  if (image.hyperstack || !image.mode.empty())
    throw SampleError(fmt::format(
        "Bin...: '{}' is a composite or hyperstack, which are not supported", image.title));
  const cv::Size block(static_cast<int>(values.number("x")), static_cast<int>(values.number("y")));
  Binning binning = binning_named(values.text("bin"));
  // What an inverting table shows bright is low.
  if (image.lut.is_inverted() && (binning == Binning::min || binning == Binning::max))
    binning = binning == Binning::min ? Binning::max : Binning::min;
  if (block.area() == 1) return;
  if (binning == Binning::sum && image.type == ImageType::rgb)
    throw SampleError("Bin...: sums are of grey images; convert to 8-bit or split the channels");
  for (auto& slice : image.stack) slice.pixels = binned(slice.pixels, block, binning);
  image.calibration.pixel_width *= image.calibration.scaled() ? block.width : 1;
  image.calibration.pixel_height *= image.calibration.scaled() ? block.height : 1;
  const bool deep = image.type == ImageType::grey16 || image.type == ImageType::grey32;
  if (binning == Binning::sum && deep) image.range.max *= block.area();
  if (image.type == ImageType::grey16 && image.lut.is_inverted()) image.reset_display_range();
  if (image.type == ImageType::grey16) image.range.max = std::min(image.range.max, 65535.0);
  image.roi.reset();
  image.threshold.reset();
}

void add_bin(CommandTable& table) {
  Command blocks = command(
      "Bin...", "bin", "Makes one pixel of each block of pixels.",
      "Of the whole image, whatever is selected; columns and rows that fill no block are left out. "
      "Averages are rounded half up; sums are cut to the type's range, and not made of RGB. "
      "As in ImageJ 1.53t, the median is the value before the middle "
      "one: of n values in order number (n + 1) / 2 - 1 in whole numbers, of up to four the first, "
      "and at least 0. The size of a "
      "pixel is adapted, the upper end of the display range of sums of 16 and 32 bits too. Slices "
      "of a stack are binned one by one.");
  blocks.keys = {
      Key::of_number("x", 2.0, "width of a block", "pixels").range(1.0, 100000.0).whole(),
      Key::of_number("y", 2.0, "height of a block", "pixels").range(1.0, 100000.0).whole(),
      Key::of_number("z", 1.0, "slices of a block: only 1 is supported")
          .range(1.0, 1.0)
          .whole()
          .may_be_absent(),
      Key::choice("bin", "Average", binning_names(), "what a block becomes")};
  blocks.run = [](Session& session, const Values& values, Host&) { bin(session, values); };
  table.add(std::move(blocks));
}

void reduce(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  need_plain_stack(image, "Reduce...", 2);
  const auto factor = static_cast<std::size_t>(values.number("reduction"));
  std::vector<Slice> kept;
  for (std::size_t plane = 0; plane < image.stack.size(); plane += factor)
    kept.push_back(image.stack[plane]);
  image.stack = std::move(kept);
  int& direction = image.channels > 1 ? image.channels
                   : image.frames > 1 ? image.frames
                                      : image.slices;
  direction = static_cast<int>(image.stack.size());
  image.current = std::min(image.current, static_cast<int>(image.stack.size()) - 1);
  if (image.calibration.scaled()) image.calibration.pixel_depth *= static_cast<double>(factor);
}

void flip_z(Session& session) {
  ImagePlus& image = session.active();
  need_plain_stack(image, "Flip Z", 1);
  std::ranges::reverse(image.stack);
}

void add_slice_orders(CommandTable& table) {
  Command fewer = command("Reduce...", "reduce", "Keeps every so manieth slice of a stack.",
                          "From the first one on. The number of the current slice stays, where "
                          "there is one.");
  fewer.keys = {
      Key::of_number("reduction", 2.0, "how many slices one is kept of").range(1.0, 1e6).whole()};
  fewer.run = [](Session& session, const Values& values, Host&) { reduce(session, values); };
  table.add(std::move(fewer));
  Command flip = command("Flip Z", "flip-z", "Turns the order of a stack's slices round.",
                         "The number of the current slice stays.");
  flip.run = [](Session& session, const Values&, Host&) { flip_z(session); };
  table.add(std::move(flip));
}

struct Montage {
  int columns;
  int rows;
  cv::Size size;  // of one image in it
  int border;
};

cv::Mat montage_of(const ImagePlus& image, const Montage& montage, const std::vector<int>& planes) {
  const cv::Size step(montage.size.width + montage.border, montage.size.height + montage.border);
  cv::Mat result =
      cv::Mat::zeros(montage.rows * step.height - montage.border,
                     montage.columns * step.width - montage.border, image.pixels().type());
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const auto place = static_cast<int>(i);
    const cv::Mat& plane = image.stack[static_cast<std::size_t>(planes[i])].pixels;
    const cv::Point at(place % montage.columns * step.width, place / montage.columns * step.height);
    // ImageJ takes means only where small pictures come out.
    const bool average = montage.size.width < 200;
    const cv::Mat small =
        resize(plane, {{}, plane.size()}, montage.size, Interpolation::bilinear, average);
    small.copyTo(result(cv::Rect(at, montage.size)));
  }
  return result;
}

void make_montage(Session& session, const Values& values) {
  const ImagePlus& image = session.active();
  need_plain_stack(image, "Make Montage...", 2);
  const int count = static_cast<int>(image.stack.size());
  const int first = values.given("first") ? static_cast<int>(values.number("first")) : 1;
  const int last = values.given("last") ? static_cast<int>(values.number("last")) : count;
  if (first > last || last > count)
    throw SampleError(fmt::format("Make Montage...: slices {}..{} of '{}', which has 1..{}", first,
                                  last, image.title, count));
  std::vector<int> planes;
  for (int i = first; i <= last; i += static_cast<int>(values.number("increment")))
    planes.push_back(i - 1);
  const double scale = values.number("scale");
  const Montage montage{
      static_cast<int>(values.number("columns")),
      static_cast<int>(values.number("rows")),
      {static_cast<int>(image.width() * scale), static_cast<int>(image.height() * scale)},
      0};
  if (static_cast<int>(planes.size()) != montage.columns * montage.rows)
    throw SampleError(fmt::format(
        "Make Montage...: {} slices do not fill {} columns and {} rows, and what ImageJ "
        "fills the rest with depends on the image; choose columns and rows that fit",
        planes.size(), montage.columns, montage.rows));
  if (montage.size.empty()) throw SampleError("Make Montage... would leave nothing of the slices");
  ImagePlus result = image;
  result.stack = {Slice{montage_of(image, montage, planes), ""}};
  result.channels = result.slices = result.frames = 1;
  result.current = 0;
  result.title = "Montage";
  result.roi.reset();
  result.threshold.reset();
  result.overlay.clear();
  result.info = fmt::format("xMontage={}\nyMontage={}\n", montage.columns, montage.rows);
  if (result.calibration.scaled()) {
    result.calibration.pixel_width /= scale;
    result.calibration.pixel_height /= scale;
  }
  session.open(std::move(result));
}

void add_montage(CommandTable& table) {
  Command all =
      command("Make Montage...", "make-montage", "Shows the slices of a stack side by side.",
              "Row by row, in a new image, which the slices must fill. Labels, which "
              "are text, and borders are not supported.");
  all.keys = {
      Key::of_number("columns", 5.0, "images in a row").range(1.0, 1000.0).whole(),
      Key::of_number("rows", 4.0, "rows").range(1.0, 1000.0).whole(),
      Key::of_number("scale", 1.0, "how much larger the images become").range(1e-3, 100.0),
      Key::of_number("first", 1.0, "first slice").range(1.0, 1e6).whole().may_be_absent(),
      Key::of_number("last", 1.0, "last slice; absent: the stack's")
          .range(1.0, 1e6)
          .whole()
          .may_be_absent(),
      Key::of_number("increment", 1.0, "every so manieth slice")
          .range(1.0, 1e6)
          .whole()
          .may_be_absent(),
      Key::of_number("border", 0.0, "width of the lines between: only 0 is supported", "pixels")
          .range(0.0, 1000.0)
          .may_be_absent(),
      Key::of_number("font", 12.0, "size of labels; changes nothing").may_be_absent(),
      Key::flag("label", "write the labels; refused"),
      Key::flag("use", "draw borders in the foreground colour; changes nothing")};
  all.check = [](const Values& values) {
    if (values.flag("label"))
      throw ConfigError(
          "Make Montage...: 'label' writes text, which depends on fonts; leave it out");
    if (values.number("border") != 0.0)
      throw ConfigError("Make Montage...: borders are not drawn here; leave 'border' out");
  };
  all.run = [](Session& session, const Values& values, Host&) { make_montage(session, values); };
  table.add(std::move(all));
}

ImagePlus& image_called(Session& session, const std::string& title, std::string_view command) {
  int same = 0;
  ImagePlus* image = session.by_title(title, &same);
  if (image == nullptr)
    throw SampleError(fmt::format("{}: there is no image '{}'", command, title));
  if (same > 1)
    throw SampleError(
        fmt::format("{}: several images are called '{}'; give them different names by "
                    "rename",
                    command, title));
  need_plain_stack(*image, command, 1);
  return *image;
}

void combine_stacks(Session& session, const Values& values) {
  const ImagePlus first = image_called(session, values.text("stack1"), "Combine...");
  const ImagePlus second = image_called(session, values.text("stack2"), "Combine...");
  if (first.type != second.type || first.id == second.id ||
      first.stack.size() != second.stack.size())
    throw SampleError("Combine...: takes two images of one type and number of slices");
  const bool down = values.flag("combine");
  const cv::Size size =
      down ? cv::Size(std::max(first.width(), second.width()), first.height() + second.height())
           : cv::Size(first.width() + second.width(), std::max(first.height(), second.height()));
  const cv::Point offset = down ? cv::Point(0, first.height()) : cv::Point(first.width(), 0);
  ImagePlus result = first;
  const cv::Scalar outside = painted_value(result, session.background);
  result.stack.clear();
  for (std::size_t i = 0; i < first.stack.size(); ++i) {
    cv::Mat plane(size, first.pixels().type(), outside);
    first.stack[i].pixels.copyTo(plane(first.area()));
    second.stack[i].pixels.copyTo(plane(cv::Rect(offset, second.area().size())));
    result.stack.push_back({plane, ""});
  }
  result.slices = static_cast<int>(result.stack.size());
  result.channels = result.frames = 1;
  result.current = 0;
  result.roi.reset();
  result.threshold.reset();
  result.overlay.clear();
  result.title = "Combined Stacks";
  session.close(first.id);
  session.close(second.id);
  session.open(std::move(result));
}

void concatenate(Session& session, const Values& values) {
  std::vector<int> ids;
  for (int i = 1; i <= most_images; ++i) {
    const std::string& title = values.text(fmt::format("image{}", i));
    if (title.empty() || title == "[-- None --]" || title == "-- None --") continue;
    ids.push_back(image_called(session, title, "Concatenate...").id);
  }
  if (ids.size() < 2) throw SampleError("Concatenate... takes two images at least");
  ImagePlus result = *session.by_id(ids.front());
  result.stack.clear();
  for (const int id : ids) {
    const ImagePlus& image = *session.by_id(id);
    if (image.type != result.type ||
        image.area().size() != session.by_id(ids.front())->area().size())
      throw SampleError(fmt::format(
          "Concatenate...: '{}' has another size or type than the first, which is not supported",
          image.title));
    result.stack.insert(result.stack.end(), image.stack.begin(), image.stack.end());
  }
  result.slices = static_cast<int>(result.stack.size());
  result.channels = result.frames = 1;
  result.current = 0;
  result.roi.reset();
  result.threshold.reset();
  result.overlay.clear();
  result.title = values.text("title");
  if (!values.flag("keep"))
    for (const int id : ids)
      if (session.by_id(id) != nullptr) session.close(id);
  session.open(std::move(result));
}

void add_unions(CommandTable& table) {
  Command beside = command(
      "Combine...", "combine", "Puts two images or stacks beside each other.",
      "Slice by slice, in a new stack; what neither covers has the background colour. Both are "
      "closed. They have one type and number of slices.");
  beside.keys = {Key::of_text("stack1", "", "title of the left or upper one"),
                 Key::of_text("stack2", "", "title of the other"),
                 Key::flag("combine", "below each other instead")};
  beside.run = [](Session& session, const Values& values, Host&) {
    combine_stacks(session, values);
  };
  table.add(std::move(beside));
  Command behind = command("Concatenate...", "concatenate",
                           "Puts the slices of images behind each other in a new stack.",
                           "Images of one size and type, which are closed unless 'keep'.");
  behind.keys = {Key::of_text("title", "Untitled", "title of the new stack").may_be_absent(),
                 Key::flag("keep", "leave the images open"),
                 Key::flag("open", "as frames; refused"), Key::flag("all_open", "refused")};
  for (int i = 1; i <= most_images; ++i)
    behind.keys.push_back(
        Key::of_text(fmt::format("image{}", i), "", "title of an image, or -- None --")
            .may_be_absent());
  behind.check = [](const Values& values) {
    if (values.flag("open") || values.flag("all_open"))
      throw ConfigError(
          "Concatenate...: 'open' and 'all_open' are not supported; name the images as image1=, "
          "image2=");
  };
  behind.run = [](Session& session, const Values& values, Host&) { concatenate(session, values); };
  table.add(std::move(behind));
}

}  // namespace

void add_arrangement_commands(CommandTable& table) {
  add_bin(table);
  add_slice_orders(table);
  add_montage(table);
  add_unions(table);
}

}  // namespace smear::imagej
