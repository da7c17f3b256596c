// SPDX-License-Identifier: Apache-2.0
#include "train/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "train/value-scale.h"

// Debian's plotting libraries (PLplot, plotutils; gnuplot behind the others) draw pictures with
// colours and fonts of their own, which do not follow the page into the dark or onto paper.
namespace smear {
namespace {

constexpr double width = 560.0;
constexpr double height = 250.0;
constexpr double left = 62.0;
constexpr double right = 12.0;
constexpr double top = 10.0;
constexpr double bottom = 38.0;

ValueRange values_range(const std::vector<Curve>& curves) {
  ValueRange range;
  for (const auto& curve : curves)
    for (const double value : curve.values) range.include(value);
  return range;
}

/// Maps values to the vertical axis, epochs to the horizontal one.
class Axes {
 public:
  Axes(ValueRange range, std::size_t epochs) : scale_(range), epochs_(epochs) {}

  [[nodiscard]] double x(double epoch) const {
    const double part = epochs_ < 2 ? 0.5 : (epoch - 1.0) / (static_cast<double>(epochs_) - 1.0);
    return left + part * (width - left - right);
  }
  [[nodiscard]] double y(double value) const {
    return height - bottom - scale_.part(value) * (height - top - bottom);
  }
  [[nodiscard]] std::vector<double> value_ticks() const { return scale_.ticks(5); }
  [[nodiscard]] std::vector<double> epoch_ticks() const {
    if (epochs_ < 2) return {1.0};
    auto ticks = linear_ticks(1.0, static_cast<double>(epochs_), 8);
    std::erase_if(ticks, [](double tick) { return tick != std::round(tick); });
    if (ticks.empty() || ticks.front() > 1.0) ticks.insert(ticks.begin(), 1.0);
    return ticks;
  }

 private:
  ValueScale scale_;
  std::size_t epochs_;
};

std::string grid(const Axes& axes) {
  std::string svg;
  for (const double tick : axes.value_ticks())
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.6g}</text>\n",
        left, width - right, axes.y(tick), axes.y(tick), left - 6, axes.y(tick) + 4, tick);
  for (const double tick : axes.epoch_ticks())
    svg += fmt::format(
        "<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4:.0f}</text>\n",
        axes.x(tick), height - bottom, height - bottom + 4, height - bottom + 17, tick);
  return svg + fmt::format(
                   "<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>"
                   "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">epoch</text>\n",
                   left, width - right, height - bottom, height - bottom,
                   (left + width - right) / 2, height - 4);
}

// Each unbroken part is a line; a value between gaps would have no length, so it is a dot.
std::string curve_svg(const Curve& curve, std::size_t colour, const Axes& axes) {
  std::string svg;
  const auto& v = curve.values;
  for (std::size_t begin = 0; begin < v.size(); ++begin) {
    if (!can_be_drawn(v[begin])) continue;
    std::size_t end = begin;
    std::string points;
    for (; end < v.size() && can_be_drawn(v[end]); ++end)
      points +=
          fmt::format("{:.1f},{:.1f} ", axes.x(static_cast<double>(end) + 1.0), axes.y(v[end]));
    if (end - begin == 1)
      svg += fmt::format("<circle class=\"dot-{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", colour,
                         axes.x(static_cast<double>(begin) + 1.0), axes.y(v[begin]));
    else
      svg += fmt::format("<polyline class=\"curve-{}\" points=\"{}\"/>\n", colour,
                         points.substr(0, points.size() - 1));
    begin = end;
  }
  return svg;
}

}  // namespace

std::string chart_svg(const Chart& chart) {
  std::size_t epochs = 1;
  for (const auto& curve : chart.curves) epochs = std::max(epochs, curve.values.size());
  const auto range = values_range(chart.curves);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                                width, height, report::html_text(chart.title));
  if (range.empty())
    return svg + fmt::format(
                     "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">no finite "
                     "value</text>\n</svg>\n",
                     width / 2, height / 2);
  const Axes axes(range, epochs);
  svg += grid(axes);
  if (chart.marked_epoch)
    svg +=
        fmt::format("<line class=\"mark\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n",
                    axes.x(*chart.marked_epoch), top, height - bottom);
  for (std::size_t i = 0; i < chart.curves.size(); ++i)
    svg += curve_svg(chart.curves[i], i % 6, axes);
  return svg + "</svg>\n";
}

}  // namespace smear
