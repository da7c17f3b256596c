// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/measuring.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/roi-set.h"
#include "imagej/letters.h"

namespace smear::imagej {
namespace {

constexpr std::array<std::string_view, 18> actions = {"reset",     "Add",
                                                      "Deselect",  "Select",
                                                      "Delete",    "Measure",
                                                      "Save",      "Open",
                                                      "Rename",    "Update",
                                                      "Combine",   "AND",
                                                      "XOR",       "Sort",
                                                      "Show All",  "Show All with labels",
                                                      "Show None", "Show All without labels"};

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

void add(Session& session) {
  const auto& image = session.active();
  if (!image.roi) throw SampleError("roiManager(\"Add\"): the image has no selection");
  Roi roi = *image.roi;
  if (roi.name.empty()) roi.name = list_label(roi, image);
  if (by_its_own_name(roi).name != roi.name) roi.stored.clear();  // named anew
  if (image.stack.size() > 1) roi.position = image.current + 1;
  session.roi_manager.rois.push_back(std::move(roi));
  session.roi_manager.selected.clear();
  if (session.roi_manager.show_all) show_all_on(session.active(), session.roi_manager);
}

void select(Session& session, const std::string& argument) {
  auto& manager = session.roi_manager;
  manager.selected = indices_in(argument, manager.rois.size());
  if (session.has_image() && manager.selected.size() == 1)
    session.active().roi = by_its_own_name(manager.rois[manager.selected.front()]);
}

void remove(RoiManager& manager) {
  auto gone = chosen(manager);
  std::ranges::sort(gone, std::greater<>());
  for (const std::size_t index : gone)
    manager.rois.erase(manager.rois.begin() + static_cast<std::ptrdiff_t>(index));
  manager.selected.clear();
}

void measure(Session& session) {
  need_some(session.roi_manager, "Measure");
  begin_measuring(session);
  for (const std::size_t index : chosen(session.roi_manager)) {
    const Roi roi = by_its_own_name(session.roi_manager.rois[index]);
    measure_selection(session, &roi);
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
  const auto& image = session.active();
  if (!image.roi) throw SampleError("roiManager(\"Update\"): the image has no selection");
  std::string name = manager.rois[index].name;
  manager.rois[index] = *image.roi;
  manager.rois[index].name = std::move(name);
  manager.rois[index].stored.clear();
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

// An outline that comes back to a corner, taken apart there.
std::vector<std::vector<cv::Point2d>> loops_of(const std::vector<cv::Point2d>& outline) {
  std::vector<std::vector<cv::Point2d>> loops;
  std::vector<cv::Point2d> open;
  for (const auto& p : outline) {
    const auto again = std::ranges::find(open, p);
    if (again != open.end()) {
      loops.emplace_back(again, open.end());
      open.erase(again, open.end());
    }
    open.push_back(p);
  }
  loops.push_back(std::move(open));
  return loops;
}

// As joined areas come out of ImageJ: rectangles as such, others from their upper left corner on;
// what only touches by corners is several parts.
Roi joined_form(Roi roi) {
  if (roi.type != RoiType::traced) return roi;
  if (roi.points.size() == 4) return Roi::rectangle(roi.bounds);
  const auto first = std::ranges::min_element(roi.points, [](const auto& a, const auto& b) {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
  });
  std::rotate(roi.points.begin(), first, roi.points.end());
  const auto loops = loops_of(roi.points);
  return loops.size() == 1 ? roi : Roi::composite(loops);
}

void join(Session& session, const std::string& action) {
  auto& manager = session.roi_manager;
  auto& image = session.active();
  if (manager.rois.size() < 2)
    throw SampleError(fmt::format("roiManager(\"{}\") takes two or more selections", action));
  auto which = chosen(manager);
  if (which.size() < 2)
    throw SampleError(
        fmt::format("roiManager(\"{}\") takes two or more selections: select several, or "
                    "roiManager(\"deselect\") "
                    "for all",
                    action));
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
  auto roi = roi_of_mask(all, box.tl());
  image.roi.reset();
  if (roi) image.roi = joined_form(std::move(*roi));
}

void save(Session& session, const std::string& path, Host& host) {
  const auto& manager = session.roi_manager;
  need_some(manager, "Save");
  std::vector<Roi> rois;
  for (const std::size_t index : chosen(manager)) rois.push_back(manager.rois[index]);
  host.save(path, [&](const std::filesystem::path& file) { save_roi_set(rois, file); });
}

void open(Session& session, const std::string& path, Host& host) {
  for (auto& roi : load_rois(host.locate(path))) session.roi_manager.rois.push_back(std::move(roi));
  session.roi_manager.selected.clear();
}

void show_all(Session& session, const std::string& action) {
  if (!session.has_image()) return;  // as ImageJ, which then leaves it as it was
  auto& manager = session.roi_manager;
  auto& image = session.active();
  manager.show_all = true;
  if (action.ends_with("labels")) manager.labels = action.ends_with("with labels");
  image.roi.reset();
  show_all_on(image, manager);
}

bool takes_argument(std::string_view action) {
  return action == "select" || action == "save" || action == "open" || action == "rename";
}

void check(const Values& values) {
  const auto action = lower_case(values.text("command"));
  const bool known = std::ranges::any_of(
      actions, [&](std::string_view name) { return lower_case(name) == action; });
  if (!known)
    throw ConfigError(
        fmt::format("roiManager knows no command '{}' that is supported; there are {}",
                    values.text("command"), fmt::join(actions, ", ")));
  if (takes_argument(action) && text_of(values, "argument").empty())
    throw ConfigError(
        fmt::format("roiManager(\"{}\", ...) takes a second argument", values.text("command")));
}

void run(Session& session, const Values& values, Host& host) {
  auto& manager = session.roi_manager;
  const auto action = lower_case(values.text("command"));
  const auto argument = text_of(values, "argument");
  if (action == "reset") {
    manager.rois.clear();
    manager.selected.clear();
  } else if (action == "add") {
    add(session);
  } else if (action == "deselect") {
    manager.selected.clear();
  } else if (action == "select") {
    select(session, argument);
  } else if (action == "delete") {
    need_some(manager, "Delete");
    remove(manager);
  } else if (action == "measure") {
    measure(session);
  } else if (action == "save") {
    save(session, argument, host);
  } else if (action == "open") {
    open(session, argument, host);
  } else if (action == "rename") {
    auto& roi = manager.rois[only_one(manager, "Rename")];
    roi.name = argument;
    roi.stored.clear();  // which has the old name
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

void show_all_on(ImagePlus& image, const RoiManager& manager) {
  if (image.overlay.empty()) image.overlay = show_all_overlay(manager.rois, manager.labels);
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
      "(`0,2,3`); Deselect chooses none, which means all; Delete, Measure and Save act on those "
      "chosen, or all; Rename and Update (by the image's selection) on the one chosen. Combine, "
      "AND "
      "and XOR make the image's selection out of rectangles, ovals and areas whose sides run along "
      "pixels. Sort sorts by name. Show All, with labels or without, takes the image's selection "
      "away "
      "and puts all on its overlay, if that has nothing yet; from then on Add does so too, until "
      "Show None, which leaves the overlay as it is. Save writes a RoiSet.zip, or for one "
      "selection a .roi; Open adds what such a file has.";
  command.needs_image = false;
  command.keys = {Key::of_text("command", "",
                               "what to do: reset, Add, Deselect, Select, Delete, Measure, Save, "
                               "Open, Rename, Update, Combine, AND, XOR, Sort, Show All, "
                               "Show All with labels, Show All without labels, Show None"),
                  Key::of_text("argument", "", "index, name or path").may_be_absent()};
  command.check = check;
  command.run = run;
  table.add(std::move(command));
}

}  // namespace smear::imagej
