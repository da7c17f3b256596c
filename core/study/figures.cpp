// SPDX-License-Identifier: Apache-2.0
#include "study/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace smear::study {
namespace {

std::string positive_text(double value) {
  if (std::isinf(value)) return "∞";
  if (value == 0.0) return "0";
  // Rounded first, so that 9.996 becomes 10.0 and not 10.00.
  const double rounded = std::stod(fmt::format("{:.2e}", value));
  if (rounded < 1e-3 || rounded >= 1e6) return fmt::format("{:.2e}", value);
  // A ratio whose excess over 1 is what tells, such as the boundary roughness.
  if (value > 1.0 && value < 1.05) return fmt::format("{:.4f}", value);
  const int power = static_cast<int>(std::floor(std::log10(rounded)));
  return fmt::format("{:.{}f}", rounded, std::max(0, 2 - power));
}

}  // namespace

std::string figure_text(double value) {
  if (std::isnan(value)) return "–";
  return (value < 0.0 ? "−" : "") + positive_text(std::abs(value));
}

std::string interval_text(const Interval& interval) {
  if (std::isnan(interval.low) && std::isnan(interval.high)) return figure_text(interval.estimate);
  return fmt::format("{} ({} to {})", figure_text(interval.estimate), figure_text(interval.low),
                     figure_text(interval.high));
}

}  // namespace smear::study
