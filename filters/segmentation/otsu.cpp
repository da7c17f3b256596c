// SPDX-License-Identifier: Apache-2.0
#include "segmentation/otsu.h"

#include <algorithm>
#include <cmath>

namespace smear::segmentation {
namespace {

constexpr int bins = otsu_bins;

/// Number and sum of bin numbers of the bins below each bin.
struct Sums {
  std::array<double, bins + 1> count{};
  std::array<double, bins + 1> moment{};
};

Sums sums_of(const OtsuHistogram& histogram) {
  Sums sums;
  for (std::size_t b = 0; b < bins; ++b) {
    sums.count[b + 1] = sums.count[b] + static_cast<double>(histogram[b]);
    sums.moment[b + 1] =
        sums.moment[b] + static_cast<double>(histogram[b]) * static_cast<double>(b);
  }
  return sums;
}

/// What a class of the bins [from, to) adds to the between-class variance, but for constants.
double gain(const Sums& sums, std::size_t from, std::size_t to) {
  const double count = sums.count[to] - sums.count[from];
  const double moment = sums.moment[to] - sums.moment[from];
  return count > 0.0 ? moment * moment / count : 0.0;
}

}  // namespace

// The gains of classes add up, so the best division of the bins below `end` into n classes extends
// a best division into n - 1 of those below some bin: no need to try all.
std::vector<int> otsu_starts(const OtsuHistogram& histogram, int classes) {
  const Sums sums = sums_of(histogram);
  const auto n = static_cast<std::size_t>(classes);
  std::vector<std::array<double, bins + 1>> best(n);
  std::vector<std::array<std::size_t, bins + 1>> start(n);
  for (std::size_t end = 1; end <= bins; ++end) best[0][end] = gain(sums, 0, end);
  for (std::size_t c = 1; c < n; ++c)
    for (std::size_t end = c + 1; end <= bins; ++end) {
      best[c][end] = -1.0;
      for (std::size_t from = c; from < end; ++from) {
        const double value = best[c - 1][from] + gain(sums, from, end);
        if (value > best[c][end]) {
          best[c][end] = value;
          start[c][end] = from;
        }
      }
    }
  std::vector<int> starts(n - 1);
  for (std::size_t c = n - 1, end = bins; c > 0; --c) {
    end = start[c][end];
    starts[c - 1] = static_cast<int>(end);
  }
  return starts;
}

std::vector<double> otsu_thresholds(const std::vector<float>& values, double low, double high,
                                    int classes) {
  OtsuHistogram histogram{};
  const double width = (high - low) / bins;
  for (const float value : values) {
    if (std::isnan(value)) continue;
    const double bin = std::floor((static_cast<double>(value) - low) / width);
    ++histogram[static_cast<std::size_t>(std::clamp(bin, 0.0, bins - 1.0))];
  }
  std::vector<double> thresholds;
  for (const int start : otsu_starts(histogram, classes)) thresholds.push_back(low + start * width);
  return thresholds;
}

}  // namespace smear::segmentation
