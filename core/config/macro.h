// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/pipeline.h"
#include "imagej/macro/origin.h"

namespace smear {

/// What a user says beside a macro.
struct MacroSettings {
  std::vector<std::string> preferences;  ///< `--imagej-pref`: "blackBackground=false" each
  std::string version = "1.53t";         ///< `--imagej-version`: 1.53t or 1.54
  std::vector<std::string> parameters;   ///< `--set NAME=VALUE` of `#@` parameters

  [[nodiscard]] bool empty() const {
    return preferences.empty() && parameters.empty() && version == "1.53t";
  }
};

/// Whether a file is taken for a macro: its name ends in .ijm.
bool is_macro(const std::filesystem::path& file);

/// A macro as a pipeline.
struct MacroPipeline {
  std::string yaml;                         ///< the pipeline's text
  std::vector<imagej::MacroOrigin> stages;  ///< where each of its stages comes from
  /// Where each line of the text comes from; 0 for lines that nothing of the macro is the source
  /// of.
  std::vector<Place> lines;
  std::vector<std::string> notes;  ///< what was assumed, for the log
};

/// Turns a macro into a pipeline, one stage a statement. Throws `ConfigErrors` with the places of
/// everything that ImageJ would refuse, would pass over without a word, or that cannot be done
/// here.
MacroPipeline pipeline_of_macro(const std::string& text, const std::filesystem::path& file,
                                const MacroSettings& settings);

/// The macro that does in ImageJ what the pipeline does here, image by image over a folder. Throws
/// `ConfigErrors` with the places of stages that ImageJ has no command for.
std::string macro_of_pipeline(const Pipeline& pipeline);

/// Reads and checks a YAML pipeline or a macro; of a macro, the notes go to `*notes`, if given.
/// Else as `load_pipeline`.
Pipeline load_pipeline_or_macro(const std::filesystem::path& file, Registry& registry,
                                const std::vector<Override>& overrides,
                                const MacroSettings& settings,
                                std::vector<std::string>* notes = nullptr,
                                SlotType source = readable_types);

}  // namespace smear
