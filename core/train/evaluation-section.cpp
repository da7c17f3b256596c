// SPDX-License-Identifier: Apache-2.0
#include "train/evaluation-section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "run/display-path.h"

namespace smear {
namespace {

constexpr double edge = 300.0;
constexpr double left = 48.0;
constexpr double top = 10.0;
constexpr double width = left + edge + 12.0;
constexpr double height = top + edge + 38.0;

std::string text(const std::string& raw) { return report::html_text(display_text(raw)); }

double x(double probability) { return left + edge * probability; }
double y(double fraction) { return top + edge * (1.0 - fraction); }

std::string axes() {
  std::string svg;
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0})
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
        x(0), x(1), y(tick), y(tick), left - 6, y(tick) + 4, tick, x(tick), y(0) + 17, tick);
  svg += fmt::format(
      "<line class=\"mark\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", x(0),
      y(0), x(1), y(1));
  return svg + fmt::format(
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">mean probability</text>"
                   "\n",
                   x(0.5), height - 4);
}

/// A dot a bin, its area by the share of the images.
std::string reliability_svg(const HeldOutEvaluation& evaluation, const std::string& class_name) {
  std::string dots;
  std::string points;
  for (const auto& bin : evaluation.reliability) {
    if (bin.class_name != class_name || bin.count == 0) continue;
    const double share = static_cast<double>(bin.count) /
                         static_cast<double>(std::max<std::int64_t>(1, evaluation.images));
    points += fmt::format("{:.1f},{:.1f} ", x(bin.mean_probability), y(bin.observed_fraction));
    dots += fmt::format(
        "<circle class=\"dot-0\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"><title>{} images: mean "
        "probability {:.3f}, {:.3f} of them of the class</title></circle>\n",
        x(bin.mean_probability), y(bin.observed_fraction), 3.0 + 9.0 * std::sqrt(share), bin.count,
        bin.mean_probability, bin.observed_fraction);
  }
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Reliability of the probability of "
      "{}\">\n{}<polyline class=\"curve-0\" points=\"{}\"/>\n{}</svg>\n",
      width, height, text(class_name), axes(), points, dots);
}

std::string confusion_html(const HeldOutEvaluation& evaluation) {
  std::string html =
      "<div class=\"panel scroll\"><table><thead><tr><th>Truth below, predicted beside</th>";
  for (const auto& name : evaluation.classes)
    html += fmt::format("<th class=\"number\">{}</th>", text(name));
  html += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    html += fmt::format("<tr><td>{}</td>", text(evaluation.classes[i]));
    for (const auto count : evaluation.confusion[i])
      html += fmt::format("<td class=\"number\">{}</td>", count);
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string figures(const HeldOutEvaluation& e) {
  std::string html = fmt::format(
      "<ul class=\"plain\">\n<li>balanced accuracy {:.4f} ({})</li>\n<li>accuracy {:.4f} of {} "
      "images</li>\n",
      e.balanced_accuracy, text(recognized_text(e)), e.accuracy, e.images);
  if (e.auc) html += fmt::format("<li>area under the ROC curve {:.4f}</li>\n", *e.auc);
  return html +
         fmt::format("<li>expected calibration error {:.4f}, Brier score {:.4f}</li>\n</ul>\n",
                     e.expected_calibration_error, e.brier);
}

}  // namespace

std::string evaluation_html(const HeldOutEvaluation& evaluation) {
  std::string html = figures(evaluation) + confusion_html(evaluation) + "<div class=\"charts\">\n";
  for (const auto& name : evaluation.classes) {
    if (std::ranges::find(evaluation.reliability, name, &HeldOutEvaluation::Bin::class_name) ==
        evaluation.reliability.end())
      continue;
    html += fmt::format(
        "<figure class=\"panel chart\"><figcaption><span class=\"what\">Share of {0} among images "
        "by the probability of {0} that they were given</span></figcaption>\n{1}</figure>\n",
        text(name), reliability_svg(evaluation, name));
  }
  return html +
         "</div>\n<p class=\"muted\">On the dashed line, probabilities are what they say. A dot's "
         "area is its share of the images.</p>\n";
}

std::string evaluation_section(const HeldOutEvaluation& evaluation) {
  return "<section id=\"evaluation\"><h2>Held out</h2>\n" + evaluation_html(evaluation) +
         "</section>\n";
}

}  // namespace smear
