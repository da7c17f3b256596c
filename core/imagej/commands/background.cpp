// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "imagej/commands/commands.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/operations/subtract-background.h"

namespace smear::imagej {
namespace {

constexpr const char* details =
    "Works on the whole image, whatever is selected, in 32-bit float. Afterwards the display range "
    "is 0..255, or that of the data for 16-bit and 32-bit images, and no threshold is set.\n\n"
    "**Where the background is bright** (`light`, or an inverting colour table, but not both) the "
    "pixels are negated before and after, and the result is 255, or 65535, plus pixel minus "
    "background; otherwise pixel minus background. Both are rounded and cut to the range of the "
    "type.\n\n"
    "**Rolling ball.** The image is smoothed by a mean of three pixels along x, then along y, "
    "unless "
    "`disable` is given. It is then shrunk by 1 for radii up to 10, by 2 up to 30, by 4 up to 100 "
    "and "
    "by 8 above, taking the minimum of each block. A ball of the radius divided by that factor, "
    "cut "
    "off at 24 per cent of it (radius up to 30), 32 (up to 100) or 40 per cent from the sides, is "
    "pushed up from below at every pixel until it touches; what it reaches at most is the "
    "background, "
    "which is enlarged again by linear interpolation.\n\n"
    "**Sliding paraboloid** (`sliding`). Unless `disable` is given, the maximum of 3x3 and then "
    "the "
    "mean of 3x3 pixels is taken, and the mean rise by the former is taken off the background at "
    "the "
    "end. Corner pixels are lowered to what the border lines and the diagonal that end there let "
    "expect. Parabolas of the curvature 1/`rolling` then slide under all rows, columns, rows "
    "again, "
    "falling diagonals, rising diagonals and falling diagonals again.\n\n"
    "**RGB.** The background of the brightness (the largest of the three channels) is removed; hue "
    "and "
    "saturation stay, rounded to bytes, which changes colours a little even where the background "
    "is "
    "0. With `separate` each channel is treated by itself.\n\n"
    "Refused: images that the ball's shrinking would make one pixel wide; 32-bit images with NaN "
    "or "
    "infinite pixels together with `sliding`; and `sliding` for ImageJ 1.54t and later, which has "
    "another paraboloid.";

void check_paraboloid(const Session& session) {
  const auto& preferences = session.preferences;
  if (preferences.version_hundredths > 153 && preferences.version_letter >= 't')
    throw SampleError(
        "Subtract Background... with 'sliding' is that of ImageJ before 1.54t: choose 1.53t as the "
        "version of ImageJ, or leave 'sliding' out");
  const auto& image = session.active();
  for (const auto& slice : image.stack)
    if (!cv::checkRange(slice.pixels))
      throw SampleError(
          fmt::format("Subtract Background... with 'sliding' needs finite pixels, and '{}' has "
                      "some that are NaN "
                      "or infinite: replace them, or leave 'sliding' out",
                      image.title));
}

void run(Session& session, const Values& values, Host& /*host*/) {
  auto& image = session.active();
  BackgroundModel model;
  model.radius = values.number("rolling");
  model.light = values.flag("light") != image.lut.is_inverted();
  model.paraboloid = values.flag("sliding");
  model.smooth = !values.flag("disable");
  if (model.paraboloid) check_paraboloid(session);
  run_filter(session, {.whole_image = true, .all_planes = values.flag("stack")},
             [&](cv::Mat& plane, const cv::Rect&) {
               subtract_background(plane, model, values.flag("create"), values.flag("separate"));
             });
  image.reset_display_range();
  image.threshold.reset();
}

Command subtract_background_command() {
  Command command;
  command.name = "Subtract Background...";
  command.stage = "subtract-background";
  command.summary =
      "Removes a smooth background, found by rolling a ball or sliding a paraboloid under the "
      "image.";
  command.details = details;
  command.keys = {
      Key::of_number("rolling", 50.0,
                     "Radius of the ball, or of the paraboloid's curvature: at least that of the "
                     "largest object that is not background.",
                     "pixels")
          .range(0.01, 10000.0)
          .may_be_absent(),
      Key::flag("light", "The background is brighter than the objects.").was("white"),
      Key::flag("separate", "RGB images: each channel by itself, rather than the brightness."),
      Key::flag("create", "Leaves the background rather than the image without it."),
      Key::flag("sliding", "Slides a paraboloid rather than rolling a ball."),
      Key::flag("disable", "Does not smooth the image before its background is searched for."),
      Key::flag("stack", "Works on every plane of the stack rather than on the current one.")};
  command.run = run;
  return command;
}

}  // namespace

void add_background_commands(CommandTable& table) { table.add(subtract_background_command()); }

}  // namespace smear::imagej
