// SPDX-License-Identifier: Apache-2.0
#include "study/clustered-values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace smear::study {

ClusteredValues::ClusteredValues(Clusters a, Clusters b) : clusters_of_a_(a.size()) {
  for (const Clusters& set : {a, b})
    for (const std::vector<double>& values : set) {
      const auto cluster = static_cast<std::uint32_t>(cluster_sizes_.size());
      cluster_sizes_.push_back(static_cast<std::int64_t>(values.size()));
      for (const double value : values) {
        if (!std::isfinite(value))
          throw std::invalid_argument(
              "a Wasserstein distance needs finite values: leave out what was not measured");
        places_.push_back({value, cluster});
      }
    }
  std::ranges::sort(places_, {}, &Place::value);
}

double ClusteredValues::wasserstein_distance(std::span<const std::uint32_t> times_a,
                                             std::span<const std::uint32_t> times_b) const {
  if (times_a.size() != clusters_of_a_ || times_b.size() != cluster_sizes_.size() - clusters_of_a_)
    throw std::invalid_argument("a Wasserstein distance needs one number a cluster");
  std::vector<std::int64_t> steps(times_a.begin(), times_a.end());
  steps.insert(steps.end(), times_b.begin(), times_b.end());
  std::int64_t size_a = 0;
  std::int64_t size_b = 0;
  for (std::size_t i = 0; i < steps.size(); ++i)
    (i < clusters_of_a_ ? size_a : size_b) += steps[i] * cluster_sizes_[i];
  if (size_a == 0 || size_b == 0) return std::numeric_limits<double>::quiet_NaN();

  // F - G times both sizes is a whole number, so that equal sets are at a distance of exactly 0.
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] *= i < clusters_of_a_ ? size_b : -size_a;
  std::int64_t difference = 0;
  double sum = 0.0;
  double before = places_.front().value;
  for (const Place& place : places_) {
    sum += static_cast<double>(std::abs(difference)) * (place.value - before);
    before = place.value;
    difference += steps[place.cluster];
  }
  return sum / (static_cast<double>(size_a) * static_cast<double>(size_b));
}

}  // namespace smear::study
