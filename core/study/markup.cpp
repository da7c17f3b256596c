// SPDX-License-Identifier: Apache-2.0
#include "study/markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/file-url.h"
#include "report/html.h"
#include "run/display-path.h"
#include "study/figures.h"

namespace smear::study {

std::string text(std::string_view raw) { return report::html_text(display_text(raw)); }

std::string paragraphs(std::string_view raw) {
  std::string html;
  while (!raw.empty()) {
    const auto end = std::min(raw.find("\n\n"), raw.size());
    const auto paragraph = raw.substr(0, end);
    if (paragraph.find_first_not_of(" \n") != std::string_view::npos)
      html += fmt::format("<p>{}</p>\n", text(paragraph));
    raw.remove_prefix(std::min(end + 2, raw.size()));
  }
  return html;
}

std::string list(const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string html = "<ul class=\"plain\">\n";
  for (const auto& line : lines) html += fmt::format("<li>{}</li>\n", text(line));
  return html + "</ul>\n";
}

std::string file_link(const std::string& raw_path) {
  return fmt::format("<a href=\"{}\">{}</a>", report::html_text(report::file_url(raw_path)),
                     text(raw_path));
}

std::string number_cell(std::string_view html) {
  return fmt::format("<td class=\"number\">{}</td>", html);
}

std::string interval_cell(const Interval& interval) {
  const bool bare = std::isnan(interval.low) && std::isnan(interval.high);
  return number_cell(figure_text(interval.estimate) +
                     (bare ? ""
                           : fmt::format("<small>{} to {}</small>", figure_text(interval.low),
                                         figure_text(interval.high))));
}

std::string chart_panel(const IntervalChart& chart, std::string_view measure,
                        std::string_view remark) {
  auto title = text(chart.title);
  if (find_measure(measure) != nullptr)
    title = fmt::format("<a href=\"#measure-{}\">{}</a>", text(measure), title);
  return fmt::format(
      "<figure class=\"panel chart\"><figcaption><span class=\"what\">{}{}</span>"
      "<span class=\"legend\">{}</span></figcaption>\n{}</figure>\n",
      title, chart.unit.empty() ? "" : fmt::format(" <small>{}</small>", text(chart.unit)),
      text(remark), interval_chart_svg(chart));
}

std::string folded(std::string_view summary_html, std::string_view html) {
  return fmt::format(
      "<details class=\"panel\"><summary>{}</summary>\n<div "
      "class=\"inside\">\n{}</div></details>\n",
      summary_html, html);
}

const ConditionOutcome* find_condition(const StudyOutcome& outcome, std::string_view id) {
  for (const auto& grid : outcome.grids)
    for (const auto& condition : grid.conditions)
      if (condition.id == id) return &condition;
  return nullptr;
}

std::vector<ReferenceLine> references_of(const StudyOutcome& outcome, std::string_view measure) {
  std::vector<ReferenceLine> references;
  const auto add = [&](std::string_view id, std::string_view label, int colour) {
    const auto* condition = find_condition(outcome, id);
    if (condition == nullptr) return;
    const auto value = condition->measures.find(measure);
    if (value != condition->measures.end())
      references.push_back({std::string(label), value->second, colour});
  };
  add("control/real-malignant", "real malignant", 0);
  add("control/real-benign", "real benign", 1);
  return references;
}

}  // namespace smear::study
