// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/pipeline.h"
#include "run/ledger.h"
#include "run/source.h"

namespace smear {

/// What a run is asked to do.
struct RunOptions {
  std::filesystem::path input;
  std::filesystem::path output;
  int jobs = 0;  ///< samples at work at the same time; 0 is one for each processor
  bool resume = false;
  bool overwrite = false;
  bool dry_run = false;  ///< only planned: an earlier run in OUT is no obstacle
  Shard shard;
  std::optional<std::uint64_t> seed;  ///< 1, or on resuming the earlier run's
  std::optional<std::int64_t> limit;  ///< at most this many files
  std::optional<std::int64_t> max_failures;
  std::int64_t ram = 0;              ///< bytes; 0 is the default limit
  std::vector<std::string> command;  ///< for the provenance
};

/// The work of a run, known before anything is read or written.
struct RunPlan {
  FileList list;                       ///< everything that the input holds
  std::vector<std::int64_t> selected;  ///< positions in `list.files` of this run's shard and limit
  bool earlier_run = false;            ///< OUT holds one
};

enum class RunEnd {
  complete,
  interrupted,        ///< by the user
  too_many_failures,  ///< more than `max_failures`
};

/// "complete", "interrupted" or "too many failures".
std::string_view name_of(RunEnd end);

struct RunSummary {
  RunEnd end = RunEnd::complete;
  std::int64_t files = 0;        ///< selected
  std::int64_t kept = 0;         ///< files that an earlier run had done
  std::int64_t done = 0;         ///< samples done by this run
  std::int64_t quarantined = 0;  ///< samples quarantined by this run
  double seconds = 0.0;
};

/// Told of a run's course; calls come from one thread at a time.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// `notes` are what a person should know beforehand.
  virtual void started(std::int64_t files, std::int64_t kept,
                       const std::vector<std::string>& notes) = 0;
  virtual void finished_file(const std::vector<SampleRecord>& samples) = 0;
  virtual void writing_results() = 0;
};

/// Finds the input and checks that OUT may be used. Writes nothing.
/// Throws `ConfigError` where it may not, or where two samples would write the same file.
RunPlan plan_run(const Pipeline& pipeline, const RunOptions& options);

/// Runs the pipeline over the plan's files. `stop`, once set, ends the run after the samples at
/// work.
///
/// A sample that fails is quarantined; the run goes on. Throws `RunError` where it cannot go on:
/// OUT cannot be written, the input vanished. Whatever was entered in the ledger until then stands,
/// and the same call with `resume` continues from there.
RunSummary run_pipeline(const Pipeline& pipeline, const RunOptions& options, const RunPlan& plan,
                        RunObserver& observer, const std::atomic<bool>& stop);

}  // namespace smear
