// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/image-calculator.h"
#include "imagej/letters.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace smear::imagej {
namespace {

template <typename T, typename Function>
void each(const cv::Mat& second, cv::Mat& first, const Function& function) {
  const int rows = std::min(first.rows, second.rows);
  const int columns = std::min(first.cols, second.cols) * first.channels();
  for (int y = 0; y < rows; ++y) {
    const auto* from = second.ptr<T>(y);
    auto* to = first.ptr<T>(y);
    for (int x = 0; x < columns; ++x) to[x] = function(to[x], from[x]);
  }
}

template <typename T>
void combine_whole(Combination combination, const cv::Mat& second, cv::Mat& first) {
  constexpr std::int64_t most = std::numeric_limits<T>::max();
  const auto with = [&](const auto& function) {
    each<T>(second, first, [&](T a, T b) {
      const std::int64_t value =
          function(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
      return static_cast<T>(std::clamp<std::int64_t>(value, 0, most));
    });
  };
  using I = std::int64_t;
  switch (combination) {
    case Combination::add: with([](I a, I b) { return a + b; }); break;
    case Combination::subtract: with([](I a, I b) { return a - b; }); break;
    // Java's 32 bits: the greatest products of 16-bit values are negative.
    case Combination::multiply:
      with([](I a, I b) { return static_cast<std::int32_t>(a * b); });
      break;
    case Combination::divide: with([](I a, I b) { return b == 0 ? most : a / b; }); break;
    case Combination::bit_and: with([](I a, I b) { return a & b; }); break;
    case Combination::bit_or: with([](I a, I b) { return a | b; }); break;
    case Combination::bit_xor: with([](I a, I b) { return a ^ b; }); break;
    case Combination::minimum: with([](I a, I b) { return std::min(a, b); }); break;
    case Combination::maximum: with([](I a, I b) { return std::max(a, b); }); break;
    case Combination::average: with([](I a, I b) { return (a + b) / 2; }); break;
    case Combination::difference: with([](I a, I b) { return std::abs(a - b); }); break;
    case Combination::copy: with([](I, I b) { return b; }); break;
    case Combination::transparent_zero: with([](I a, I b) { return b == 0 ? a : b; }); break;
  }
}

// Java's (int) of a float.
std::int32_t java_int(float value) {
  if (std::isnan(value)) return 0;
  if (value >= 2147483648.0F) return std::numeric_limits<std::int32_t>::max();
  if (value <= -2147483648.0F) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(value);
}

void combine_floats(Combination combination, const cv::Mat& second, cv::Mat& first) {
  const auto with = [&](const auto& function) { each<float>(second, first, function); };
  switch (combination) {
    case Combination::add: with([](float a, float b) { return a + b; }); break;
    case Combination::subtract: with([](float a, float b) { return a - b; }); break;
    case Combination::multiply: with([](float a, float b) { return a * b; }); break;
    case Combination::divide: with([](float a, float b) { return a / b; }); break;
    case Combination::bit_and:
      with([](float a, float b) { return static_cast<float>(java_int(a) & java_int(b)); });
      break;
    case Combination::bit_or:
      with([](float a, float b) { return static_cast<float>(java_int(a) | java_int(b)); });
      break;
    case Combination::bit_xor:
      with([](float a, float b) { return static_cast<float>(java_int(a) ^ java_int(b)); });
      break;
    case Combination::minimum: with([](float a, float b) { return b < a ? b : a; }); break;
    case Combination::maximum: with([](float a, float b) { return b > a ? b : a; }); break;
    case Combination::average: with([](float a, float b) { return (a + b) / 2.0F; }); break;
    case Combination::difference:
      with([](float a, float b) { return a < b ? b - a : a - b; });
      break;
    case Combination::copy: with([](float, float b) { return b; }); break;
    case Combination::transparent_zero:
      with([](float a, float b) { return b == 0.0F ? a : b; });
      break;
  }
}

// Of RGB a pixel is 0 only where it is black.
void copy_but_black(const cv::Mat& second, cv::Mat& first) {
  const int rows = std::min(first.rows, second.rows);
  const int columns = std::min(first.cols, second.cols);
  for (int y = 0; y < rows; ++y) {
    const auto* from = second.ptr<std::uint8_t>(y);
    auto* to = first.ptr<std::uint8_t>(y);
    for (int x = 0; x < columns; ++x, from += 3, to += 3)
      if (from[0] != 0 || from[1] != 0 || from[2] != 0) std::copy(from, from + 3, to);
  }
}

}  // namespace

const std::vector<std::string>& combination_names() {
  static const std::vector<std::string> names{
      "Add",     "Subtract",   "Multiply", "Divide",          "AND", "OR", "XOR", "Min", "Max",
      "Average", "Difference", "Copy",     "Transparent-zero"};
  return names;
}

std::optional<Combination> combination_named(std::string_view name) {
  const auto& names = combination_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (same_letters(names[i], name)) return static_cast<Combination>(i);
  return std::nullopt;
}

void combine(Combination combination, const cv::Mat& second, cv::Mat& first) {
  if (combination == Combination::transparent_zero && first.channels() == 3) {
    copy_but_black(second, first);
    return;
  }
  switch (first.depth()) {
    case CV_8U: combine_whole<std::uint8_t>(combination, second, first); break;
    case CV_16U: combine_whole<std::uint16_t>(combination, second, first); break;
    default: combine_floats(combination, second, first);
  }
}

}  // namespace smear::imagej
