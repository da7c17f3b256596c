// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace smear::imagej {

/// How two images become one, pixel by pixel.
enum class Combination {
  add,
  subtract,
  multiply,
  divide,
  bit_and,
  bit_or,
  bit_xor,
  minimum,
  maximum,
  average,
  difference,
  copy,
  transparent_zero,  ///< the second image where it is not 0
};

/// By ImageJ's name ("Add", "Transparent-zero"), upper or lower case; nothing for others.
std::optional<Combination> combination_named(std::string_view name);

/// The names in ImageJ's order.
const std::vector<std::string>& combination_names();

/// Combines `second` into `first`, both of one ImageJ type, from the upper left corner as far as
/// both reach. Whole numbers are cut to the type's range, products
/// above 2^31 - 1, which wrap in Java, to 0; quotients and means are truncated, and
/// x/0 is the greatest value. 32-bit x/0 is infinite, or NaN for 0/0; its bit operations are those
/// of the values as 32-bit whole numbers.
void combine(Combination combination, const cv::Mat& second, cv::Mat& first);

}  // namespace smear::imagej
