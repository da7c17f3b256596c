// SPDX-License-Identifier: Apache-2.0
#include "imagej/preferences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>

#include "smear/errors.h"

namespace smear::imagej {
namespace {

struct Flag {
  std::string_view name;
  bool Preferences::*member;
};
constexpr std::array flags{
    Flag{"blackBackground", &Preferences::black_background},
    Flag{"padEdges", &Preferences::pad_edges},
    Flag{"weightedRGB", &Preferences::weighted_rgb},
    Flag{"invertingLUT", &Preferences::inverting_lut},
    Flag{"scaleConversions", &Preferences::scale_conversions},
    Flag{"showRowNumbers", &Preferences::show_row_numbers},
    Flag{"saveColumnHeaders", &Preferences::save_column_headers},
    Flag{"saveRowNumbers", &Preferences::save_row_numbers},
    Flag{"interpolateScaledImages", &Preferences::interpolate_scaled_images},
};
struct Number {
  std::string_view name;
  int Preferences::*member;
  int most;
};
constexpr std::array numbers{
    Number{"binaryIterations", &Preferences::binary_iterations, 100},
    Number{"binaryCount", &Preferences::binary_count, 8},
    Number{"jpegQuality", &Preferences::jpeg_quality, 100},
};
constexpr std::array<std::string_view, 4> edm_outputs{"Overwrite", "8-bit", "16-bit", "32-bit"};
constexpr std::string_view edm_name = "edmOutput";

}  // namespace

void Preferences::set(std::string_view assignment) {
  const auto equals = assignment.find('=');
  const auto name = assignment.substr(0, equals);
  const auto value =
      equals == std::string_view::npos ? std::string_view() : assignment.substr(equals + 1);
  for (const auto& flag : flags)
    if (flag.name == name) {
      if (value != "true" && value != "false")
        throw ConfigError(fmt::format("preference {} is true or false, got '{}'", name, value));
      this->*flag.member = value == "true";
      return;
    }
  for (const auto& number : numbers)
    if (number.name == name) {
      int parsed = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
      if (error != std::errc() || end != value.data() + value.size() || parsed < 1 ||
          parsed > number.most)
        throw ConfigError(fmt::format("preference {} is a whole number of 1..{}, got '{}'", name,
                                      number.most, value));
      this->*number.member = parsed;
      return;
    }
  if (name == edm_name) {
    for (const auto output : edm_outputs)
      if (output == value) {
        edm_output = value;
        return;
      }
    throw ConfigError(fmt::format("preference {} is one of {}, got '{}'", name,
                                  fmt::join(edm_outputs, ", "), value));
  }
  std::vector<std::string_view> names;
  for (const auto& flag : flags) names.push_back(flag.name);
  for (const auto& number : numbers) names.push_back(number.name);
  names.push_back(edm_name);
  throw ConfigError(
      fmt::format("there is no preference '{}'; there are {}", name, fmt::join(names, ", ")));
}

std::vector<std::string> Preferences::assignments() const {
  std::vector<std::string> all;
  for (const auto& flag : flags) all.push_back(fmt::format("{}={}", flag.name, this->*flag.member));
  for (const auto& number : numbers)
    all.push_back(fmt::format("{}={}", number.name, this->*number.member));
  all.push_back(fmt::format("{}={}", edm_name, edm_output));
  return all;
}

}  // namespace smear::imagej
