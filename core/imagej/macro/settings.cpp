// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "imagej/letters.h"

namespace smear::imagej {
namespace {

bool is_among(std::string_view name, const std::vector<std::string_view>& names) {
  return std::ranges::find(names, name) != names.end();
}

bool has_word(const MacroStage& stage, const std::vector<std::string_view>& words) {
  return stage.command == nullptr && std::ranges::any_of(words, [&](std::string_view word) {
           return stage.code.find(word) != std::string::npos;
         });
}

bool sets_option(const Setting& setting, const MacroStage& stage) {
  return stage.command != nullptr && stage.command->stage == "set-option" &&
         std::ranges::any_of(setting.options, [&](std::string_view option) {
           return same_letters(option, stage.values.text("name"));
         });
}

// Rows of Analyze Particles are asked for by `display` or for the summary.
bool measures_nothing(const MacroStage& stage) {
  if (stage.command != nullptr)
    return stage.command->stage == "analyze-particles" && !stage.values.flag("display") &&
           !stage.values.flag("summarize");
  return stage.code.find("Analyze Particles") != std::string::npos &&
         stage.code.find("display") == std::string::npos &&
         stage.code.find("summarize") == std::string::npos &&
         stage.code.find("easure") == std::string::npos;
}

bool uses(const Setting& setting, const MacroStage& stage) {
  if (&setting == &lasting_setting(SettingKind::measurements) && measures_nothing(stage))
    return false;
  return stage.command != nullptr ? is_among(use_of(stage), setting.users)
                                  : has_word(stage, setting.words);
}

bool sets_all(const Setting& setting, const MacroStage& stage) {
  return stage.command != nullptr && is_among(stage.command->stage, setting.setters);
}

// Whether code is a call that sets it: with values that come from the image.
bool sets_in_code(const Setting& setting, const MacroStage& stage) {
  return stage.command == nullptr && std::ranges::any_of(setting.calls, [&](std::string_view call) {
           return stage.code.starts_with(call) ||
                  stage.code.starts_with("run(" + std::string(call));
         });
}

// Which part of the setting a stage sets, and to what.
struct Part {
  std::string name;
  std::string value;
};
Part part_of(const Setting& setting, const MacroStage& stage) {
  Part part;
  for (const auto& [name, value] : stage.values.all())
    if (setting.keys.empty() || is_among(name, setting.keys))
      part.value += fmt::format(
          "{}={};", name, std::visit([](const auto& v) { return fmt::format("{}", v); }, value));
  part.name = sets_all(setting, stage) ? "all of it" : lower_case(stage.values.text("name"));
  if (part.name != "all of it") part.value = fmt::format("{}", stage.values.flag("state"));
  return part;
}

// Whether a stage sets what each image begins with.
bool sets_default(const Setting& setting, const MacroStage& stage) {
  const auto& values = stage.values;
  const auto& name = stage.command->stage;
  if (name == "set-option") {
    static const std::vector<std::string_view> on = {"BlackBackground", "ScaleConversions", "Area",
                                                     "Mean"};
    return values.flag("state") == std::ranges::any_of(on, [&](std::string_view one) {
             return same_letters(one, values.text("name"));
           });
  }
  if (name == "binary-options" && is_among("black", setting.keys)) return values.flag("black");
  if (name == "binary-options")
    return values.number("iterations") == 1.0 && values.number("count") == 1.0 &&
           !values.flag("pad") && values.text("edm") == "Overwrite";
  if (name == "conversions") return values.flag("scale") && !values.flag("weighted");
  if (name == "input-output")
    return values.number("jpeg") == 85.0 && values.flag("save_column") && values.flag("save_row");
  if (name == "line-width") return values.number("line") == 1.0;
  if (name != "set-measurements") return false;
  for (const auto& [key, value] : values.all())
    if (const auto* flag = std::get_if<bool>(&value))
      if (*flag != (key == "area" || key == "mean" || key == "min")) return false;
  return values.text("redirect") == "None" && values.number("decimal") == 3.0;
}

std::optional<LateSetting> late(const Setting& setting,
                                const std::vector<const MacroStage*>& stages, std::size_t first) {
  std::map<std::string, std::string> before;
  std::set<std::string> settled;  // within the body, before any use
  std::optional<std::size_t> used;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const MacroStage& stage = *stages[i];
    if (sets_all(setting, stage) || sets_option(setting, stage)) {
      const Part part = part_of(setting, stage);
      const auto found = before.find(part.name);
      if (i < first) {
        if (part.name == "all of it") before.clear();
        before.erase("all of it");
        before[part.name] = part.value;
      } else if (!used) {
        settled.insert(part.name);
      } else if (!settled.contains("all of it") && !settled.contains(part.name) &&
                 (found != before.end() ? found->second != part.value
                                        : !before.empty() || !sets_default(setting, stage))) {
        return LateSetting{&setting, *used, i};
      }
    } else if (i >= first && stage.command == nullptr && used && settled.empty() &&
               has_word(stage, setting.calls)) {
      return LateSetting{&setting, *used, i};
    } else if (i >= first && !used && sets_in_code(setting, stage)) {
      settled.insert("all of it");
    } else if (i >= first && !used && uses(setting, stage)) {
      used = i;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string use_of(const MacroStage& stage) {
  if (stage.command->stage != "roi-manager") return stage.command->stage;
  return "roi-manager " + lower_case(stage.values.text("command"));
}

const std::vector<Setting>& lasting_settings() {
  static const std::vector<Setting> settings = {
      {"the binary options",
       {"binary-options"},
       {"convert-to-mask", "make-binary", "erode", "dilate", "open-objects", "close-objects",
        "fill-holes", "outline", "skeletonize", "distance-map", "ultimate-points", "voronoi",
        "watershed", "analyze-particles", "find-maxima", "create-mask", "create-selection"},
       {"Convert to Mask", "Make Binary", "Erode", "Dilate", "Open", "Close", "Fill Holes",
        "Outline", "Skeletonize", "Distance Map", "Ultimate", "Voronoi", "Watershed",
        "Analyze Particles", "Find Maxima", "Create", "BlackBackground"},
       {"BlackBackground"},
       {"\"Options...", "\"BlackBackground\", false"},
       {"black"}},
      {"the options of conversions",
       {"conversions"},
       {"8-bit", "16-bit", "32-bit", "convert-to-mask", "make-binary", "measure", "measure-overlay",
        "roi-manager measure", "roi-manager multi measure", "roi-manager multi-measure",
        "roi-manager multi-measure measure_all", "analyze-particles", "find-maxima"},
       {"-bit", "Convert to Mask", "Make Binary", "Measure", "Analyze Particles", "Find Maxima",
        "getValue", "ScaleConversions"},
       {"ScaleConversions"},
       {"\"Conversions...", "\"ScaleConversions\", false"},
       {}},
      {"the measurements",
       {"set-measurements"},
       {"measure", "measure-overlay", "roi-manager measure", "roi-manager multi measure",
        "roi-manager multi-measure", "roi-manager multi-measure measure_all", "analyze-particles"},
       {"Measure", "Analyze Particles", "measure", "Display Label", "Limit to Threshold",
        "InvertY"},
       {"Display Label", "Limit to Threshold", "InvertY", "Area", "Mean", "Std", "Stack Position"},
       {"\"Set Measurements..."},
       {}},
      {"foreground colours",
       {"colors", "set-foreground-color"},
       {"fill", "draw"},
       {"Fill", "Draw"},
       {},
       {"setForegroundColor", "\"Colors..."},
       {}},
      {"background colours",
       {"colors", "set-background-color"},
       {"clear", "clear-outside", "canvas-size", "rotate", "rotate-left", "rotate-right", "cut"},
       {"Clear", "Canvas", "Rotate", "Cut"},
       {},
       {"setBackgroundColor", "\"Colors..."},
       {}},
      {"widths of lines",
       {"line-width"},
       {"draw", "make-line"},
       {"Draw", "makeLine"},
       {},
       {"\"Line Width..."},
       {}},
      {"ways of saving files",
       {"input-output"},
       {"save-as", "save", "table-save"},
       {"saveAs", "save(", "Table.save"},
       {},
       {"\"Input/Output..."},
       {}},
      {"the iterations of binary commands",
       {"binary-options"},
       {"erode", "dilate", "open-objects", "close-objects", "distance-map", "ultimate-points",
        "voronoi", "outline", "fill-holes"},
       {"\"Erode", "\"Dilate", "\"Open\"", "\"Close-", "Distance Map", "Ultimate", "Voronoi"},
       {},
       {"\"Options..."},
       {"iterations", "count", "pad", "edm"}}};
  return settings;
}

const Setting& lasting_setting(SettingKind kind) {
  return lasting_settings()[static_cast<std::size_t>(kind)];
}

bool is_needed(const Setting& setting, const std::vector<MacroStage>& stages) {
  for (const auto& stage : stages) {
    if (sets_all(setting, stage)) return false;
    if (uses(setting, stage) || sets_option(setting, stage)) return true;
  }
  return false;
}

std::optional<LateSetting> late_setting(const std::vector<const MacroStage*>& stages,
                                        std::size_t first) {
  for (const auto& setting : lasting_settings())
    if (auto found = late(setting, stages, first)) return found;
  return std::nullopt;
}

}  // namespace smear::imagej
