// SPDX-License-Identifier: Apache-2.0
#include "train/pace.h"

#include <algorithm>

namespace smear {
namespace {

double seconds_between(Pace::Clock::time_point from, Pace::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void Pace::started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
                   std::int64_t images_per_epoch, Clock::time_point now) {
  epochs_ = epochs;
  steps_per_epoch_ = steps_per_epoch;
  images_per_epoch_ = images_per_epoch;
  steps_before_ = steps_done_ = first_epoch * steps_per_epoch;
  start_ = epoch_start_ = last_ = now;
}

void Pace::step(std::int64_t epoch, std::int64_t step, Clock::time_point now) {
  const auto done = epoch * steps_per_epoch_ + step + 1;
  // Resumed within an epoch: the steps before are another program's.
  if (steps_done_ == steps_before_) steps_before_ = std::max(steps_before_, done - 1);
  steps_done_ = done;
  last_ = now;
  const auto in_epoch = std::min(step + 1, steps_done_ - steps_before_);
  const double seconds = seconds_between(epoch_start_, now);
  if (seconds > 0.0 && steps_per_epoch_ > 0)
    images_per_second_ = static_cast<double>(in_epoch) * static_cast<double>(images_per_epoch_) /
                         static_cast<double>(steps_per_epoch_) / seconds;
}

void Pace::epoch(Clock::time_point now) { epoch_start_ = last_ = now; }

std::optional<double> Pace::seconds_left() const {
  const auto done = steps_done_ - steps_before_;
  if (done <= 0) return std::nullopt;
  const auto left = std::max<std::int64_t>(0, epochs_ * steps_per_epoch_ - steps_done_);
  return seconds_between(start_, last_) / static_cast<double>(done) * static_cast<double>(left);
}

double Pace::seconds(Clock::time_point now) const { return seconds_between(start_, now); }

double Pace::part_done() const {
  const auto all = epochs_ * steps_per_epoch_;
  return all <= 0 ? 0.0
                  : std::min(1.0, static_cast<double>(steps_done_) / static_cast<double>(all));
}

}  // namespace smear
