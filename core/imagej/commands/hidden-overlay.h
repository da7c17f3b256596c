// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

#include "imagej/session.h"

/// Hide Overlay: an overlay that is hidden is there, but is not saved. It is shown again by Show
/// Overlay, and by whatever adds to it.
namespace smear::imagej {

/// Variables of these names hold how much was on the overlay when it was hidden; no macro can name
/// them.
inline std::string hidden_overlay_variable(const ImagePlus& image) {
  return fmt::format("(hidden overlay of {})", image.id);
}

inline void hide_overlay(Session& session) {
  const ImagePlus& image = session.active();
  session.variables[hidden_overlay_variable(image)].value =
      static_cast<double>(image.overlay.size());
}

inline void show_overlay(Session& session) {
  session.variables.erase(hidden_overlay_variable(session.active()));
}

inline bool is_overlay_hidden(const Session& session, const ImagePlus& image) {
  const auto found = session.variables.find(hidden_overlay_variable(image));
  return found != session.variables.end() && !image.overlay.empty() &&
         std::get<double>(found->second.value) == static_cast<double>(image.overlay.size());
}

}  // namespace smear::imagej
