// SPDX-License-Identifier: Apache-2.0
// Tests the figures of a classifier against closed forms on probabilities made by hand.
#include "evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace smear::classifier {
namespace {

using testing::ElementsAre;

Prediction binary(std::size_t truth, double probability) {
  return {truth, {1.0 - probability, probability}};
}

TEST(Evaluation, OfTwoClassesFollowsItsDefinitions) {
  // Of class 0: 3 of 4 recognized; of class 1: 1 of 2.
  const auto e = evaluate({binary(0, 0.1), binary(0, 0.2), binary(0, 0.3), binary(0, 0.9),
                           binary(1, 0.2), binary(1, 0.8)},
                          2);
  EXPECT_EQ(e.images, 6);
  EXPECT_DOUBLE_EQ(e.accuracy, 4.0 / 6.0);
  EXPECT_DOUBLE_EQ(e.balanced_accuracy, (0.75 + 0.5) / 2.0);
  EXPECT_THAT(e.confusion, ElementsAre(ElementsAre(3, 1), ElementsAre(1, 1)));
  // Pairs in order: 0.2 above 0.1, ties with 0.2, below 0.3 and 0.9; 0.8 above 0.1, 0.2, 0.3.
  ASSERT_TRUE(e.auc);
  EXPECT_DOUBLE_EQ(*e.auc, (1.5 + 3.0) / 8.0);
  EXPECT_NEAR(e.brier, (0.01 + 0.04 + 0.09 + 0.81 + 0.64 + 0.04) / 6.0, 1e-12);
  // Bins 1: {0.1}, 2: {0.2, 0.2}, 3: {0.3}, 8: {0.8}, 9: {0.9}; one of the two in 2 is of class 1.
  EXPECT_NEAR(e.expected_calibration_error,
              (0.1 + 2 * std::abs(0.2 - 0.5) + 0.3 + (1.0 - 0.8) + 0.9) / 6.0, 1e-12);
  ASSERT_EQ(e.reliability.size(), Evaluation::bins);
  EXPECT_EQ(e.reliability[2].count, 2);
  EXPECT_EQ(e.reliability[2].of_class, 1U);
  EXPECT_DOUBLE_EQ(e.reliability[2].observed_fraction, 0.5);
  EXPECT_DOUBLE_EQ(e.reliability[2].mean_probability, 0.2);
}

TEST(Evaluation, PutsCertaintyIntoTheLastBin) {
  const auto e = evaluate({binary(1, 1.0), binary(0, 0.0)}, 2);
  EXPECT_EQ(e.reliability.front().count, 1);
  EXPECT_EQ(e.reliability.back().count, 1);
  EXPECT_EQ(e.expected_calibration_error, 0.0);
  EXPECT_EQ(e.brier, 0.0);
  EXPECT_EQ(*e.auc, 1.0);
}

TEST(Evaluation, OfThreeClassesHasATableOfEach) {
  const auto e = evaluate({{0, {0.5, 0.3, 0.2}}, {1, {0.6, 0.3, 0.1}}, {2, {0.0, 0.0, 1.0}}}, 3);
  EXPECT_FALSE(e.auc);
  EXPECT_EQ(e.reliability.size(), 3 * Evaluation::bins);
  EXPECT_DOUBLE_EQ(e.balanced_accuracy, 2.0 / 3.0);
  EXPECT_NEAR(e.brier, 0.5 * ((0.25 + 0.09 + 0.04) + (0.36 + 0.49 + 0.01)) / 3.0, 1e-12);
  // Class 0: 0.5, 0.6 - 0 and 0; class 1: both in bin 3, 0.3 against a half; class 2: 0.2, 0.1, 0.
  EXPECT_NEAR(e.expected_calibration_error, ((0.5 + 0.6) + 2 * 0.2 + (0.2 + 0.1)) / 9.0, 1e-12);
}

TEST(Evaluation, WithoutImagesOfAClassStillCounts) {
  const auto e = evaluate({binary(1, 0.9), binary(1, 0.4)}, 2);
  EXPECT_DOUBLE_EQ(e.balanced_accuracy, 0.5);
  EXPECT_FALSE(e.auc);
  EXPECT_FALSE(nlohmann::json::parse(e.to_json()).contains("auc"));
  EXPECT_EQ(evaluate({}, 2).images, 0);
}

}  // namespace
}  // namespace smear::classifier
