// SPDX-License-Identifier: Apache-2.0
#include "train/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/html.h"

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
constexpr double most_for_linear = 30.0;

/// False for NaN, and for what no loss comes to before it ends as infinite; differences of what is
/// drawn are finite, too.
bool can_be_drawn(double value) { return std::abs(value) <= 1e100; }

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range values_range(const std::vector<Curve>& curves) {
  Range range;
  for (const auto& curve : curves)
    for (const double value : curve.values) {
      if (!can_be_drawn(value)) continue;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  return range;
}

/// Maps values to the vertical axis, epochs to the horizontal one.
class Axes {
 public:
  Axes(Range range, std::size_t epochs) : range_(range), epochs_(epochs) {
    logarithmic_ = range.low > 0.0 && range.high / range.low > most_for_linear;
    if (logarithmic_) return;
    // A flat curve lies in the middle, others leave some room at both ends.
    const double span = range.high - range.low;
    const double room = span > 0.0 ? 0.04 * span : std::max(std::abs(range.low) * 0.1, 1e-9);
    range_.low = range.low >= 0.0 ? std::max(0.0, range.low - room) : range.low - room;
    range_.high += room;
  }

  [[nodiscard]] double x(double epoch) const {
    const double part = epochs_ < 2 ? 0.5 : (epoch - 1.0) / (static_cast<double>(epochs_) - 1.0);
    return left + part * (width - left - right);
  }
  [[nodiscard]] double y(double value) const {
    const auto place = [&](double v) { return logarithmic_ ? std::log10(v) : v; };
    const double part =
        (place(value) - place(range_.low)) / (place(range_.high) - place(range_.low));
    return height - bottom - part * (height - top - bottom);
  }
  [[nodiscard]] std::vector<double> value_ticks() const {
    return logarithmic_ ? logarithmic_ticks(range_.low, range_.high)
                        : linear_ticks(range_.low, range_.high, 5);
  }
  [[nodiscard]] std::vector<double> epoch_ticks() const {
    if (epochs_ < 2) return {1.0};
    auto ticks = linear_ticks(1.0, static_cast<double>(epochs_), 8);
    std::erase_if(ticks, [](double tick) { return tick != std::round(tick); });
    if (ticks.empty() || ticks.front() > 1.0) ticks.insert(ticks.begin(), 1.0);
    return ticks;
  }

 private:
  Range range_;
  std::size_t epochs_;
  bool logarithmic_ = false;
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

std::string chart_svg(const Chart& chart) {
  std::size_t epochs = 1;
  for (const auto& curve : chart.curves) epochs = std::max(epochs, curve.values.size());
  const auto range = values_range(chart.curves);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                                width, height, report::html_text(chart.title));
  if (range.low > range.high)
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
