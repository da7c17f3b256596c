// SPDX-License-Identifier: Apache-2.0
#include "train/value-scale.h"

#include <algorithm>
#include <cmath>

namespace smear {
namespace {

constexpr double most_for_linear = 30.0;

}  // namespace

bool can_be_drawn(double value) { return std::abs(value) <= 1e100; }

void ValueRange::include(double value) {
  if (!can_be_drawn(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

ValueScale::ValueScale(ValueRange range)
    : range_(range), logarithmic_(range.low > 0.0 && range.high / range.low > most_for_linear) {
  if (logarithmic_) return;
  // A flat curve lies in the middle, others leave some room at both ends.
  const double span = range.high - range.low;
  const double room = span > 0.0 ? 0.04 * span : std::max(std::abs(range.low) * 0.1, 1e-9);
  range_.low = range.low >= 0.0 ? std::max(0.0, range.low - room) : range.low - room;
  range_.high += room;
}

double ValueScale::part(double value) const {
  const auto place = [&](double v) { return logarithmic_ ? std::log10(v) : v; };
  return (place(value) - place(range_.low)) / (place(range_.high) - place(range_.low));
}

std::vector<double> ValueScale::ticks(int most) const {
  return logarithmic_ ? logarithmic_ticks(range_.low, range_.high)
                      : linear_ticks(range_.low, range_.high, most);
}

std::vector<double> linear_ticks(double low, double high, int most) {
  const double span = high - low;
  if (!(span > 0.0) || most < 1) return {low};
  const double rough = span / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1.0 - 1e-9)) {
      step = factor * power;
      break;
    }
  std::vector<double> ticks;
  const double slack = 1e-9 * span;
  for (double i = std::ceil((low - slack) / step); i * step <= high + slack; ++i)
    ticks.push_back(i * step + 0.0);  // no -0
  return ticks;
}

std::vector<double> logarithmic_ticks(double low, double high) {
  const auto first = static_cast<int>(std::floor(std::log10(low)));
  const auto last = static_cast<int>(std::ceil(std::log10(high)));
  const auto within = [&](std::vector<double> factors, int every) {
    std::vector<double> ticks;
    for (int power = first; power <= last; ++power)
      for (const double factor : factors) {
        const double tick = factor * std::pow(10.0, power);
        if (power % every == 0 && tick >= low * (1.0 - 1e-9) && tick <= high * (1.0 + 1e-9))
          ticks.push_back(tick);
      }
    return ticks;
  };
  const auto decades = within({1.0}, 1);
  if (decades.size() < 3) return within({1.0, 2.0, 5.0}, 1);
  return decades.size() <= 7 ? decades : within({1.0}, static_cast<int>(decades.size() + 6) / 7);
}

}  // namespace smear
