// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imagej/colour-names.h"
#include "imagej/commands/commands.h"
#include "imagej/commands/measuring.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/roi-set.h"
#include "imagej/letters.h"
#include "imagej/operations/selection-outlines.h"

namespace smear::imagej {
namespace {

constexpr std::array<std::string_view, 24> actions = {"reset",
                                                      "Add",
                                                      "Deselect",
                                                      "Select",
                                                      "Delete",
                                                      "Measure",
                                                      "Save",
                                                      "Save selected",
                                                      "Open",
                                                      "Rename",
                                                      "Update",
                                                      "Combine",
                                                      "AND",
                                                      "XOR",
                                                      "Sort",
                                                      "Translate",
                                                      "Set Color",
                                                      "Set Fill Color",
                                                      "Set Line Width",
                                                      "Show All",
                                                      "Show All with labels",
                                                      "Show None",
                                                      "Multi Measure",
                                                      "Show All without labels"};

std::string text_of(const Values& values, const char* key) {
  const auto& value = values.all().find(key)->second;
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

// "2", or "0,3,4" of several.
std::vector<std::size_t> indices_in(const std::string& text, std::size_t count) {
  std::vector<std::size_t> result;
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto comma = std::min(text.find(',', at), text.size());
    const char* first = text.data() + at;
    const char* last = text.data() + comma;
    while (first != last && *first == ' ') ++first;
    int index = -1;
    const auto [end, error] = std::from_chars(first, last, index);
    if (error != std::errc() || end != last)
      throw ConfigError(
          fmt::format("roiManager(\"select\", ...) takes an index, or several with "
                      "commas between, got '{}'",
                      text));
    if (index < 0 || static_cast<std::size_t>(index) >= count)
      throw SampleError(fmt::format("roiManager: index {} of {} selections", index, count));
    result.push_back(static_cast<std::size_t>(index));
    at = comma + 1;
  }
  return result;
}

// What commands act on: what is selected in the list, or else all of it.
std::vector<std::size_t> chosen(const RoiManager& manager) {
  if (!manager.selected.empty()) return manager.selected;
  std::vector<std::size_t> all(manager.rois.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

void need_some(const RoiManager& manager, std::string_view action) {
  if (manager.rois.empty())
    throw SampleError(fmt::format("roiManager(\"{}\"): the ROI Manager is empty", action));
}

std::string list_label(const Roi& roi, const ImagePlus& image) {
  const int y = roi.bounds.y + roi.bounds.height / 2;
  const int x = roi.bounds.x + roi.bounds.width / 2;
  if (image.stack.size() > 1)
    return fmt::format("{:04}-{:04}-{:04}", image.current + 1, std::max(0, y), std::max(0, x));
  return fmt::format("{:04}-{:04}", std::max(0, y), std::max(0, x));
}

// With the name that its file has inside, which ImageJ measures and selects by; the list shows that
// of the zip's entry, which must be the only one of its kind.
Roi by_its_own_name(Roi roi) {
  if (roi.stored.empty()) return roi;
  if (auto name = decode_roi(std::as_bytes(std::span(roi.stored))).name; !name.empty())
    roi.name = std::move(name);
  return roi;
}

// "none" is black here, as all that is no colour.
std::uint32_t colour_of(const std::string& text) {
  const auto colour = colour_named(text);
  if (!colour)
    throw ConfigError(
        fmt::format("roiManager knows no colour '{}'; write a name (red) or #rrggbb", text));
  return *colour;
}

double number_of(const Values& values, const char* key) {
  const std::string text = text_of(values, key);
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    throw ConfigError(
        fmt::format("roiManager(\"{}\") takes a number, got '{}'", values.text("command"), text));
  return number;
}

void add(Session& session, const Values& values) {
  auto& image = session.active();
  if (!image.roi) throw SampleError("roiManager(\"Add\"): the image has no selection");
  Roi roi = *image.roi;
  roi.shared = {};
  if (roi.name.empty()) {
    roi.name = list_label(roi, image);
    session.for_each_same(*image.roi, [&](Roi& one) { one.name = roi.name; });
  }
  if (by_its_own_name(roi).name != roi.name) roi.stored.clear();  // named anew
  if (image.stack.size() > 1) roi.position = image.current + 1;
  if (!values.text("argument").empty()) roi.stroke_colour = colour_of(values.text("argument"));
  if (values.given("more")) roi.set_stroke_width(number_of(values, "more"));
  session.roi_manager.rois.push_back(std::move(roi));
  if (session.roi_manager.show_all) show_all_on(session, image);
}

// The plane that a selection of the list belongs to: its own of a stack, else the current one.
int plane_of(const ImagePlus& image, const Roi& roi) {
  const int planes = static_cast<int>(image.stack.size());
  if (planes == 1) return image.current;
  const bool hyperstack = (image.channels > 1) + (image.slices > 1) + (image.frames > 1) > 1;
  const bool placed = roi.channel != 0 || roi.slice != 0 || roi.frame != 0;
  const bool together = image.mode == "composite" && roi.position != 0;
  if (placed ||
      (hyperstack && (together || (roi.position != 0 && roi.position != image.current + 1))))
    throw SampleError(fmt::format(
        "roiManager: '{}' belongs to one plane of '{}', a hyperstack, which is not supported; use "
        "\"Split Channels\" or \"Duplicate...\" before it is added",
        roi.name, image.title));
  return roi.position > 0 && roi.position <= planes ? roi.position - 1 : image.current;
}

void select(Session& session, const std::string& argument) {
  auto& manager = session.roi_manager;
  manager.selected = indices_in(argument, manager.rois.size());
  if (!session.has_image() || manager.selected.size() != 1) return;
  Roi& chosen = manager.rois[manager.selected.front()];
  auto& image = session.active();
  image.show(plane_of(image, chosen));
  if (manager.show_all) session.object_of(chosen);
  image.roi = by_its_own_name(chosen);
  if (!manager.show_all) image.roi->shared = {};
}

void remove(RoiManager& manager) {
  auto gone = chosen(manager);
  std::ranges::sort(gone, std::greater<>());
  gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
  for (const std::size_t index : gone)
    manager.rois.erase(manager.rois.begin() + static_cast<std::ptrdiff_t>(index));
  manager.selected.clear();
}

// Measuring leaves selected on the image what was measured, if that is one.
void leave_selected(Session& session, const std::vector<std::size_t>& which) {
  const auto& manager = session.roi_manager;
  auto& image = session.active();
  image.roi.reset();
  if (which.size() != 1) return;
  image.roi = by_its_own_name(manager.rois[which.front()]);
  if (!manager.show_all) image.roi->shared = {};
}

void measure(Session& session) {
  if (session.roi_manager.rois.empty()) return;
  begin_measuring(session);
  auto& image = session.active();
  const int shown = image.current;
  const auto measured = chosen(session.roi_manager);
  for (const std::size_t index : measured) {
    const Roi roi = by_its_own_name(session.roi_manager.rois[index]);
    image.show(plane_of(image, roi));
    measure_selection(session, &roi);
    image.show(shown);
  }
  // ImageJ selects each, and nothing at the end where there were several.
  leave_selected(session, measured);
  session.show_results();
}

// "Multi Measure", "multi-measure measure_all": with words behind it that say how.
bool is_multi_measure(const std::string& action) {
  return action.starts_with("multi measure") || action.starts_with("multi-measure");
}

// All measurements of one selection in one row of a table of its own.
ResultsTable measured_alone(Session& session, const Roi& roi) {
  ResultsTable others = std::exchange(session.results, ResultsTable());
  session.results.nan_empty = others.nan_empty;
  try {
    measure_selection(session, &roi);
  } catch (...) {
    session.results = std::move(others);
    throw;
  }
  return std::exchange(session.results, std::move(others));
}

// One row, whose columns have the number of the selection behind their name. On their way into it,
// ImageJ makes the numbers floats.
void measure_in_a_row(Session& session, const std::vector<std::size_t>& which) {
  auto& table = session.results;
  add_measured_row(session, table, measurement_label(session.active(), nullptr));
  int number = 0;
  for (const std::size_t index : which) {
    ++number;
    const auto row = measured_alone(session, by_its_own_name(session.roi_manager.rois[index]));
    if (row.rows() != 1)
      throw SampleError(
          "roiManager(\"Multi Measure\"): points give several rows; say measure_all, or measure "
          "them alone");
    for (const auto& heading : row.headings())
      table.add(heading + std::to_string(number),
                static_cast<float>(std::get<double>(*row.get(heading, 0))));
  }
}

// As ImageJ does it: begins a new table, whatever is in Results.
void multi_measure(Session& session, const std::string& action) {
  auto& manager = session.roi_manager;
  need_some(manager, "Multi Measure");
  auto& image = session.active();
  if (image.stack.size() > 1)
    throw SampleError("roiManager(\"Multi Measure\") of stacks is not supported");
  session.clear_results();
  const auto which = chosen(manager);
  if (action.ends_with("measure_all")) {
    for (const std::size_t index : which) {
      image.roi = by_its_own_name(manager.rois[index]);
      image.roi->shared = {};
      measure_selection(session, &*image.roi);
    }
  } else {
    measure_in_a_row(session, which);
    leave_selected(session, session.roi_manager.selected);
  }
  session.show_results();
}

std::size_t only_one(const RoiManager& manager, std::string_view action) {
  if (manager.selected.size() != 1)
    throw SampleError(fmt::format(
        "roiManager(\"{}\") takes one selection: roiManager(\"select\", index) before", action));
  return manager.selected.front();
}

void update(Session& session) {
  auto& manager = session.roi_manager;
  const std::size_t index = only_one(manager, "Update");
  auto& image = session.active();
  if (!image.roi) throw SampleError("roiManager(\"Update\"): the image has no selection");
  image.roi->name = manager.rois[index].name;
  manager.rois[index] = *image.roi;
  manager.rois[index].stored.clear();
  manager.rois[index].shared = {};
}

// Whether an area is the same as its pixels: joined areas are then made of their masks.
bool is_of_pixels(const Roi& roi) {
  if (roi.type == RoiType::rectangle || roi.type == RoiType::oval) return true;
  if (!roi.is_area()) return false;
  for (const auto& polygon : polygons_of(roi))
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const auto& a = polygon[i];
      const auto& b = polygon[i + 1 == polygon.size() ? 0 : i + 1];
      if ((a.x != b.x && a.y != b.y) || a.x != std::floor(a.x) || a.y != std::floor(a.y))
        return false;
    }
  return true;
}

// As joined areas come out of ImageJ: rectangles as such.
std::optional<Roi> joined(const cv::Mat& mask, cv::Point origin) {
  auto outlines = separate_outlines(mask, origin);
  if (outlines.empty()) return std::nullopt;
  if (outlines.size() > 1) return Roi::composite(outlines);
  Roi roi = Roi::polygon(RoiType::traced, std::move(outlines.front()));
  return roi.points.size() == 4 ? made_of_integers(Roi::rectangle(roi.bounds)) : roi;
}

void join(Session& session, const std::string& action) {
  auto& manager = session.roi_manager;
  auto& image = session.active();
  auto which = chosen(manager);
  if (action == "combine" && manager.rois.size() == 1 && manager.selected.empty()) {
    image.roi = by_its_own_name(manager.rois.front());
    image.roi->shared = {};
    return;
  }
  if (which.size() < 2)
    throw SampleError(
        fmt::format("roiManager(\"{}\") takes two or more selections, and {} {} chosen: select "
                    "several, or roiManager(\"deselect\") for all",
                    action == "combine" ? "Combine" : upper_case(action), which.size(),
                    which.size() == 1 ? "is" : "are"));
  cv::Rect box;
  for (const std::size_t index : which) {
    const Roi& roi = manager.rois[index];
    if (!is_of_pixels(roi))
      throw SampleError(
          fmt::format("roiManager(\"{}\") joins rectangles, ovals and areas whose sides run along "
                      "pixels; '{}' is another kind of selection",
                      action, roi.name));
    box |= roi.bounds;
  }
  cv::Mat all;
  for (const std::size_t index : which) {
    const Roi& roi = manager.rois[index];
    cv::Mat one(box.size(), CV_8UC1, cv::Scalar(0));
    const cv::Mat mask = mask_of(roi);
    cv::Mat part = one(roi.bounds - box.tl());
    if (mask.empty())
      part.setTo(255);
    else
      mask.copyTo(part);
    if (all.empty())
      all = one;
    else if (action == "combine")
      all |= one;
    else if (action == "and")
      all &= one;
    else
      all ^= one;
  }
  image.roi = joined(all, box.tl());
}

// Save writes all, whatever is chosen.
void save(Session& session, bool chosen_alone, const std::string& path, Host& host) {
  const auto& manager = session.roi_manager;
  need_some(manager, "Save");
  std::vector<Roi> rois = manager.rois;
  if (chosen_alone) {
    rois.clear();
    for (const std::size_t index : chosen(manager)) rois.push_back(manager.rois[index]);
  }
  host.save(path, [&](const std::filesystem::path& file) { save_roi_set(rois, file); });
}

void open(Session& session, const std::string& path, Host& host) {
  for (auto& roi : load_rois(host.locate(path))) session.roi_manager.rois.push_back(std::move(roi));
  session.roi_manager.selected.clear();
}

// Colours or widths of those chosen, and of the image's selection.
void set_style(Session& session, const std::string& action, const Values& values) {
  const auto& text = text_of(values, "argument");
  const std::uint32_t colour = action == "set line width" ? 0 : colour_of(text);
  const double width = action == "set line width" ? number_of(values, "argument") : 0.0;
  if (width < 0.0) throw ConfigError("roiManager(\"Set Line Width\"): a width is 0 or more");
  const auto change = [&](Roi& roi) {
    if (action == "set line width")
      roi.set_stroke_width(width);
    else
      (action == "set color" ? roi.stroke_colour : roi.fill_colour) = colour;
  };
  auto& manager = session.roi_manager;
  need_some(manager, values.text("command"));
  if (session.has_image() && session.active().roi)
    session.for_each_same(*session.active().roi, change);
  for (const std::size_t index : chosen(manager))
    session.for_each_same(manager.rois[index], [&](Roi& roi) {
      change(roi);
      if (action != "set fill color") roi.fill_colour = 0;
    });
}

void translate(Session& session, const Values& values) {
  const cv::Point2d by(number_of(values, "argument"), number_of(values, "more"));
  const cv::Point whole(static_cast<int>(by.x), static_cast<int>(by.y));
  if (cv::Point2d(whole) != by || std::abs(by.x) > 1e6 || std::abs(by.y) > 1e6)
    throw ConfigError("roiManager(\"Translate\") moves by whole pixels, up to 1000000");
  auto& manager = session.roi_manager;
  need_some(manager, "Translate");
  for (const std::size_t index : chosen(manager))
    session.for_each_same(manager.rois[index],
                          [&](Roi& roi) { roi = translated(std::move(roi), whole); });
}

void show_all(Session& session, const std::string& action) {
  if (!session.has_image()) return;  // as ImageJ, which then leaves it as it was
  auto& manager = session.roi_manager;
  auto& image = session.active();
  manager.show_all = true;
  if (action.ends_with("labels")) manager.labels = action.ends_with("with labels");
  image.roi.reset();
  show_all_on(session, image);
}

bool takes_argument(std::string_view action) {
  return action == "select" || action == "save" || action == "save selected" || action == "open" ||
         action == "rename" || action.starts_with("set ") || action == "translate";
}

void check(const Values& values) {
  const auto action = lower_case(values.text("command"));
  if (is_multi_measure(action)) {
    const auto how = std::string_view(action).substr(std::string_view("multi-measure").size());
    if (how.empty() || how == " measure_all" || how == " one" || how == " one row") return;
    throw ConfigError(
        fmt::format("roiManager(\"Multi Measure\") is supported as such, and as \"multi-measure "
                    "measure_all\" for a row each; got '{}'",
                    values.text("command")));
  }
  const bool known = std::ranges::any_of(
      actions, [&](std::string_view name) { return lower_case(name) == action; });
  if (!known)
    throw ConfigError(
        fmt::format("roiManager knows no command '{}' that is supported; there are {}",
                    values.text("command"), fmt::join(actions, ", ")));
  if (takes_argument(action) && text_of(values, "argument").empty())
    throw ConfigError(
        fmt::format("roiManager(\"{}\", ...) takes a second argument", values.text("command")));
  if (action == "translate" && text_of(values, "more").empty())
    throw ConfigError("roiManager(\"Translate\", dx, dy) takes two numbers");
}

void run(Session& session, const Values& values, Host& host) {
  auto& manager = session.roi_manager;
  const auto action = lower_case(values.text("command"));
  const auto argument = text_of(values, "argument");
  if (action == "reset") {
    manager.rois.clear();
    manager.selected.clear();
  } else if (action == "add") {
    add(session, values);
  } else if (action == "deselect") {
    manager.selected.clear();
  } else if (action == "select") {
    select(session, argument);
  } else if (action == "delete") {
    need_some(manager, "Delete");
    remove(manager);
  } else if (action == "measure") {
    measure(session);
  } else if (is_multi_measure(action)) {
    multi_measure(session, action);
  } else if (action == "save" || action == "save selected") {
    save(session, action == "save selected", argument, host);
  } else if (action == "open") {
    open(session, argument, host);
  } else if (action == "rename") {
    session.for_each_same(manager.rois[only_one(manager, "Rename")], [&](Roi& roi) {
      roi.name = argument;
      roi.stored.clear();  // which has the old name
    });
  } else if (action == "translate") {
    translate(session, values);
  } else if (action.starts_with("set ")) {
    set_style(session, action, values);
  } else if (action == "update") {
    update(session);
  } else if (action == "combine" || action == "and" || action == "xor") {
    join(session, action);
  } else if (action == "sort") {
    std::ranges::stable_sort(manager.rois, {}, &Roi::name);
    manager.selected.clear();
  } else if (action.starts_with("show all")) {
    show_all(session, action);
  } else if (action == "show none") {
    if (session.has_image()) manager.show_all = false;
  }
}

}  // namespace

void show_all_on(Session& session, ImagePlus& image) {
  if (!image.overlay.empty()) return;
  auto& manager = session.roi_manager;
  std::vector<Roi> shown;
  for (auto& roi : manager.rois) {
    session.object_of(roi);
    shown.push_back(by_its_own_name(roi));
  }
  image.overlay = show_all_overlay(std::move(shown), manager.labels);
}

void add_roi_manager_commands(CommandTable& table) {
  Command command;
  command.name = "roiManager";
  command.stage = "roi-manager";
  command.form = Command::Form::function;
  command.summary = "Collects selections, and saves, measures and joins them.";
  command.details =
      "reset empties it; Add takes the image's selection, named by its centre (`YYYY-XXXX`) if it "
      "has no name; Select makes one (by index, from 0) the image's selection, or chooses several "
      "(`0,2,3`); Deselect chooses none, which means all; Delete, Measure and Save selected act "
      "on those chosen, or all, Save on all; Rename and Update (by the image's selection) on the "
      "one chosen. Combine, "
      "AND "
      "and XOR make the image's selection out of rectangles, ovals and areas whose sides run along "
      "pixels. Sort sorts by name. Multi Measure begins a new Results table of one row, with the "
      "columns of each selection numbered, or by `multi-measure measure_all` of a row each. "
      "Translate moves "
      "those chosen, or all, by whole pixels; Set Color "
      "(which takes their fill away), Set Fill Color and Set Line Width (likewise) style them, and "
      "the image's selection with them; Add takes a colour and a width of lines, too. Show All, "
      "with labels or without, takes the image's selection away "
      "and puts all on its overlay, if that has nothing yet; from then on Add does so too, until "
      "Show None, which leaves the overlay as it is. Save writes a RoiSet.zip, or for one "
      "selection a .roi; Open adds what such a file has.";
  command.needs_image = false;
  command.keys = {
      Key::of_text("command", "",
                   "what to do: reset, Add, Deselect, Select, Delete, Measure, Save, "
                   "Save selected, Open, Rename, Update, Combine, AND, XOR, Sort, "
                   "Translate, Multi Measure, Set Color, Set Fill Color, Set Line Width, Show All, "
                   "Show All with labels, Show All without labels, Show None"),
      Key::of_text("argument", "", "index, name, path, colour, width or distance to the right")
          .may_be_absent(),
      Key::of_text("more", "", "of Add the width of lines, of Translate how far down")
          .may_be_absent()};
  command.check = check;
  command.run = run;
  table.add(std::move(command));
}

}  // namespace smear::imagej
