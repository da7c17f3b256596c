// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace smear::report {

/// Counts of values in bins of equal width, with the figures that a reader wants beside them.
/// Bin i holds low + i*width <= v < low + (i+1)*width; in a histogram of real numbers the last bin
/// holds its upper edge too. Every finite value is in a bin, or in `below` or `above`.
struct Histogram {
  double low = 0.0;
  double width = 0.0;
  std::vector<std::int64_t> counts;  ///< empty where there is no finite value
  std::int64_t below = 0;            ///< finite values left of the first bin
  std::int64_t above = 0;            ///< finite values right of the last bin
  std::int64_t missing = 0;          ///< NaN and infinite values, in none of the figures
  std::int64_t n = 0;                ///< finite values
  double minimum = 0.0;
  double maximum = 0.0;
  double mean = 0.0;
  double median = 0.0;  ///< of an even number of values, the mean of the two in the middle
};

enum class Grain {
  real,   ///< measurements
  whole,  ///< counts: bin edges and widths are whole numbers
};

/// Bins the values. The width is that of Freedman and Diaconis, 2 IQR / cbrt(n), held to 5..40 bins
/// and rounded to the nearest of 1, 2, 2.5 or 5 times a power of ten (to a whole number where
/// counts ask for less than 10), edges being multiples of it. With 200 values or more, a tail that
/// would stretch the axis (the outermost 1 % reaching further than half of the span of the rest) is
/// left to `below` and `above`.
[[nodiscard]] Histogram histogram(std::span<const float> values, Grain grain);

}  // namespace smear::report
