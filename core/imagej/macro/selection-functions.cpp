// SPDX-License-Identifier: Apache-2.0
// Colours, lines, names and properties of selections, what is on overlays, and the ROI Manager.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <sstream>
#include <vector>

#include "imagej/colour-names.h"
#include "imagej/command.h"
#include "imagej/commands/hidden-overlay.h"
#include "imagej/commands/measuring.h"
#include "imagej/macro/functions.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;

// Of an overlay's first selection: that the whole overlay has labels.
constexpr std::uint16_t overlay_labels = 8;
// Of a selection's options: its lines grow with the image.
constexpr std::uint16_t scaled_stroke = 8192;
// A group's colour where ImageJ has no colour tables in its folder.
constexpr std::uint32_t group_colour = 0xffffff00;

ImagePlus& image_of(const BuiltinCall& call) { return call.session.active(); }

Roi& roi_of(const BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  if (!image.roi) throw ValueError(fmt::format("{}: the image has no selection", call.name));
  return *image.roi;
}

// Changes the image's selection, and what is the same object.
Value change(const BuiltinCall& call, const std::function<void(Roi&)>& how) {
  call.session.for_each_same(roi_of(call), how);
  return 0.0;
}

double size_at(const BuiltinCall& call, std::size_t i) {
  const double value = call.number(i);
  if (!(value >= 0.0 && value <= 1e6))
    throw ValueError(fmt::format("{}: a width is 0..1000000 pixels, got {}", call.name, value));
  return static_cast<float>(value);
}

// One argument, a text or 0xRRGGBB, or three, red, green and blue. 0 for a text that is no colour.
std::uint32_t colour_at(const BuiltinCall& call, std::size_t first) {
  if (call.count() == 2) throw ValueError(fmt::format("{} takes 1 or 3 arguments", call.name));
  const auto part = [&](std::size_t i, double most) {
    const double value = call.number(i);
    if (!(value >= 0.0 && value <= most && value == std::floor(value)))
      throw ValueError(
          fmt::format("{}: a colour's number is 0..{}, got {}", call.name, most, value));
    return static_cast<std::uint32_t>(value);
  };
  if (call.count() == 3)
    return 0xff000000U | part(0, 255) << 16U | part(1, 255) << 8U | part(2, 255);
  if (call.arguments[first].is_number()) return 0xff000000U | part(first, 0xffffff);
  return colour_named(call.text(first)).value_or(0);
}

Value set_stroke_colour(BuiltinCall& call) {
  const auto colour = colour_at(call, 0);
  return change(call, [&](Roi& roi) { roi.stroke_colour = colour; });
}

Value set_fill_colour(BuiltinCall& call) {
  const auto colour = colour_at(call, 0);
  return change(call, [&](Roi& roi) { roi.fill_colour = colour; });
}

Value set_stroke_width(BuiltinCall& call) {
  const double width = size_at(call, 0);
  return change(call, [&](Roi& roi) { roi.set_stroke_width(width); });
}

Value set_unscaled_width(BuiltinCall& call) {
  const double width = size_at(call, 0);
  return change(call, [&](Roi& roi) {
    roi.set_stroke_width(width);
    roi.options &= static_cast<std::uint16_t>(~scaled_stroke);
  });
}

Value set_name(BuiltinCall& call) {
  const std::string name = call.text(0);
  const int object = roi_of(call).shared.number;
  if (object != 0)
    for (const auto& roi : call.session.roi_manager.rois)
      if (roi.shared.number == object)
        throw ValueError(fmt::format("{}: the ROI Manager shows this selection on the image, and "
                                     "would list it by its old name",
                                     call.name),
                         "roiManager(\"rename\", name)");
  return change(call, [&](Roi& roi) { roi.name = name; });
}

Value set_group(BuiltinCall& call) {
  const double group = call.number(0);
  if (!(group >= 0.0 && group <= 255.0 && group == std::floor(group)))
    throw ValueError(fmt::format("Roi.setGroup: a group is 0..255, got {}", group));
  return change(call, [&](Roi& roi) {
    roi.group = static_cast<int>(group);
    roi.stroke_colour = roi.group > 0 ? group_colour : 0;
  });
}

// ----- properties: "key: value" lines in the order of their keys

std::map<std::string, std::string> properties_of(const Roi& roi) {
  std::map<std::string, std::string> result;
  std::istringstream lines(roi.properties);
  for (std::string line; std::getline(lines, line);)
    if (const auto colon = line.find(": "); colon != std::string::npos)
      result[line.substr(0, colon)] = line.substr(colon + 2);
  return result;
}

Value set_property(BuiltinCall& call) {
  const std::string key = call.text(0);
  const std::string value = call.text(1);
  if (key.empty() || key.find_first_of(": =#!\n\\") != std::string::npos ||
      value.find_first_of("\n\\") != std::string::npos)
    throw ValueError(
        "Roi.setProperty: keys without blanks and signs, and values of one line, are "
        "supported");
  return change(call, [&](Roi& roi) {
    auto all = properties_of(roi);
    if (value.empty())
      all.erase(key);
    else
      all[key] = value;
    roi.properties.clear();
    for (const auto& [name, text] : all) roi.properties += name + ": " + text + "\n";
  });
}

Value get_property(BuiltinCall& call) {
  const auto all = properties_of(roi_of(call));
  const auto found = all.find(call.text(0));
  return found == all.end() ? "" : found->second;
}

Value set_position(BuiltinCall& call) {
  if (call.count() == 2) throw ValueError("Roi.setPosition takes 1 or 3 arguments");
  std::array<int, 3> at{};
  for (std::size_t i = 0; i < call.count(); ++i) {
    const double value = call.number(i);
    if (!(value >= 0.0 && value <= 1e6 && value == std::floor(value)))
      throw ValueError(fmt::format("Roi.setPosition: a position is 0..1000000, got {}", value));
    at[i] = static_cast<int>(value);
  }
  const bool one = call.count() == 1;
  return change(call, [&](Roi& roi) {
    roi.position = one ? at[0] : 0;
    roi.channel = one ? 0 : at[0];
    roi.slice = at[1];
    roi.frame = at[2];
  });
}

// ----- overlays

// What the overlay's first selection says of the whole of it stays with the first.
struct OverlayStyle {
  std::uint16_t options = 0;
  std::uint32_t colour = 0;
  int size = 0;
};
constexpr std::uint16_t overlay_options = 8 | 16 | 32 | 64;

OverlayStyle style_of(const ImagePlus& image) {
  if (image.overlay.empty()) return {};
  const Roi& first = image.overlay.front();
  return {static_cast<std::uint16_t>(first.options & overlay_options), first.label_colour,
          first.label_font_size};
}

void set_style(ImagePlus& image, const OverlayStyle& style) {
  if (image.overlay.empty()) return;
  Roi& first = image.overlay.front();
  first.options |= style.options;
  first.label_colour = style.colour;
  first.label_font_size = style.size;
}

std::vector<Roi>& overlay_of(const BuiltinCall& call) {
  auto& overlay = image_of(call).overlay;
  if (overlay.empty()) throw ValueError(fmt::format("{}: the image has no overlay", call.name));
  return overlay;
}

std::size_t index_at(const BuiltinCall& call, std::size_t argument, std::size_t count) {
  const double index = call.number(argument);
  if (!(index >= 0.0 && index < static_cast<double>(count) && index == std::floor(index)))
    throw ValueError(fmt::format("{}: index {} of {} selections", call.name, index, count));
  return static_cast<std::size_t>(index);
}

// The selection itself, which the overlay then shares with the image. What is no colour is black.
Value add_to_overlay(BuiltinCall& call) {
  const bool coloured = call.count() > 0 && !call.text(0).empty();
  const auto stroke = coloured ? colour_named(call.text(0)).value_or(0xff000000U) : 0U;
  const bool wide = call.count() > 1;
  const double width = wide ? size_at(call, 1) : 0.0;
  const bool filled = call.count() > 2 && !call.text(2).empty();
  const auto fill = filled ? colour_named(call.text(2)).value_or(0xff000000U) : 0U;
  Roi& roi = roi_of(call);
  call.session.object_of(roi);
  call.session.for_each_same(roi, [&](Roi& one) {
    if (coloured) {
      one.stroke_colour = stroke;
      one.fill_colour = 0;
    }
    if (wide) one.set_stroke_width(width);
    if (filled) one.fill_colour = fill;
  });
  image_of(call).overlay.push_back(roi);
  show_overlay(call.session);
  return 0.0;
}

Value overlay_stroke_colour(BuiltinCall& call) {
  const auto colour = colour_at(call, 0);
  if (colour == 0)
    throw ValueError(fmt::format("Overlay.setStrokeColor: '{}' is no colour", call.text(0)),
                     "write a name (red) or #rrggbb");
  for (auto& roi : image_of(call).overlay)
    call.session.for_each_same(roi, [&](Roi& one) { one.stroke_colour = colour; });
  return 0.0;
}

Value overlay_stroke_width(BuiltinCall& call) {
  const double width = size_at(call, 0);
  for (auto& roi : image_of(call).overlay)
    call.session.for_each_same(roi, [&](Roi& one) { one.set_stroke_width(width); });
  return 0.0;
}

Value draw_labels(BuiltinCall& call) {
  Roi& first = overlay_of(call).front();
  if (truth_of(call.arguments[0]))
    first.options |= overlay_labels;
  else
    first.options &= static_cast<std::uint16_t>(~overlay_labels);
  return 0.0;
}

Value label_colour(BuiltinCall& call) {
  Roi& first = overlay_of(call).front();
  first.options |= overlay_labels;
  first.label_colour = colour_at(call, 0);
  return 0.0;
}

Value label_font_size(BuiltinCall& call) {
  const double size = call.number(0);
  if (!(size >= 1.0 && size <= 500.0 && size == std::floor(size)))
    throw ValueError(fmt::format("Overlay.setLabelFontSize: a size is 1..500, got {}", size));
  Roi& first = overlay_of(call).front();
  first.options |= overlay_labels;
  first.label_font_size = static_cast<int>(size);
  return 0.0;
}

Value remove_from_overlay(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  const auto index = index_at(call, 0, image.overlay.size());
  const auto style = style_of(image);
  image.overlay.erase(image.overlay.begin() + static_cast<std::ptrdiff_t>(index));
  if (index == 0) set_style(image, style);
  return 0.0;
}

Value activate(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  auto& chosen = image.overlay[index_at(call, 0, image.overlay.size())];
  call.session.object_of(chosen);
  image.roi = chosen;
  image.roi->options &= static_cast<std::uint16_t>(~overlay_options);
  return 0.0;
}

Value move_in_overlay(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  Roi& chosen = image.overlay[index_at(call, 0, image.overlay.size())];
  const cv::Point to(java_int(call.number(1)), java_int(call.number(2)));
  if (call.number(1) != to.x || call.number(2) != to.y)
    throw ValueError("selections are moved by whole pixels");
  const cv::Point by = to - chosen.bounds.tl();
  call.session.for_each_same(chosen, [&](Roi& roi) { roi = translated(std::move(roi), by); });
  return 0.0;
}

Value overlay_bounds(BuiltinCall& call) {
  const auto& overlay = image_of(call).overlay;
  const auto& box = overlay[index_at(call, 0, overlay.size())].bounds;
  const std::array<int, 4> values = {box.x, box.y, box.width, box.height};
  for (std::size_t i = 0; i < 4; ++i) call.arguments[i + 1] = values[i];
  return 0.0;
}

Value measure_overlay(BuiltinCall& call) {
  // Unlike the command, which adds to it, the function begins a new table.
  call.session.clear_results();
  measure_overlay_of(call.session);
  return 0.0;
}

// ----- the ROI Manager

Value manager_name(BuiltinCall& call) {
  const auto& rois = call.session.roi_manager.rois;
  return rois[index_at(call, 0, rois.size())].name;
}

Value manager_index(BuiltinCall& call) {
  const auto& rois = call.session.roi_manager.rois;
  const auto found = std::ranges::find(rois, call.text(0), &Roi::name);
  return found == rois.end() ? -1.0 : static_cast<double>(found - rois.begin());
}

// A command of roiManager with its arguments.
Value command_of_manager(const BuiltinCall& call, const char* what,
                         const std::vector<std::string>& arguments) {
  const Command& manager = *CommandTable::instance().find("roiManager", Command::Form::function);
  Values values = defaults_of(manager);
  values.set(manager.keys[0].name, std::string(what));
  for (std::size_t i = 0; i < arguments.size(); ++i)
    values.set(manager.keys[i + 1].name, arguments[i]);
  if (manager.check) manager.check(values);
  execute(manager, call.session, values, call.host);
  return 0.0;
}

Value select(BuiltinCall& call) { return command_of_manager(call, "select", {call.text(0)}); }

Value select_by_name(BuiltinCall& call) {
  const double index = number_of(manager_index(call));
  if (index < 0.0) throw ValueError(fmt::format("the ROI Manager has no '{}'", call.text(0)));
  return command_of_manager(call, "select", {fmt::format("{}", index)});
}

Value translate(BuiltinCall& call) {
  return command_of_manager(call, "translate", {call.text(0), call.text(1)});
}

}  // namespace

void add_selection_functions(std::vector<Builtin>& all) {
  const auto ask = [&](const char* name, int least, int most, unsigned outs,
                       Value (*run)(BuiltinCall&)) {
    Builtin& one = add_builtin(all, name, least, most, run);
    one.when = When::state;
    one.outs = outs;
  };
  ask("Roi.getStrokeColor", 0, 0, 0,
      [](BuiltinCall& c) { return Value(name_of_colour(roi_of(c).stroke_colour)); });
  ask("Roi.getFillColor", 0, 0, 0,
      [](BuiltinCall& c) { return Value(name_of_colour(roi_of(c).fill_colour)); });
  ask("Roi.getStrokeWidth", 0, 0, 0, [](BuiltinCall& c) { return Value(roi_of(c).stroke_width); });
  ask("Roi.getGroup", 0, 0, 0,
      [](BuiltinCall& c) { return Value(static_cast<double>(roi_of(c).group)); });
  ask("Roi.getProperty", 1, 1, 0, get_property);
  ask("Roi.getProperties", 0, 0, 0, [](BuiltinCall& c) { return Value(roi_of(c).properties); });
  ask("Overlay.hidden", 0, 0, 0,
      [](BuiltinCall& c) { return Value(is_overlay_hidden(c.session, image_of(c))); });
  ask("Overlay.getBounds", 5, 5, 0b11110, overlay_bounds);
  ask("RoiManager.getName", 1, 1, 0, manager_name);
  ask("RoiManager.getIndex", 1, 1, 0, manager_index);
  ask("RoiManager.selected", 0, 0, 0, [](BuiltinCall& c) {
    return Value(static_cast<double>(c.session.roi_manager.selected.size()));
  });
  const auto effect = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add_image_effect(all, name, least, most, run);
  };
  effect("Roi.setStrokeColor", 1, 3, set_stroke_colour);
  effect("Roi.setFillColor", 1, 3, set_fill_colour);
  effect("Roi.setStrokeWidth", 1, 1, set_stroke_width);
  effect("Roi.setUnscalableStrokeWidth", 1, 1, set_unscaled_width);
  effect("Roi.setName", 1, 1, set_name);
  effect("setSelectionName", 1, 1, set_name);
  effect("Roi.setGroup", 1, 1, set_group);
  effect("Roi.setProperty", 2, 2, set_property);
  effect("Roi.setPosition", 1, 3, set_position);
  effect("Overlay.addSelection", 0, 3, add_to_overlay);
  effect("Overlay.setStrokeColor", 1, 3, overlay_stroke_colour);
  effect("Overlay.setStrokeWidth", 1, 1, overlay_stroke_width);
  effect("Overlay.drawLabels", 1, 1, draw_labels);
  effect("Overlay.setLabelColor", 1, 3, label_colour);
  effect("Overlay.setLabelFontSize", 1, 1, label_font_size);
  effect("Overlay.removeSelection", 1, 1, remove_from_overlay);
  effect("Overlay.activateSelection", 1, 1, activate);
  effect("Overlay.moveSelection", 3, 3, move_in_overlay);
  effect("Overlay.measure", 0, 0, measure_overlay);
  for (const char* name : {"Overlay.remove", "Overlay.clear"})
    effect(name, 0, 0, [](BuiltinCall& c) {
      image_of(c).overlay.clear();
      show_overlay(c.session);
      return Value(0.0);
    });
  effect("Overlay.show", 0, 0, [](BuiltinCall& c) {
    show_overlay(c.session);
    return Value(0.0);
  });
  effect("Overlay.hide", 0, 0, [](BuiltinCall& c) {
    hide_overlay(c.session);
    return Value(0.0);
  });
  effect("RoiManager.select", 1, 1, select);
  effect("RoiManager.selectByName", 1, 1, select_by_name);
  effect("RoiManager.translate", 2, 2, translate);
}

}  // namespace smear::imagej
