// SPDX-License-Identifier: Apache-2.0
// Claims are decided by their rules alone: each verdict of each rule, on estimates whose intervals
// are known.
#include "study/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace smear::study {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// An estimate whose replicates lie anywhere within `spread` of the value, independent of all
/// others; or, where they are shared, in the same places as all that are shared, as resampling the
/// same images gives.
Estimate around(double value, double spread, bool shared = false) {
  constexpr int count = 1000;
  static std::mt19937 others(1);
  std::mt19937 same(1);
  std::uniform_real_distribution<double> places(-spread, spread);
  Estimate estimate;
  estimate.value = value;
  for (int i = 0; i < count; ++i)
    estimate.replicates.push_back(value + places(shared ? same : others));
  return estimate;
}

class Claims : public testing::Test {
 protected:
  Claims() {
    experiment_.confidence = 0.95;
    experiment_.seeds = {1, 2, 3};
    put("seeds/1", "solidity", around(0.90, 0.01));
    put("seeds/2", "solidity", around(0.93, 0.01));
    put("seeds/3", "solidity", around(0.91, 0.01));
  }

  void put(const std::string& condition, const std::string& measure, Estimate estimate) {
    estimates_[condition].insert_or_assign(measure, std::move(estimate));
  }

  [[nodiscard]] ClaimOutcome judged(const std::vector<Rule>& rules) const {
    return Judge(experiment_, estimates_)({"c", "A claim.", "the study", rules});
  }

  [[nodiscard]] Verdict pair(Rule::Is is, double margin = 0.0) const {
    return judged({{"circularity", "a", is, "b", "circularity", {}, margin}}).verdict;
  }

  [[nodiscard]] Verdict extreme(Rule::Is is, std::vector<std::string> among,
                                double margin = 0.0) const {
    return judged({{"circularity", "a", is, "", "circularity", std::move(among), margin}}).verdict;
  }

  Experiment experiment_;
  AllEstimates estimates_;
};

TEST_F(Claims, AboveAndBelowNeedTheWholeIntervalBeyondTheMargin) {
  put("a", "circularity", around(0.8, 0.01));
  put("b", "circularity", around(0.6, 0.01));
  EXPECT_EQ(pair(Rule::Is::above), Verdict::held);
  EXPECT_EQ(pair(Rule::Is::below), Verdict::not_held);
  EXPECT_EQ(pair(Rule::Is::above, 0.17), Verdict::held);
  EXPECT_EQ(pair(Rule::Is::above, 0.2), Verdict::undecided);
  EXPECT_EQ(pair(Rule::Is::above, 0.3), Verdict::undecided);
  EXPECT_EQ(pair(Rule::Is::below, 0.3), Verdict::undecided);
  put("b", "circularity", around(0.79, 0.03));
  EXPECT_EQ(pair(Rule::Is::above), Verdict::undecided);
}

TEST_F(Claims, NearNeedsTheWholeIntervalWithinTheMargin) {
  put("a", "circularity", around(0.80, 0.01));
  put("b", "circularity", around(0.79, 0.01));
  EXPECT_EQ(pair(Rule::Is::near, 0.05), Verdict::held);
  EXPECT_EQ(pair(Rule::Is::near, 0.015), Verdict::undecided);
  put("b", "circularity", around(0.6, 0.01));
  EXPECT_EQ(pair(Rule::Is::near, 0.05), Verdict::not_held);
}

TEST_F(Claims, ReplicatesOfTheSameImagesAreComparedInPairs) {
  put("a", "circularity", around(0.80, 0.1, true));
  put("b", "circularity", around(0.79, 0.1, true));
  EXPECT_EQ(pair(Rule::Is::above), Verdict::held);
}

TEST_F(Claims, HighestAndLowestBeatEveryOther) {
  put("a", "circularity", around(0.5, 0.01));
  put("b", "circularity", around(0.6, 0.01));
  put("c", "circularity", around(0.7, 0.01));
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "c"}), Verdict::held);
  EXPECT_EQ(extreme(Rule::Is::highest, {"b", "c"}), Verdict::not_held);
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "c"}, 0.15), Verdict::undecided);
  put("d", "circularity", around(0.505, 0.01));
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "c", "d"}), Verdict::undecided);
  put("d", "circularity", around(0.3, 0.01));
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "c", "d"}), Verdict::not_held);
}

TEST_F(Claims, WhatHasNoCellsIsNotTheBest) {
  put("a", "circularity", around(0.5, 0.01));
  put("b", "circularity", around(0.6, 0.01));
  put("empty", "cells_per_image", around(0.1, 0.1));
  put("dull", "sharpness", around(1.0, 0.1));
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "empty"}), Verdict::held);
  const auto outcome =
      judged({{"circularity", "empty", Rule::Is::lowest, "", "circularity", {"a", "b"}, 0.0}});
  EXPECT_EQ(outcome.verdict, Verdict::not_held);
  EXPECT_THAT(outcome.explanation, HasSubstr("too few cells"));
  // A measure that a condition never has is another matter.
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "dull"}), Verdict::undecided);
  const Rule never{"kl", "empty", Rule::Is::lowest, "", "kl", {"a"}, 0.0};
  EXPECT_EQ(judged({never}).verdict, Verdict::undecided);
  EXPECT_THAT(judged({never}).explanation, HasSubstr("does not apply"));
}

TEST_F(Claims, WithoutASpreadOverSeedsNothingIsDecided) {
  put("a", "solidity", around(0.95, 0.001));
  put("b", "solidity", around(0.5, 0.001));
  const Rule rule{"solidity", "a", Rule::Is::above, "b", "solidity", {}, std::nullopt};
  EXPECT_EQ(judged({rule}).verdict, Verdict::held);
  estimates_["seeds/2"].clear();
  EXPECT_EQ(judged({rule}).verdict, Verdict::undecided);
  EXPECT_THAT(judged({rule}).explanation, HasSubstr("no margin"));
  experiment_.seeds = {1};
  EXPECT_EQ(judged({rule}).verdict, Verdict::undecided);
}

TEST_F(Claims, WhatWasNotRunDecidesNothing) {
  put("a", "circularity", around(0.5, 0.01));
  put("b", "circularity", around(0.6, 0.01));
  EXPECT_EQ(extreme(Rule::Is::lowest, {"b", "absent"}), Verdict::undecided);
  const auto outcome =
      judged({{"circularity", "a", Rule::Is::above, "absent", "circularity", {}, 0.0}});
  EXPECT_EQ(outcome.verdict, Verdict::undecided);
  EXPECT_THAT(outcome.explanation, HasSubstr("absent was not run"));
}

TEST_F(Claims, WithoutAMarginTheSpreadOverSeedsIsTaken) {
  put("a", "solidity", around(0.95, 0.001));
  put("b", "solidity", around(0.93, 0.001));  // 0.02 apart, the seeds 0.03
  const auto outcome =
      judged({{"solidity", "a", Rule::Is::above, "b", "solidity", {}, std::nullopt}});
  EXPECT_EQ(outcome.verdict, Verdict::undecided);
  EXPECT_THAT(outcome.explanation, HasSubstr("margin 0.03"));
  EXPECT_THAT(outcome.rule, AllOf(HasSubstr("solidity of a is above that of b"),
                                  HasSubstr("spread over the training seeds")));
  put("b", "solidity", around(0.90, 0.001));
  EXPECT_EQ(judged({{"solidity", "a", Rule::Is::above, "b", "solidity", {}, std::nullopt}}).verdict,
            Verdict::held);
}

TEST_F(Claims, TwoMeasuresOfOneConditionCanBeCompared) {
  put("a", "frechet_benign", around(1.0, 0.1));
  put("a", "frechet_malignant", around(3.0, 0.1));
  EXPECT_EQ(
      judged({{"frechet_benign", "a", Rule::Is::below, "a", "frechet_malignant", {}, 0.0}}).verdict,
      Verdict::held);
}

TEST_F(Claims, AllRulesMustHold) {
  put("a", "circularity", around(0.8, 0.01));
  put("b", "circularity", around(0.6, 0.01));
  const Rule holds{"circularity", "a", Rule::Is::above, "b", "circularity", {}, 0.0};
  const Rule fails{"circularity", "a", Rule::Is::below, "b", "circularity", {}, 0.0};
  const Rule open{"circularity", "a", Rule::Is::above, "absent", "circularity", {}, 0.0};
  EXPECT_EQ(judged({holds, holds}).verdict, Verdict::held);
  EXPECT_EQ(judged({holds, open}).verdict, Verdict::undecided);
  EXPECT_EQ(judged({open, fails}).verdict, Verdict::not_held);
  EXPECT_EQ(judged({fails, holds}).verdict, Verdict::not_held);
}

}  // namespace
}  // namespace smear::study
