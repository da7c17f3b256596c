// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "study/distances.h"

namespace smear::study {

/// Features of cells in clusters (the cells of an image), made ready for the Gaussians of bootstrap
/// replicates: each costs the clusters' sums of features and of products of two, not their cells.
class ClusteredFeatures {
 public:
  /// The features of each cluster, all of the same number of columns; a cluster without rows may
  /// have none. Throws `std::invalid_argument` for other numbers, and for values that are not
  /// finite.
  explicit ClusteredFeatures(std::span<const Features> clusters);

  /// `gaussian_of` the rows in which those of each cluster stand as often as told, one number a
  /// cluster. Throws `std::invalid_argument` where the numbers are not as many as the clusters.
  [[nodiscard]] Gaussian gaussian(std::span<const std::uint32_t> times) const;

 private:
  int features_;
  cv::Mat1d centre_;  // {1, features}: sums are of differences from it, which keeps them exact
  // A row a cluster: the number of its rows, the features' sums, the sums of all their products.
  // So the sums of a replicate are one product of matrices.
  cv::Mat1d sums_;
};

}  // namespace smear::study
