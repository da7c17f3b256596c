// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "train/pace.h"
#include "train/report.h"
#include "train/training-folder.h"

namespace smear {

/// Keeps a training's course in its folder: history.csv, the pictures and report.html, each written
/// whole after every epoch; and passes all it is told on to another observer.
class TrainingLog final : public TrainingObserver {
 public:
  /// `report` holds what is known before the training begins.
  TrainingLog(const TrainingFolder& folder, TrainingReport report, TrainingObserver& shown);

  void reading(std::int64_t done, std::int64_t all) override;
  /// Takes over `history`, and removes pictures of epochs that it does not have: a training that
  /// was killed had come further than its last checkpoint.
  void started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
               std::int64_t images_per_epoch, const std::vector<Measures>& history,
               const std::vector<std::string>& description) override;
  void step(std::int64_t epoch, std::int64_t step, const Measures& measures) override;
  void epoch(const Measures& measures) override;
  void picture(std::int64_t epoch, std::string_view kind, const Image& image) override;
  void table(std::string_view name, const Table& rows) override;
  void note(std::string_view message) override;

  /// Takes up how good the model is, for the last report.
  void evaluated(HeldOutEvaluation evaluation);
  /// Writes the report a last time, with how it ended and, where it failed, why.
  void finish(std::string state, std::string trouble);

  [[nodiscard]] bool has_started() const { return started_; }
  [[nodiscard]] const TrainingReport& report() const { return report_; }

 private:
  void find_pictures(std::int64_t epochs_done);
  void write_report();

  const TrainingFolder& folder_;
  TrainingReport report_;
  TrainingObserver& shown_;
  Pace pace_;
  bool started_ = false;
};

}  // namespace smear
