// SPDX-License-Identifier: Apache-2.0
// The bootstrap draws the same replicates everywhere and every cluster as often, its intervals are
// NumPy's quantiles, and that of a mean covers the true mean as often as it says.
#include "study/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>
#include <stdexcept>

namespace smear::study {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

TEST(Resamples, AreTheSameEverywhere) {
  const auto replicates = resamples(6, 3, 1);
  EXPECT_THAT(replicates, testing::ElementsAre(Multiplicities{4, 0, 1, 1, 0, 0},
                                               Multiplicities{0, 0, 3, 1, 1, 1},
                                               Multiplicities{1, 1, 1, 1, 0, 2}));
  EXPECT_EQ(resamples(6, 3, 1), replicates);
  EXPECT_NE(resamples(6, 3, 2), replicates);
}

TEST(Resamples, DrawAsManyAsThereAreAndEachAsOften) {
  constexpr std::size_t clusters = 7;
  constexpr int count = 20000;
  std::vector<double> sums(clusters, 0.0);
  double untouched = 0.0;
  for (const Multiplicities& times : resamples(clusters, count, 5)) {
    ASSERT_EQ(std::accumulate(times.begin(), times.end(), 0U), clusters);
    for (std::size_t i = 0; i < clusters; ++i) {
      sums[i] += times[i];
      if (times[i] == 0) ++untouched;
    }
  }
  // Binomial: n = 7 * count draws with p = 1/7; five standard deviations.
  for (const double sum : sums) EXPECT_NEAR(sum, count, 5.0 * std::sqrt(count * 6.0 / 7.0));
  const double left_out = std::pow(6.0 / 7.0, 7.0);
  EXPECT_NEAR(untouched / (count * 7.0), left_out, 0.005);
}

TEST(Resamples, OfNothingAreEmpty) {
  EXPECT_TRUE(resamples(5, 0, 1).empty());
  EXPECT_THAT(resamples(0, 2, 1), testing::Each(testing::IsEmpty()));
  EXPECT_THAT(resamples(1, 2, 1), testing::Each(testing::ElementsAre(1)));
  EXPECT_THROW((void)resamples(5, -1, 1), std::invalid_argument);
}

TEST(IntervalOf, HasTheQuantilesOfNumPy) {
  // np.quantile([3, 1, 2, 5, 4], [0.05, 0.95]) = [1.2, 4.8]
  const Interval interval = interval_of(2.5, {3, 1, 2, 5, 4}, 0.9);
  EXPECT_EQ(interval.estimate, 2.5);
  EXPECT_NEAR(interval.low, 1.2, 1e-12);
  EXPECT_NEAR(interval.high, 4.8, 1e-12);
}

TEST(IntervalOf, LeavesOutWhatIsUnknown) {
  const Interval interval = interval_of(2.0, {not_a_number, 1.0, not_a_number, 3.0}, 0.5);
  EXPECT_NEAR(interval.low, 1.5, 1e-12);
  EXPECT_NEAR(interval.high, 2.5, 1e-12);
  for (const auto& none : {std::vector<double>{}, std::vector<double>{not_a_number}}) {
    const Interval unknown = interval_of(2.0, none, 0.95);
    EXPECT_EQ(unknown.estimate, 2.0);
    EXPECT_TRUE(std::isnan(unknown.low));
    EXPECT_TRUE(std::isnan(unknown.high));
  }
  EXPECT_EQ(interval_of(2.0, {7.0}, 0.95).low, 7.0);
  EXPECT_EQ(interval_of(2.0, {7.0}, 0.95).high, 7.0);
}

TEST(IntervalOf, RefusesAConfidenceOutOfRange) {
  for (const double bad : {0.0, 1.0, -0.5, 95.0, not_a_number})
    EXPECT_THROW((void)interval_of(1.0, {1.0}, bad), std::invalid_argument) << bad;
}

TEST(Bootstrap, IntervalOfAMeanCoversItAsOftenAsItSays) {
  constexpr int trials = 400;
  constexpr std::size_t clusters = 60;
  cv::RNG generator(9);
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(clusters);
    for (double& value : values) value = 10.0 + generator.gaussian(2.0);
    const auto mean = [&](const Multiplicities& times) {
      return std::inner_product(times.begin(), times.end(), values.begin(), 0.0) / clusters;
    };
    std::vector<double> replicates;
    for (const auto& times : resamples(clusters, 400, static_cast<std::uint64_t>(trial)))
      replicates.push_back(mean(times));
    const Interval interval = interval_of(mean(Multiplicities(clusters, 1)), replicates, 0.9);
    EXPECT_LT(interval.low, interval.estimate);
    EXPECT_GT(interval.high, interval.estimate);
    if (interval.low <= 10.0 && 10.0 <= interval.high) ++covered;
  }
  // The percentile interval of 60 values is short by sqrt(59/60) and by Student's t, together 2 %:
  // it covers 89 %. Four standard deviations of the binomial are 25.
  EXPECT_NEAR(covered, 0.89 * trials, 25);
}

}  // namespace
}  // namespace smear::study
