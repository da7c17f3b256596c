// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

namespace smear::study {

/// The quantile `p` (0..1) of sorted values, one at least, by linear interpolation between order
/// statistics at the place p (n - 1), as NumPy's default.
template <typename Number>
double quantile(const std::vector<Number>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(below);
  const auto low = static_cast<double>(sorted[below]);
  return low + share * (static_cast<double>(sorted[above]) - low);
}

}  // namespace smear::study
