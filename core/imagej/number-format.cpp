// SPDX-License-Identifier: Apache-2.0
#include "imagej/number-format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

namespace smear::imagej {
namespace {

// NaN and the infinities in Java's words; empty for other values.
std::string word_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return {};
}

// The shortest decimal that reads back as `value`. Java rounds and pads its digits, where printf
// takes those of the exact binary value.
std::string shortest(double value, std::chars_format format) {
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, value, format).ptr;
  return {text, end};
}

std::string printed(const char* format, double value, int decimals) {
  char text[400];
  const int length = std::snprintf(text, sizeof text, format, decimals, value);
  return {text, static_cast<std::size_t>(length)};
}

int decimals_in(std::string_view number) {
  const auto point = number.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int>(number.size() - point - 1);
}

// Zeros up to `decimals`, after a point.
void pad(std::string& number, int decimals) {
  const int there = decimals_in(number);
  if (there == 0 && decimals > 0) number += '.';
  number.append(static_cast<std::size_t>(decimals - there), '0');
}

// Whole numbers above 2^53, of which to_chars would write all digits.
std::string large(double value) {
  const std::string text = shortest(value, std::chars_format::scientific);
  const auto e = text.find('e');
  std::string digits = text.substr(0, e);
  const int zeros = std::stoi(text.substr(e + 1)) - decimals_in(digits);
  std::erase(digits, '.');
  return digits + std::string(static_cast<std::size_t>(std::max(zeros, 0)), '0');
}

constexpr double exact_integers = 9007199254740992.0;  // 2^53

std::string fixed(double value, int decimals) {
  // At 0 decimals ImageJ rounds half up.
  if (decimals == 0 && std::abs(value) < exact_integers / 2)
    value = std::copysign(std::floor(std::abs(value) + 0.5), value);
  std::string text =
      std::abs(value) < exact_integers ? shortest(value, std::chars_format::fixed) : large(value);
  if (const int there = decimals_in(text); there > decimals) {
    // What Java does with a single 5 behind the last place: 0.0005 is 0.000.
    const bool lone_five = there == decimals + 1 && text.back() == '5';
    const double size = std::abs(value);
    if (lone_five && size < 0.001 && size < 1.0 / std::pow(10.0, decimals))
      value = std::copysign(0.0, value);
    return printed("%.*f", value, decimals);
  }
  pad(text, decimals);
  return text;
}

// "1.23E4".
std::string scientific(double value, int decimals) {
  std::string text = shortest(value, std::chars_format::scientific);
  auto e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (decimals_in(mantissa) > decimals) {
    // Java takes ties of whole numbers up, others to even.
    const bool tie = decimals_in(mantissa) == decimals + 1 && mantissa.back() == '5';
    if (tie && value == std::floor(value)) value = std::nextafter(value, 2.0 * value);
    text = printed("%.*e", value, decimals);
    e = text.find('e');
    mantissa = text.substr(0, e);
  }
  pad(mantissa, decimals);
  return mantissa + 'E' + std::to_string(std::stoi(text.substr(e + 1)));
}

}  // namespace

std::string d2s(double value, int decimals) {
  if (auto word = word_of(value); !word.empty()) return word;
  if (decimals < 0) return scientific(value, std::min(-decimals, 9));
  return fixed(value, std::min(decimals, 9));
}

std::string table_d2s(double value, int decimals, bool small_scientific) {
  if (auto word = word_of(value); !word.empty()) return word;
  // ImageJ's word for what division by 0 used to leave in float images.
  if (value == static_cast<double>(std::numeric_limits<float>::max())) return "3.4e38";
  if (decimals < 0) return scientific(value, std::min(-decimals, 9));
  const double size = std::abs(value);
  const bool small =
      small_scientific && size < 0.001 && size != 0.0 && size < 1.0 / std::pow(10.0, decimals);
  if (small || size > 999999999999.0) return scientific(value, 3);
  return fixed(value, decimals);
}

std::string macro_text(double value) {
  if (auto word = word_of(value); !word.empty()) return word;
  if (value == std::floor(value) && value <= 2147483647.0 && value >= -2147483648.0)
    return fixed(value, 0);
  constexpr int significant = 4;
  constexpr int most = 9;
  // Digits before the point; what rounds up at the last place counts as one more.
  const int magnitude =
      static_cast<int>(std::ceil(std::log10(std::abs(value)) + 0.223 * std::pow(10.0, -most)));
  int decimals = value == std::floor(value) ? 0 : most - magnitude;
  if (magnitude > most || magnitude < significant + 1 - most) return scientific(value, significant);
  if (decimals > significant) decimals = std::max(significant, decimals - most + significant);
  std::string text = fixed(value, decimals);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace smear::imagej
