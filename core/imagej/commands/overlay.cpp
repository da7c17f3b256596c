// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>

#include "imagej/colour-names.h"
#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/commands/hidden-overlay.h"
#include "imagej/commands/measuring.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/roi-set.h"

namespace smear::imagej {
namespace {

constexpr std::uint32_t yellow = 0xffffff00;

// ImageJ's defaults are what the call before said, also of another image.
void remember(Session& session, const Values& values) {
  const auto now = !values.given("width")          ? AddedSelection::plain
                   : values.number("width") == 0.0 ? AddedSelection::thin
                                                   : AddedSelection::wide;
  auto& before = session.added_selection;
  if (before != AddedSelection::none && before != now)
    throw SampleError(
        "Add Selection...: ImageJ takes what is not said from the call before; give all calls "
        "stroke, width and fill, with widths of 0 or all above 0, or none of them any option");
  before = now;
}

std::uint32_t colour_of(const Values& values, const char* key) {
  const std::string& text = values.text(key);
  const auto colour = colour_named(text);
  if (!colour && text != "none")
    throw ConfigError(fmt::format(
        "Add Selection...: {} is a colour (red, #rrggbb, #aarrggbb) or none, got '{}'", key, text));
  return colour.value_or(0);
}

void check_addition(const Values& values) {
  const bool styled = values.given("stroke");
  if (styled != values.given("width") || styled != values.given("fill"))
    throw ConfigError(
        "Add Selection... takes stroke, width and fill together, or none of them: ImageJ would "
        "take the others from the call before");
  if (!styled) return;
  for (const char* key : {"stroke", "fill"}) static_cast<void>(colour_of(values, key));
  if (values.number("width") < 0.0)
    throw ConfigError("Add Selection...: width is 0 pixels or more");
}

void add_selection(Session& session, const Values& values) {
  ImagePlus& image = session.active();
  if (!image.roi)
    throw SampleError(fmt::format("Add Selection...: '{}' has no selection; select something first",
                                  image.title));
  remember(session, values);
  Roi roi = *image.roi;
  roi.shared = {};
  if (values.given("stroke")) {
    roi.stroke_colour = colour_of(values, "stroke");
    roi.set_stroke_width(values.number("width"));
    roi.fill_colour = colour_of(values, "fill");
  }
  if (roi.stroke_colour == 0) roi.stroke_colour = yellow;
  if (values.flag("new")) {
    roi.name = "new-overlay";
    image.overlay.clear();
  }
  image.overlay.push_back(std::move(roi));
  show_overlay(session);
}

void from_manager(Session& session) {
  const auto& rois = session.roi_manager.rois;
  if (rois.empty()) throw SampleError("From ROI Manager: the ROI Manager is empty");
  ImagePlus& image = session.active();
  for (const auto& roi : rois) {
    image.overlay.push_back(roi);
    image.overlay.back().shared = {};
  }
  auto& first = image.overlay.front();
  const Roi styled = show_all_overlay({first}, session.roi_manager.labels).front();
  first.options = styled.options;
  first.label_colour = styled.label_colour;
  image.roi.reset();
  show_overlay(session);
}

// What it says of the whole overlay.
void take_style_of_overlay(Roi& first) {
  constexpr unsigned labels_names_backgrounds_bold = 8 | 16 | 32 | 64;
  first.options &= static_cast<std::uint16_t>(~labels_names_backgrounds_bold);
  first.label_colour = 0;
  first.label_font_size = 0;
}

void to_manager(Session& session) {
  ImagePlus& image = session.active();
  if (image.overlay.empty())
    throw SampleError(fmt::format("To ROI Manager: '{}' has no overlay", image.title));
  auto& manager = session.roi_manager;
  manager = RoiManager();
  manager.show_all = true;
  for (auto& roi : image.overlay) {
    const auto number = manager.rois.size() + 1;
    if (number == 1) take_style_of_overlay(roi);
    if (roi.name.empty()) {
      roi.name = fmt::format("{:04}-{:04}", number, roi.bounds.y + roi.bounds.height / 2);
    } else {
      // The list shows another name than the selection keeps, and is measured by.
      const auto bytes = encode_roi(roi);
      const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
      roi.stored.assign(data, data + bytes.size());
      roi.name = fmt::format("{}-{}", number, roi.name);
    }
    roi.shared = {};
    manager.rois.push_back(std::move(roi));
  }
  image.overlay.clear();
  image.roi.reset();
  show_overlay(session);
}

}  // namespace

void add_overlay_commands(CommandTable& table) {
  const auto add = [&](const char* name, const char* stage, const char* summary,
                       const char* details, void (*function)(Session&)) {
    Command overlay = command(name, stage, summary, details);
    overlay.run = [function](Session& session, const Values&, Host&) { function(session); };
    table.add(std::move(overlay));
  };
  Command adding = command(
      "Add Selection...", "add-selection", "Adds the selection to the image's overlay.",
      "The selection stays. One without a colour of its own gets yellow lines on the overlay. "
      "stroke, width and fill are given together, or none of them.");
  adding.keys = {
      Key::of_text("stroke", "", "colour of its lines; none: yellow").may_be_absent(),
      Key::of_number(
          "width", -1.0,
          "of its lines; 0: as the screen draws them; -1: like stroke and fill, not given",
          "pixels")
          .range(-1.0, 1000.0)
          .may_be_absent(),
      Key::of_text("fill", "", "colour that fills it; none: not filled").may_be_absent(),
      Key::flag("new", "removes what was on the overlay")};
  adding.check = check_addition;
  adding.run = [](Session& session, const Values& values, Host&) {
    add_selection(session, values);
  };
  table.add(std::move(adding));
  add("Measure Overlay", "measure-overlay", "Measures all that is on the image's overlay.",
      "A row each, as Measure adds it.", measure_overlay_of);
  add("Remove Overlay", "remove-overlay", "Removes the image's overlay.", "The pixels stay.",
      [](Session& session) {
        session.active().overlay.clear();
        show_overlay(session);
      });
  add("Show Overlay", "show-overlay", "Shows an overlay that was hidden.",
      "What is saved has the overlay again.", show_overlay);
  add("Hide Overlay", "hide-overlay", "Hides the overlay: what is saved is without it.",
      "It comes back by Show Overlay, and where something is added to it.", hide_overlay);
  add("From ROI Manager", "from-roi-manager",
      "Adds what the ROI Manager holds to the image's overlay.",
      "The ROI Manager keeps it; the image's selection is removed.", from_manager);
  add("To ROI Manager", "to-roi-manager", "Moves the image's overlay into the ROI Manager.",
      "What was in there before is removed, and so is the image's selection. Entries get their "
      "number in front of their name, or NUMBER-Y of their centre.",
      to_manager);
}

}  // namespace smear::imagej
