// SPDX-License-Identifier: Apache-2.0
#include "study/interval-chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "run/display-path.h"
#include "study/figures.h"
#include "study/label-lines.h"
#include "study/markup.h"
#include "train/value-scale.h"

namespace smear::study {
namespace {

constexpr std::size_t short_label = 12;  ///< characters that have a place beside the row
constexpr std::size_t line_length = 40;  ///< that have one above it, on a narrow screen
constexpr double line_height = 16.0;     ///< px, as all lengths here but those in percent
constexpr double row_height = 22.0;
constexpr double row_gap = 7.0;  ///< above a label that stands above its row
constexpr double axis_height = 24.0;

bool has_value(const IntervalRow& row) { return row.value && can_be_drawn(row.value->estimate); }

ValueRange range_of(const IntervalChart& chart) {
  ValueRange range;
  const auto include = [&](const Interval& interval) {
    if (!can_be_drawn(interval.estimate)) return;
    for (const double value : {interval.estimate, interval.low, interval.high})
      range.include(value);
  };
  for (const auto& row : chart.rows)
    if (row.value) include(*row.value);
  for (const auto& reference : chart.references) include(reference.value);
  return range;
}

/// Where all things are. The plot is a nested <svg>, in which 0% to 100% is the axis.
struct Layout {
  bool beside = true;                            ///< labels stand beside their rows
  std::vector<std::vector<std::string>> labels;  ///< their lines
  std::vector<double> middles;                   ///< of the rows' whiskers
  double top = 0.0;                              ///< of the plot
  double bottom = 0.0;

  explicit Layout(const IntervalChart& chart) {
    for (const auto& row : chart.rows)
      beside = beside && characters(display_text(row.label)) <= short_label;
    const auto fits = [](std::string_view line) { return characters(line) <= line_length; };
    top = line_height * static_cast<double>(chart.references.size()) + 4.0;
    bottom = top;
    for (const auto& row : chart.rows) {
      labels.push_back(label_lines(display_text(row.label), 2, fits));
      if (!beside) bottom += line_height * static_cast<double>(labels.back().size()) + row_gap;
      middles.push_back(bottom + row_height / 2.0);
      bottom += row_height;
    }
    bottom += 4.0;
  }
  [[nodiscard]] double height() const { return bottom + axis_height; }
};

/// An x coordinate. What cannot be drawn stands at an edge.
std::string at(const ValueScale& scale, double value) {
  if (!can_be_drawn(value)) return value < 0.0 ? "0%" : "100%";
  return fmt::format("{:.2f}%", 100.0 * std::clamp(scale.part(value), 0.0, 1.0));
}

std::string ticks_svg(const ValueScale& scale, const Layout& layout) {
  std::string svg;
  // Few, which have a place on a narrow screen; but one alone says nothing.
  auto ticks = scale.ticks(4);
  if (ticks.size() < 2) ticks = scale.ticks(5);
  for (const double tick : ticks)
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{0}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4:.6g}</text>\n",
        at(scale, tick), layout.top, layout.bottom, layout.bottom + 16.0, tick);
  return svg +
         fmt::format("<line class=\"axis\" x1=\"0%\" x2=\"100%\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>\n",
                     layout.bottom);
}

/// The label begins, ends or has its middle at the line, so that it stays within.
std::string_view anchor(double part) {
  if (part < 0.35) return "start";
  return part > 0.65 ? "end" : "middle";
}

/// `line` counts the labels above the plot, which stand below each other.
std::string reference_svg(const ReferenceLine& reference, std::size_t line, const ValueScale& scale,
                          const Layout& layout) {
  const auto& [estimate, low, high] = reference.value;
  if (!can_be_drawn(estimate)) return "";
  std::string svg;
  const double label_bottom = line_height * static_cast<double>(line + 1) - 4.0;
  if (can_be_drawn(low) && can_be_drawn(high) && low < high)
    svg += fmt::format(
        "<rect class=\"reference-{}\" x=\"{}\" width=\"{:.2f}%\" y=\"{:.1f}\" "
        "height=\"{:.1f}\"/>",
        reference.colour, at(scale, low), 100.0 * (scale.part(high) - scale.part(low)), layout.top,
        layout.bottom - layout.top);
  return svg + fmt::format(
                   "<line class=\"reference-{0}\" x1=\"{1}\" x2=\"{1}\" y1=\"{2:.1f}\" "
                   "y2=\"{3:.1f}\"/><text class=\"reference-{0}\" x=\"{1}\" y=\"{4:.1f}\" "
                   "text-anchor=\"{5}\">{6}</text>\n",
                   reference.colour, at(scale, estimate), label_bottom + 3.0, layout.bottom,
                   label_bottom, anchor(scale.part(estimate)), text(reference.label));
}

/// From the estimate to an end of the interval, with a cap where it ends within the axis.
std::string whisker_svg(double estimate, double end, double y, const ValueScale& scale) {
  if (std::isnan(end)) return "";
  auto svg = fmt::format("<line class=\"value\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                         at(scale, estimate), at(scale, end), y, y);
  if (can_be_drawn(end))
    svg +=
        fmt::format("<line class=\"value\" x1=\"{0}\" x2=\"{0}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>",
                    at(scale, end), y - 4.0, y + 4.0);
  return svg;
}

std::string row_svg(const IntervalRow& row, double y, const ValueScale& scale) {
  if (!has_value(row))
    return fmt::format("<text x=\"50%\" y=\"{:.1f}\" text-anchor=\"middle\">–</text>\n", y + 4.0);
  const auto& [estimate, low, high] = *row.value;
  return fmt::format(
      "<g><title>{}: {}</title>{}{}<circle class=\"value\" cx=\"{}\" cy=\"{:.1f}\" r=\"4\"/></g>\n",
      text(row.label), interval_text(*row.value), whisker_svg(estimate, low, y, scale),
      whisker_svg(estimate, high, y, scale), at(scale, estimate), y);
}

std::string labels_svg(const IntervalChart& chart, const Layout& layout) {
  std::string svg;
  for (std::size_t i = 0; i < chart.rows.size(); ++i) {
    if (layout.beside) {
      svg += fmt::format(
          "<text class=\"label\" x=\"28%\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
          layout.middles[i] + 4.0, text(chart.rows[i].label));
      continue;
    }
    const auto& lines = layout.labels[i];
    double y = layout.middles[i] - row_height / 2.0 -
               line_height * static_cast<double>(lines.size() > 0 ? lines.size() - 1 : 0) - 2.0;
    if (has_value(chart.rows[i]))
      svg +=
          fmt::format("<text class=\"label\" x=\"100%\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
                      y, figure_text(chart.rows[i].value->estimate));
    for (const auto& line : lines) {
      svg += fmt::format("<text class=\"label\" x=\"0%\" y=\"{:.1f}\">{}</text>\n", y, text(line));
      y += line_height;
    }
  }
  return svg;
}

std::string description(const IntervalChart& chart) {
  std::string words;
  const auto add = [&](const std::string& label, const std::optional<Interval>& value) {
    words += fmt::format("{}{}: {}", words.empty() ? "" : "; ", text(label),
                         value ? interval_text(*value) : "no value");
  };
  for (const auto& row : chart.rows) add(row.label, row.value);
  for (const auto& reference : chart.references) add(reference.label, reference.value);
  return words;
}

}  // namespace

std::string interval_chart_svg(const IntervalChart& chart) {
  const Layout layout(chart);
  const auto range = range_of(chart);
  const double height = range.empty() ? 3.0 * row_height : layout.height();
  auto svg = fmt::format(
      "<svg class=\"intervals\" role=\"img\" aria-label=\"{}{}\" width=\"100%\" "
      "height=\"{:.0f}\" style=\"height: {:.0f}px\">\n<desc>{}</desc>\n",
      text(chart.title), chart.unit.empty() ? "" : fmt::format(", {}", text(chart.unit)), height,
      height, description(chart));
  if (range.empty())
    return svg + fmt::format(
                     "<text x=\"50%\" y=\"{:.1f}\" text-anchor=\"middle\">no finite "
                     "value</text>\n</svg>\n",
                     1.5 * row_height);
  const ValueScale scale(range);
  // The margins leave room for half a tick's label.
  svg += fmt::format("<svg class=\"plot\" x=\"{}\" width=\"{}\" height=\"{:.0f}\">\n",
                     layout.beside ? "32%" : "4%", layout.beside ? "63%" : "91%", height) +
         ticks_svg(scale, layout);
  for (std::size_t i = 0; i < chart.references.size(); ++i)
    svg += reference_svg(chart.references[i], i, scale, layout);
  for (std::size_t i = 0; i < chart.rows.size(); ++i)
    svg += row_svg(chart.rows[i], layout.middles[i], scale);
  // Labels come last, over the lines that run through all rows.
  return svg + "</svg>\n" + labels_svg(chart, layout) + "</svg>\n";
}

}  // namespace smear::study
