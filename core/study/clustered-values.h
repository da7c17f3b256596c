// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace smear::study {

/// Two sets of values in clusters (the cells of an image), made ready for the Wasserstein distances
/// of bootstrap replicates: each costs one pass over the values, which are sorted only once.
class ClusteredValues {
 public:
  using Clusters = std::span<const std::vector<double>>;  ///< the values of each; may be empty

  /// Throws `std::invalid_argument` for a value that is NaN or infinite.
  ClusteredValues(Clusters a, Clusters b);

  /// `wasserstein_distance` of the sets in which the values of each cluster stand as often as told,
  /// one number a cluster; NaN where a set is empty then. Exact for up to 2^31 values a set. Throws
  /// `std::invalid_argument` where the numbers are not as many as the clusters.
  [[nodiscard]] double wasserstein_distance(std::span<const std::uint32_t> times_a,
                                            std::span<const std::uint32_t> times_b) const;

 private:
  struct Place {
    double value;
    std::uint32_t cluster;  // those of b are numbered behind those of a
  };

  std::vector<Place> places_;                // of both sets, sorted by value
  std::vector<std::int64_t> cluster_sizes_;  // of a, then of b
  std::size_t clusters_of_a_;
};

}  // namespace smear::study
