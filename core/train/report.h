// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "train/data-set.h"
#include "train/evaluation.h"
#include "train/history.h"

namespace smear {

/// What the report of a training shows. Strings are raw bytes: nothing needs to be valid UTF-8.
struct TrainingReport {
  struct Picture {
    std::int64_t epoch = 0;  ///< counted from 1
    std::string kind;        ///< "reconstructions", "samples"
    std::string file;        ///< relative to the report's folder
  };

  std::string title;
  std::string subtitle;          ///< the config's description
  std::string state;             ///< "complete", "under way", "interrupted", ...
  std::string trouble;           ///< why it failed, or what a person should look at; else empty
  std::int64_t epochs = 0;       ///< how many there will be at most
  double images_per_second = 0;  ///< of training, 0 where not known
  double seconds = 0;            ///< of this program's part of the training
  TrainingHistory history;
  std::vector<Picture> pictures;
  std::vector<ClassCounts> classes;
  std::optional<HeldOutEvaluation> evaluation;  ///< of a classifier that is trained
  std::vector<std::string> notes;
  std::vector<std::string> description;  ///< what is trained, a line a fact
  std::map<std::string, std::string> options;
  std::map<std::string, std::string> provenance;
};

/// Writes the report as one HTML file that needs no network, no script and no file but the
/// pictures. It appears under its name only when whole. Throws `RunError`.
///
/// Of the measures, `training_X` and `validation_X` share a chart "X"; every other has its own,
/// apart from `epoch`, `seconds` and those that are the same number in every epoch.
void write_training_report(const TrainingReport& report, const std::filesystem::path& file);

}  // namespace smear
