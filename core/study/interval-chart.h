// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/bootstrap.h"

namespace smear::study {

/// A line of an interval chart: what it is of, and its value where there is one.
struct IntervalRow {
  std::string label;
  std::optional<Interval> value;
};

/// A value that all rows are compared with.
struct ReferenceLine {
  std::string label;
  Interval value{};
  int colour = 0;  ///< 0 or 1: `.reference-0` or `.reference-1` of the page
};

/// Values with their intervals, one below the other.
struct IntervalChart {
  std::string title;
  std::string unit;                       ///< "px²", or empty
  std::vector<IntervalRow> rows;          ///< from top to bottom
  std::vector<ReferenceLine> references;  ///< their labels stand above the plot
};

/// The chart as an SVG element that is part of an HTML page: a dot a value, a whisker from end to
/// end of its interval, a vertical line with a band for each reference, "–" for a value that is
/// not there or not finite. An end of an interval that is NaN has no whisker; one that is infinite
/// has a whisker without a cap, to the edge. Its letters keep their size whatever its width is:
/// there is no viewBox. What it shows is also in its <desc>, in words. Colours come from the page,
/// that of dots and whiskers from `.value`. The axis is that of `ValueScale`.
///
/// Labels stand at the left where all are short, else each above its row, on two lines if need be.
std::string interval_chart_svg(const IntervalChart& chart);

}  // namespace smear::study
