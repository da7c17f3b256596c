// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace smear {

/// How fast a training goes, from when its steps end.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  void started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
               std::int64_t images_per_epoch, Clock::time_point now = Clock::now());
  /// After step `step` (from 0) of the epoch.
  void step(std::int64_t epoch, std::int64_t step, Clock::time_point now = Clock::now());
  void epoch(Clock::time_point now = Clock::now());

  /// Of the steps of the epoch at work, or of the last one: without validation. 0 before any.
  [[nodiscard]] double images_per_second() const { return images_per_second_; }
  /// Until the last epoch is done, by the mean of all steps so far, validation in between included;
  /// nothing before a first step.
  [[nodiscard]] std::optional<double> seconds_left() const;
  [[nodiscard]] double seconds(Clock::time_point now = Clock::now()) const;
  /// The part of all epochs that is done, 0..1.
  [[nodiscard]] double part_done() const;

 private:
  std::int64_t epochs_ = 0;
  std::int64_t steps_per_epoch_ = 0;
  std::int64_t images_per_epoch_ = 0;
  std::int64_t steps_before_ = 0;  ///< of an earlier training that this one goes on with
  std::int64_t steps_done_ = 0;    ///< those too
  double images_per_second_ = 0.0;
  Clock::time_point start_;
  Clock::time_point epoch_start_;
  Clock::time_point last_;
};

}  // namespace smear
