// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"

namespace smear::imagej {
namespace {

void add_selection(Session& session) {
  ImagePlus& image = session.active();
  if (!image.roi)
    throw SampleError(fmt::format("Add Selection...: '{}' has no selection; select something first",
                                  image.title));
  image.overlay.push_back(*image.roi);
}

void from_manager(Session& session) {
  const auto& rois = session.roi_manager.rois;
  if (rois.empty()) throw SampleError("From ROI Manager: the ROI Manager is empty");
  ImagePlus& image = session.active();
  image.overlay.insert(image.overlay.end(), rois.begin(), rois.end());
  image.roi.reset();
}

void to_manager(Session& session) {
  ImagePlus& image = session.active();
  if (image.overlay.empty())
    throw SampleError(fmt::format("To ROI Manager: '{}' has no overlay", image.title));
  auto& manager = session.roi_manager;
  manager = RoiManager();
  for (auto& roi : image.overlay) {
    const auto number = manager.rois.size() + 1;
    roi.name = roi.name.empty()
                   ? fmt::format("{:04}-{:04}", number, roi.bounds.y + roi.bounds.height / 2)
                   : fmt::format("{}-{}", number, roi.name);
    manager.rois.push_back(std::move(roi));
  }
  image.overlay.clear();
  image.roi.reset();
}

}  // namespace

void add_overlay_commands(CommandTable& table) {
  const auto add = [&](const char* name, const char* stage, const char* summary,
                       const char* details, void (*function)(Session&)) {
    Command overlay = command(name, stage, summary, details);
    overlay.run = [function](Session& session, const Values&, Host&) { function(session); };
    table.add(std::move(overlay));
  };
  add("Add Selection...", "add-selection", "Adds the selection to the image's overlay.",
      "The selection stays. Colours and widths of lines are not supported.", add_selection);
  add("Remove Overlay", "remove-overlay", "Removes the image's overlay.", "The pixels stay.",
      [](Session& session) { session.active().overlay.clear(); });
  add("Show Overlay", "show-overlay", "Accepted, and changes nothing: the overlay is kept anyway.",
      "What is saved has the overlay whether it is shown or not.", [](Session&) {});
  add("Hide Overlay", "hide-overlay", "Accepted, and changes nothing: the overlay is kept anyway.",
      "What is saved has the overlay whether it is shown or not.", [](Session&) {});
  add("From ROI Manager", "from-roi-manager",
      "Adds what the ROI Manager holds to the image's overlay.",
      "The ROI Manager keeps it; the image's selection is removed.", from_manager);
  add("To ROI Manager", "to-roi-manager", "Moves the image's overlay into the ROI Manager.",
      "What was in there before is removed, and so is the image's selection. Entries get their "
      "number in front of their name, or NUMBER-Y of their centre.",
      to_manager);
}

}  // namespace smear::imagej
