// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "study/experiment.h"
#include "study/outcome.h"
#include "train/data-set.h"

/// A study from its experiment file to its report.
///
/// OUT holds in the end: `report.html`; `measures.csv`, a row a condition and measure;
/// `claims.csv`; `split.csv`, which image was held out; `experiment.yaml`;
/// `models/NAME.safetensors` with its config and history; `conditions/GRID/VALUE/` with the
/// pipeline, its tables and `generated/`; `sheets/`; and `sweep.json`, the only file that says
/// when, where and how long. All but that one are the same bytes in every run, interrupted and
/// resumed or not, on machines whose libraries give the same numbers.
namespace smear::study {

struct SweepOptions {
  std::vector<std::filesystem::path> data;
  std::filesystem::path output;
  bool resume = false;
  bool overwrite = false;
  int jobs =
      0;  ///< models that are trained, and images that are measured, at a time; 0 a processor
  std::vector<std::string> command;  ///< for sweep.json
};

/// Told of a sweep's course; calls come from one thread at a time.
class SweepObserver {
 public:
  virtual ~SweepObserver() = default;
  /// `phase` is "reading images", "measuring real cells", "training", "measuring" or "writing the
  /// report", in this order;
  /// `part` is 0..1 of it.
  virtual void progress(std::string_view phase, double part, const std::string& words) = 0;
  virtual void note(const std::string& message) = 0;
};

/// How large a sweep is, known before anything is computed.
struct SweepSize {
  std::vector<ClassCounts> classes;
  std::vector<std::string> models;      ///< names
  std::vector<std::string> conditions;  ///< ids
  std::int64_t images = 0;              ///< that go through the conditions, in all
};

enum class SweepEnd { complete, interrupted };

struct SweepSummary {
  SweepEnd end = SweepEnd::complete;
  StudyOutcome outcome;  ///< where complete
  /// That could not be read, and that could not be measured, over all conditions.
  std::int64_t failed_images = 0;
  std::int64_t failed_models = 0;      ///< trainings that came to nothing
  std::int64_t failed_conditions = 0;  ///< that could not be run at all
  double seconds = 0.0;
};

/// Reads the images, checks everything and counts. Writes nothing. Throws `ConfigError`,
/// `PluginError`.
SweepSize plan_sweep(const Experiment& experiment, Registry& registry, const SweepOptions& options,
                     SweepObserver& observer);

/// Throws `ConfigError` where OUT may not be used, or no such image is there; `PluginError` where a
/// plugin is refused; `RunError` where the sweep cannot go on. What was done until then stands, and
/// the same call with `resume` goes on. `stop`, once set, ends it after the work at hand.
SweepSummary run_sweep(const Experiment& experiment, Registry& registry,
                       const SweepOptions& options, SweepObserver& observer,
                       const std::atomic<bool>& stop);

}  // namespace smear::study
