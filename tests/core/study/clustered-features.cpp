// SPDX-License-Identifier: Apache-2.0
// The Gaussian of clusters that count several times, or not at all, is that of the rows written out
// as often, though features be large and vary little.
#include "study/clustered-features.h"

#include <gtest/gtest.h>

#include <limits>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "study/bootstrap.h"

namespace smear::study {
namespace {

/// Rows with features around 0 and around 10^6; some clusters have no rows.
std::vector<Features> clusters(int count, unsigned seed) {
  cv::RNG generator(seed);
  std::vector<Features> result;
  for (int i = 0; i < count; ++i) {
    Features rows(generator.uniform(0, 5), 3);
    if (!rows.empty()) {
      generator.fill(rows, cv::RNG::NORMAL, 0.0, 1.0);
      rows.col(1) += rows.col(0);
      rows.col(2) += 1e6;
    }
    result.push_back(rows);
  }
  return result;
}

Gaussian written_out(const std::vector<Features>& clusters, const Multiplicities& times) {
  std::vector<double> values;
  for (std::size_t i = 0; i < clusters.size(); ++i)
    for (std::uint32_t n = 0; n < times[i]; ++n)
      values.insert(values.end(), clusters[i].begin(), clusters[i].end());
  Gaussian gaussian;
  const cv::Mat1d rows = cv::Mat1d(values).reshape(1, static_cast<int>(values.size()) / 3);
  cv::calcCovarMatrix(rows, gaussian.covariance, gaussian.mean, cv::COVAR_NORMAL | cv::COVAR_ROWS);
  gaussian.covariance /= rows.rows - 1;
  return gaussian;
}

TEST(ClusteredFeatures, AgreeWithTheRowsWrittenOut) {
  const auto all = clusters(40, 1);
  const ClusteredFeatures clustered(all);
  for (const Multiplicities& times : resamples(all.size(), 20, 2)) {
    const Gaussian found = clustered.gaussian(times);
    const Gaussian expected = written_out(all, times);
    EXPECT_LT(cv::norm(found.mean, expected.mean, cv::NORM_INF), 1e-9);
    EXPECT_LT(cv::norm(found.covariance, expected.covariance, cv::NORM_INF), 1e-9);
    EXPECT_NEAR(frechet_distance(found, expected), 0.0, 1e-9);
  }
}

TEST(ClusteredFeatures, OfFewerThanTwoRowsAreUnknown) {
  const std::vector<Features> all{Features(), Features(1, 2, 1.0)};
  const ClusteredFeatures clustered(all);
  EXPECT_TRUE(clustered.gaussian(Multiplicities{5, 1}).mean.empty());
  const Gaussian twice = clustered.gaussian(Multiplicities{0, 2});
  EXPECT_EQ(cv::norm(twice.mean, cv::Mat1d(1, 2, 1.0)), 0.0);
  EXPECT_EQ(cv::norm(twice.covariance), 0.0);
  EXPECT_TRUE(ClusteredFeatures({}).gaussian({}).mean.empty());
  EXPECT_TRUE(
      ClusteredFeatures(std::vector<Features>(2)).gaussian(Multiplicities{1, 1}).mean.empty());
}

TEST(ClusteredFeatures, RefuseWhatDoesNotGoTogether) {
  const std::vector<Features> uneven{Features(1, 2, 1.0), Features(1, 3, 1.0)};
  EXPECT_THROW(ClusteredFeatures{uneven}, std::invalid_argument);
  const std::vector<Features> bad{Features(1, 2, std::numeric_limits<double>::quiet_NaN())};
  EXPECT_THROW(ClusteredFeatures{bad}, std::invalid_argument);
  const std::vector<Features> good{Features(3, 2, 1.0)};
  EXPECT_THROW((void)ClusteredFeatures(good).gaussian(Multiplicities{1, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace smear::study
