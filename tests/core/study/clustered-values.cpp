// SPDX-License-Identifier: Apache-2.0
// The Wasserstein distance of clusters that count several times, or not at all, is that of the
// values written out as often.
#include "study/clustered-values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "study/bootstrap.h"
#include "study/distances.h"

namespace smear::study {
namespace {

using Clusters = std::vector<std::vector<double>>;

Clusters clusters(int count, double low, double high, unsigned seed) {
  cv::RNG generator(seed);
  Clusters result(static_cast<std::size_t>(count));
  for (auto& cluster : result) {
    const int cells = generator.uniform(0, 6);  // some images have none
    for (int i = 0; i < cells; ++i)
      cluster.push_back(std::round(generator.uniform(low, high) * 20.0) / 20.0);  // with ties
  }
  return result;
}

std::vector<double> written_out(const Clusters& clusters, const Multiplicities& times) {
  std::vector<double> values;
  for (std::size_t i = 0; i < clusters.size(); ++i)
    for (std::uint32_t n = 0; n < times[i]; ++n)
      values.insert(values.end(), clusters[i].begin(), clusters[i].end());
  return values;
}

TEST(ClusteredValues, AgreeWithTheValuesWrittenOut) {
  const Clusters a = clusters(30, 0.0, 5.0, 1);
  const Clusters b = clusters(45, 1.0, 8.0, 2);
  const ClusteredValues both(a, b);
  const auto times_a = resamples(a.size(), 20, 3);
  const auto times_b = resamples(b.size(), 20, 4);
  for (std::size_t i = 0; i < times_a.size(); ++i)
    EXPECT_NEAR(both.wasserstein_distance(times_a[i], times_b[i]),
                wasserstein_distance(written_out(a, times_a[i]), written_out(b, times_b[i])),
                1e-12);
}

TEST(ClusteredValues, OfNoClusterThatCountsAreUnknown) {
  const Clusters a{{1.0, 2.0}, {}};
  const Clusters b{{3.0}};
  const ClusteredValues both(a, b);
  EXPECT_NEAR(both.wasserstein_distance(Multiplicities{1, 1}, Multiplicities{1}), 1.5, 1e-15);
  EXPECT_TRUE(std::isnan(both.wasserstein_distance(Multiplicities{0, 2}, Multiplicities{1})));
  EXPECT_TRUE(std::isnan(both.wasserstein_distance(Multiplicities{1, 1}, Multiplicities{0})));
  EXPECT_TRUE(std::isnan(ClusteredValues({}, {}).wasserstein_distance({}, {})));
}

TEST(ClusteredValues, RefuseOtherNumbersOfClustersAndWhatIsNotFinite) {
  const Clusters a{{1.0, 2.0}, {}};
  const Clusters b{{3.0}};
  const ClusteredValues both(a, b);
  EXPECT_THROW((void)both.wasserstein_distance(Multiplicities{1}, Multiplicities{1}),
               std::invalid_argument);
  EXPECT_THROW((void)both.wasserstein_distance(Multiplicities{1, 1}, Multiplicities{1, 1}),
               std::invalid_argument);
  const Clusters bad{{1.0}, {std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_THROW(ClusteredValues(bad, b), std::invalid_argument);
}

}  // namespace
}  // namespace smear::study
