// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/binary.h"

#include <fmt/format.h>

#include "imagej/commands/commands.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/operations/skeleton.h"

namespace smear::imagej {
namespace {

const std::vector<ImageType> binary_types{ImageType::grey8};

void require_binary(const ImagePlus& image, std::string_view command) {
  if (is_binary(image.pixels())) return;
  throw SampleError(fmt::format(
      "{} takes 8-bit images of 0 and 255, '{}' has other levels; make it binary first, "
      "with Convert to Mask",
      command, image.title));
}

std::uint8_t object_of(const Session& session) {
  return object_level(session.preferences.black_background, session.active().lut.is_inverted());
}

Morphology morphology_of(const Preferences& preferences) {
  return {preferences.binary_iterations, preferences.binary_count, preferences.pad_edges};
}

// The eight commands of Process > Binary by name. `Outline` looks at the colour table alone and
// then, with a black background, turns what it made round.
void apply(const std::string& name, const Session& session, cv::Mat& pixels,
           const cv::Rect& region) {
  const auto& preferences = session.preferences;
  const auto object = object_of(session);
  const auto how = morphology_of(preferences);
  if (name == "Erode") {
    erode(pixels, region, object, how);
  } else if (name == "Dilate") {
    dilate(pixels, region, object, how);
  } else if (name == "Open") {
    erode(pixels, region, object, how);
    dilate(pixels, region, object, how);
  } else if (name == "Close-") {
    dilate(pixels, region, object, how);
    erode(pixels, region, object, how);
  } else if (name == "Fill Holes") {
    fill_holes(pixels, object);
  } else if (name == "Outline") {
    const bool black = preferences.black_background;
    outline(pixels, region, black ? static_cast<std::uint8_t>(255 - object) : object, black);
  } else {
    skeletonize(pixels, object);
  }
}

// ImageJ's Outline fails in images one pixel wide, with a black background after it has turned them
// round, and leaves them so.
bool stumbles(const ImagePlus& image) {
  const bool within = image.roi && image.roi->is_area();
  return image.width() == 1 && image.height() > 2 && !within;
}

void run_binary(const std::string& name, Session& session, bool all_planes) {
  ImagePlus& image = session.active();
  require_binary(image, name);
  const auto object = static_cast<double>(object_of(session));
  FilterTraits traits;
  traits.keeps_threshold = true;
  if (name == "Outline" && stumbles(image)) {
    if (session.preferences.black_background)
      run_filter(session, traits, [](cv::Mat& pixels, const cv::Rect& region) {
        pixels(region) = 255 - pixels(region);
      });
    return;
  }
  traits.masked = name != "Skeletonize";
  traits.all_planes = all_planes;
  run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect& region) {
    apply(name, session, pixels, region);
  });
  if (all_planes && image.stack.size() > 1)
    image.threshold.reset();
  else
    image.threshold = Threshold{object, object, false};
}

const std::string about_objects =
    "\n\nObjects are 255 with a black background and an ordinary colour table; a white background "
    "(preference `blackBackground=false`) turns that round, and so does an inverting table. The "
    "image "
    "must hold nothing but 0 and 255.";

Command binary_command(std::string name, std::string stage, std::string summary,
                       std::string details) {
  Command command;
  command.name = std::move(name);
  command.stage = std::move(stage);
  command.summary = std::move(summary);
  command.details = std::move(details) + about_objects;
  command.types = binary_types;
  command.keys = {Key::flag("stack", "all planes of a stack rather than the current one")};
  command.run = [name = command.name](Session& session, const Values& values, Host&) {
    run_binary(name, session, values.flag("stack"));
  };
  ask_about_stack(command);
  return command;
}

void run_options(Session& session, const Values& values, Host&) {
  auto& preferences = session.preferences;
  preferences.binary_iterations = static_cast<int>(values.number("iterations"));
  preferences.binary_count = static_cast<int>(values.number("count"));
  preferences.black_background = values.flag("black");
  preferences.pad_edges = values.flag("pad");
  preferences.edm_output = values.text("edm");
  auto name = values.text("do");
  if (name == "Nothing") return;
  if (name == "Close") name = "Close-";
  if (!session.has_image()) throw SampleError("Options...: there are no images open");
  const auto type = session.active().type;
  if (type != ImageType::grey8)
    throw SampleError(fmt::format("{} takes 8-bit images, '{}' is {}", name, session.active().title,
                                  name_of(type)));
  run_binary(name, session, false);
}

Command options_command() {
  Command command;
  command.name = "Options...";
  command.stage = "binary-options";
  command.summary = "Sets how the binary commands work, and runs one of them.";
  command.details =
      "All settings are replaced: flags that are left out are switched off, `black` too. The "
      "settings "
      "hold for the rest of the run of this image.";
  command.keys = {
      Key::of_number("iterations", 1, "how often erosion and dilation are repeated")
          .range(1, 100)
          .whole(),
      Key::of_number(
          "count", 1,
          "how many of the 8 neighbours must be of the other kind for erosion and dilation "
          "to change a pixel")
          .range(1, 8)
          .whole(),
      Key::flag("black", "objects are white on black"),
      Key::flag("pad", "erosion does not eat objects from the image's edges"),
      Key::choice(
          "edm", "Overwrite", {"Overwrite", "8-bit", "16-bit", "32-bit"},
          "what distance maps, ultimate points and Voronoi diagrams become: the image itself "
          "or a new one of this type")
          .may_be_absent(),
      Key::choice(
          "do", "Nothing",
          {"Nothing", "Erode", "Dilate", "Open", "Close", "Outline", "Fill Holes", "Skeletonize"},
          "the command to run at once")
          .may_be_absent()};
  command.needs_image = false;
  command.run = run_options;
  return command;
}

}  // namespace

void add_binary_commands(CommandTable& table) {
  table.add(binary_command(
      "Erode", "erode", "Takes pixels away from the edges of objects.",
      "An object pixel with at least `count` background pixels among its 8 neighbours becomes "
      "background, `iterations` times over (see `Options...`). Outside the image is background, "
      "unless the edges are padded (`pad`)."));
  table.add(binary_command(
      "Dilate", "dilate", "Adds pixels to the edges of objects.",
      "A background pixel with at least `count` object pixels among its 8 neighbours becomes "
      "object, "
      "`iterations` times over (see `Options...`). Outside the image is background."));
  table.add(binary_command("Open", "open-objects", "Erodes and then dilates.",
                           "`iterations` erosions and then as many dilations: specks and thin "
                           "bridges go."));
  table.add(binary_command("Close-", "close-objects", "Dilates and then erodes.",
                           "`iterations` dilations and then as many erosions: small holes and gaps "
                           "are closed."));
  table.add(binary_command("Fill Holes", "fill-holes", "Fills background that objects enclose.",
                           "Background that is not joined to the image's edge over the 4 direct "
                           "neighbours becomes object."));
  table.add(binary_command(
      "Outline", "outline", "Reduces objects to their outlines.",
      "Pixels whose 8 neighbours are all of their kind are cleared; the pixels at the image's edge "
      "stay as they are. As in ImageJ 1.53t, it is the background that is outlined where "
      "`blackBackground` is true: what is left are the background pixels that touch an object, as "
      "255; images one pixel wide and more than two high are inverted, otherwise unchanged."));
  table.add(binary_command(
      "Skeletonize", "skeletonize", "Reduces objects to lines one pixel wide.",
      "Pixels are taken from the edges of objects in two alternating passes, by a table of all 256 "
      "neighbourhoods, until nothing changes; a second table then takes what is left of corners. "
      "Beyond "
      "the image is background. The whole image is thinned, whatever is selected."));
  table.add(options_command());
}

}  // namespace smear::imagej
