// SPDX-License-Identifier: Apache-2.0
#include "study/grid-section.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/file-url.h"
#include "report/html.h"
#include "study/interval-chart.h"
#include "study/markup.h"

namespace smear::study {
namespace {

constexpr std::size_t open_charts = 6;

/// Those that a condition of the grid has, in the order of `measures()`, then what is unknown to
/// it.
std::vector<std::string> measures_of(const GridOutcome& grid) {
  std::vector<std::string> names;
  const auto is_there = [&](std::string_view name) {
    return std::ranges::any_of(
        grid.conditions, [&](const auto& condition) { return condition.measures.contains(name); });
  };
  for (const auto& info : measures())
    if (is_there(info.name)) names.emplace_back(info.name);
  for (const auto& condition : grid.conditions)
    for (const auto& [name, value] : condition.measures)
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::string title_of(const std::string& measure) {
  const auto* info = find_measure(measure);
  return info != nullptr ? std::string(info->title) : measure;
}

std::string unit_of(const std::string& measure) {
  const auto* info = find_measure(measure);
  return info != nullptr ? std::string(info->unit) : "";
}

std::string chart_of(const StudyOutcome& outcome, const GridOutcome& grid,
                     const std::string& measure) {
  IntervalChart chart{title_of(measure), unit_of(measure), {}, references_of(outcome, measure)};
  for (const auto& condition : grid.conditions) {
    const auto value = condition.measures.find(measure);
    chart.rows.push_back({condition.label, value != condition.measures.end()
                                               ? std::optional(value->second)
                                               : std::nullopt});
  }
  return chart_panel(chart, measure, grid.axis.empty() ? "" : "by " + grid.axis);
}

std::string charts_html(const StudyOutcome& outcome, const GridOutcome& grid) {
  const auto names = measures_of(grid);
  if (names.empty()) return "<p class=\"muted\">Nothing was measured.</p>\n";
  // Those that are looked at first are open, whether or not this grid has all of them.
  const auto looked_at_first = [&](const std::string& name) {
    const auto& all = measures();
    const auto place = std::ranges::find(all, name, &MeasureInfo::name) - all.begin();
    return place < static_cast<std::ptrdiff_t>(std::min(open_charts, all.size()));
  };
  std::string open;
  std::string further;
  std::size_t folded_away = 0;
  for (const auto& name : names) {
    if (looked_at_first(name)) {
      open += chart_of(outcome, grid, name);
    } else {
      further += chart_of(outcome, grid, name);
      ++folded_away;
    }
  }
  std::string html;
  if (!open.empty()) html += "<div class=\"charts\">\n" + open + "</div>\n";
  if (folded_away == 0) return html;
  return html + folded(fmt::format("Charts of {} further measures", folded_away),
                       "<div class=\"charts\">\n" + further + "</div>\n");
}

std::string sheet_html(const GridOutcome& grid) {
  if (grid.sheet.empty()) return "";
  std::string labels;
  for (const auto& condition : grid.conditions)
    labels += (labels.empty() ? "" : ", ") + text(condition.label);
  const auto url = report::html_text(report::file_url(grid.sheet));
  return fmt::format(
      "<figure class=\"panel sheet\"><a href=\"{0}\"><img src=\"{0}\" loading=\"lazy\" "
      "alt=\"Pictures of {1}, a column a setting: {2}\"></a></figure>\n",
      url, text(grid.title), labels);
}

std::string conditions_html(const GridOutcome& grid) {
  std::string html = "<dl class=\"pairs\">\n";
  for (const auto& condition : grid.conditions)
    html += fmt::format(
        "<dt>{}</dt><dd>{}{}</dd>\n", text(condition.label), text(condition.description),
        condition.model.empty()
            ? ""
            : fmt::format(" <span class=\"muted\">Model: {}</span>", text(condition.model)));
  return folded("How the images of each were made", html + "</dl>\n");
}

std::string numbers_html(const GridOutcome& grid) {
  const auto names = measures_of(grid);
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"All numbers\">"
      "<table class=\"numbers\"><thead><tr><th>Setting</th><th class=\"number\">Images</th>"
      "<th class=\"number\">Failed</th><th class=\"number\">Cells</th>";
  for (const auto& name : names) {
    const auto unit = unit_of(name);
    html += fmt::format("<th class=\"number\">{}{}</th>", text(title_of(name)),
                        unit.empty() ? "" : fmt::format(" <small>{}</small>", text(unit)));
  }
  html += "</tr></thead><tbody>\n";
  for (const auto& condition : grid.conditions) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}", text(condition.label),
                        number_cell(std::to_string(condition.images)),
                        number_cell(std::to_string(condition.failed)),
                        number_cell(std::to_string(condition.cells)));
    for (const auto& name : names) {
      const auto value = condition.measures.find(name);
      html += value != condition.measures.end() ? interval_cell(value->second) : number_cell("–");
    }
    html += "</tr>\n";
  }
  return folded("All numbers", html + "</tbody></table></div>\n");
}

}  // namespace

std::string grid_section(const StudyOutcome& outcome, const GridOutcome& grid,
                         const std::string& html_id) {
  auto html = fmt::format("<section id=\"{}\"><h2>{}</h2>\n", html_id, text(grid.title));
  if (!grid.description.empty())
    html += "<div class=\"prose\">" + paragraphs(grid.description) + "</div>\n";
  if (grid.conditions.empty())
    return html + "<p class=\"muted\">It has no conditions.</p>\n</section>\n";
  return html + sheet_html(grid) + charts_html(outcome, grid) + conditions_html(grid) +
         numbers_html(grid) + "</section>\n";
}

}  // namespace smear::study
