// SPDX-License-Identifier: Apache-2.0
// history.csv and the best epoch, with measures that are missing or no numbers.
#include "train/history.h"

#include <gtest/gtest.h>

#include <limits>

namespace smear {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(History, TableHasAColumnAMeasureAndARowAnEpoch) {
  EXPECT_EQ(history_table({{{"epoch", 1}, {"loss", 0.25}},
                           {{"epoch", 2}, {"loss", nan}, {"odd,name", 1e-12}}}),
            "epoch,loss,\"odd,name\"\n1,0.25,\n2,,1e-12\n");
}

TEST(History, BestIsTheLowestValidationLoss) {
  EXPECT_EQ(best_epoch({{{"training_loss", 3}, {"validation_loss", 5}},
                        {{"training_loss", 2}, {"validation_loss", nan}},
                        {{"training_loss", 2}, {"validation_loss", 4}},
                        {{"training_loss", 1}, {"validation_loss", 4}}}),
            2U);
}

TEST(History, BestIsTheLowestTrainingLossWhereNothingIsValidated) {
  EXPECT_EQ(best_epoch({{{"training_loss", 3}}, {{"training_loss", 2}}}), 1U);
  EXPECT_EQ(best_epoch({{{"training_loss", nan}}}), std::nullopt);
  EXPECT_EQ(best_epoch({}), std::nullopt);
}

}  // namespace
}  // namespace smear
