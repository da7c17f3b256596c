// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace smear {

/// One line of a chart: a value for each epoch, from epoch 1 on; NaN and infinite ones are gaps.
struct Curve {
  std::string name;
  std::vector<double> values;
};

/// What is drawn over the epochs.
struct Chart {
  std::string title;
  std::vector<Curve> curves;        ///< at most six, which have colours of their own
  std::optional<int> marked_epoch;  ///< a dashed line stands there, counted from 1
};

/// The chart as an SVG element that is part of an HTML page: axes with ticks, no legend. Colours
/// come from the page (`--class-0` and on). The vertical axis is logarithmic where all values are
/// positive and the largest is more than 30 times the smallest.
std::string chart_svg(const Chart& chart);

}  // namespace smear
