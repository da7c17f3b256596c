// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// How far an estimate may be off: the percentile bootstrap over clusters (Efron and Tibshirani, An
/// Introduction to the Bootstrap, 1993, chapter 13). What is drawn anew are images, not cells,
/// because the cells of an image are more alike than those of different ones.
namespace smear::study {

/// How often each cluster counts in a replicate: one whole number a cluster.
using Multiplicities = std::vector<std::uint32_t>;

/// `count` replicates, each of `clusters` draws with replacement from `clusters` clusters. They
/// depend on the arguments alone, and are the same on every machine. Conditions that were measured
/// on the same images are compared in pairs by giving each replicate to all of them. Throws
/// `std::invalid_argument` for a negative count.
std::vector<Multiplicities> resamples(std::size_t clusters, int count, std::uint64_t seed);

struct Interval {
  double estimate;  ///< from all clusters as they are
  double low;
  double high;
};

/// The interval that holds the share `confidence` (above 0, below 1) of the replicates, with as
/// many below it as above; its ends are quantiles by linear interpolation, as NumPy's default.
/// NaN replicates are left out; where no other is there, the ends are NaN. Throws
/// `std::invalid_argument` for a confidence out of range.
Interval interval_of(double estimate, std::vector<double> replicates, double confidence);

}  // namespace smear::study
