// SPDX-License-Identifier: Apache-2.0
// Images per second and time left, from instants that the test makes up.
#include "train/pace.h"

#include <gtest/gtest.h>

namespace smear {
namespace {

Pace::Clock::time_point at(double seconds) {
  return Pace::Clock::time_point{} +
         std::chrono::duration_cast<Pace::Clock::duration>(std::chrono::duration<double>(seconds));
}

TEST(Pace, CountsImagesOfStepsAndTimeOfAll) {
  Pace pace;
  pace.started(0, 2, 5, 100, at(0));
  EXPECT_EQ(pace.seconds_left(), std::nullopt);
  EXPECT_EQ(pace.images_per_second(), 0.0);
  pace.step(0, 0, at(2));
  EXPECT_DOUBLE_EQ(pace.images_per_second(), 10.0);
  EXPECT_DOUBLE_EQ(*pace.seconds_left(), 18.0);
  for (int step = 1; step < 5; ++step) pace.step(0, step, at(2.0 * (step + 1)));
  pace.epoch(at(15));  // validation took 5 s
  EXPECT_DOUBLE_EQ(pace.images_per_second(), 10.0);
  EXPECT_DOUBLE_EQ(*pace.seconds_left(), 15.0);
  EXPECT_DOUBLE_EQ(pace.part_done(), 0.5);
  pace.step(1, 0, at(16));
  EXPECT_DOUBLE_EQ(pace.images_per_second(), 20.0);
}

TEST(Pace, AResumedTrainingCountsItsOwnSteps) {
  Pace pace;
  pace.started(8, 10, 5, 100, at(100));
  EXPECT_DOUBLE_EQ(pace.part_done(), 0.8);
  pace.step(8, 3, at(102));  // the steps before were another program's
  EXPECT_DOUBLE_EQ(pace.images_per_second(), 10.0);
  EXPECT_DOUBLE_EQ(*pace.seconds_left(), 12.0);
}

TEST(Pace, WithoutStepsKnowsNothing) {
  Pace pace;
  pace.started(3, 3, 0, 0, at(0));
  pace.epoch(at(1));
  EXPECT_EQ(pace.seconds_left(), std::nullopt);
  EXPECT_DOUBLE_EQ(pace.part_done(), 0.0);
}

}  // namespace
}  // namespace smear
