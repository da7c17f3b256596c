// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imagej/macro/plan.h"

namespace smear::imagej {

/// Something that ImageJ keeps from image to image, while each image of a pipeline begins anew.
struct Setting {
  std::string_view what;                  ///< in a sentence: "the measurements"
  std::vector<std::string_view> setters;  ///< stages that set all of it
  std::vector<std::string_view> users;    ///< stages that depend on it
  std::vector<std::string_view> words;    ///< in code that uses it
  std::vector<std::string_view> options;  ///< of setOption that change it
  std::vector<std::string_view> calls;    ///< in code that sets it
  std::vector<std::string_view> keys;     ///< of the setter's, those that count; empty: all
};

/// Which objects are (black background), conversions, measurements, the foreground colour, the
/// background colour, the width of lines, how files are saved, and how often binary commands are
/// repeated and what becomes of distance maps, in this order.
enum class SettingKind {
  binary,
  conversions,
  measurements,
  foreground,
  background,
  line_width,
  files,
  iterations
};
const std::vector<Setting>& lasting_settings();
const Setting& lasting_setting(SettingKind kind);

/// Whether a stage looks at the setting before another has set it.
bool is_needed(const Setting& setting, const std::vector<MacroStage>& stages);

/// The stage's name, and of the ROI Manager's what it does: "roi-manager measure".
std::string use_of(const MacroStage& stage);

/// Stages of a loop's body of which a later one sets what an earlier one uses: in ImageJ the images
/// behind the first have another value there than the first.
struct LateSetting {
  const Setting* setting = nullptr;
  std::size_t used = 0;  ///< indices
  std::size_t set = 0;
};
/// `first` is the first stage of the body; those before it stand before the loop. Nothing where all
/// images have the same.
std::optional<LateSetting> late_setting(const std::vector<const MacroStage*>& stages,
                                        std::size_t first);

}  // namespace smear::imagej
