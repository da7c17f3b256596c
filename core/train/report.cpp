// SPDX-License-Identifier: Apache-2.0
#include "train/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/file-url.h"
#include "report/html.h"
#include "run/display-path.h"
#include "run/outputs.h"
#include "train/chart.h"
#include "train/evaluation-section.h"
#include "train/page.h"

namespace smear {
namespace {

using report::html_text;

std::string text(std::string_view raw) { return html_text(display_text(raw)); }

std::string number(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "not a number" : "infinite";
  return fmt::format("{:.6g}", value);
}

std::string duration(double seconds) {
  const auto total = std::llround(seconds);
  if (total >= 3600) return fmt::format("{}:{:02} h", total / 3600, total / 60 % 60);
  return total >= 60 ? fmt::format("{} min", total / 60) : fmt::format("{} s", total);
}

/// "kl_weight" as a heading: "KL weight".
std::string heading(std::string name) {
  std::ranges::replace(name, '_', ' ');
  const auto capital = [&](std::size_t i) {
    if (i < name.size() && name[i] >= 'a' && name[i] <= 'z')
      name[i] = static_cast<char>(name[i] - 'a' + 'A');
  };
  capital(0);
  for (std::size_t i = 0; i + 1 < name.size(); ++i)
    if (std::string_view(name).substr(i, 2) == (i == 0 ? "Kl" : "kl") &&
        (i == 0 || name[i - 1] == ' ') && (i + 2 == name.size() || name[i + 2] == ' ')) {
      capital(i);
      capital(i + 1);
    }
  return name;
}

std::vector<double> values_of(const TrainingHistory& history, const std::string& name) {
  std::vector<double> values;
  for (const auto& epoch : history)
    values.push_back(measure(epoch, name).value_or(std::numeric_limits<double>::quiet_NaN()));
  return values;
}

// "training_loss" is the curve "training" of the chart "loss"; anything else is a chart by itself.
std::pair<std::string, std::string> chart_and_curve(const std::string& name) {
  for (const std::string curve : {"training", "validation"})
    if (name.starts_with(curve + "_")) return {name.substr(curve.size() + 1), curve};
  return {name, ""};
}

bool is_worth_a_chart(const std::string& name, const std::vector<double>& values) {
  if (name == "epoch" || name == "seconds") return false;
  if (!chart_and_curve(name).second.empty() || values.size() < 2) return true;
  return std::ranges::any_of(values, [&](double v) { return v != values.front(); });
}

std::vector<Chart> charts_of(const TrainingReport& report) {
  std::vector<Chart> charts;
  const auto best = best_epoch(report.history);
  for (const auto& name : measure_names(report.history)) {
    auto values = values_of(report.history, name);
    if (!is_worth_a_chart(name, values)) continue;
    const auto [title, curve] = chart_and_curve(name);
    auto chart = std::ranges::find(charts, title, &Chart::title);
    if (chart == charts.end()) {
      charts.push_back({title, {}, {}});
      chart = charts.end() - 1;
    }
    if (!curve.empty() && best && report.history.size() > 1)
      chart->marked_epoch = static_cast<int>(*best) + 1;
    chart->curves.push_back({curve, std::move(values)});
  }
  return charts;
}

std::string legend(const Chart& chart) {
  std::string html;
  const auto key = [&](std::string_view shape, std::string_view name) {
    html += fmt::format(
        "<span><svg viewBox=\"0 0 20 10\" aria-hidden=\"true\"><line class=\"key {}\" x1=\"0\" "
        "x2=\"20\" y1=\"5\" y2=\"5\"/></svg>{}</span>",
        shape, html_text(name));
  };
  for (std::size_t i = 0; i < chart.curves.size(); ++i)
    if (!chart.curves[i].name.empty()) key(fmt::format("curve-{}", i % 6), chart.curves[i].name);
  if (chart.marked_epoch) key("mark", fmt::format("best epoch, {}", *chart.marked_epoch));
  return html;
}

std::string curves_html(const TrainingReport& report) {
  if (report.history.empty()) return "<p class=\"muted\">No epoch is done yet.</p>\n";
  std::string html = "<div class=\"charts\">\n";
  for (auto& chart : charts_of(report)) {
    chart.title = heading(chart.title);
    html += fmt::format(
        "<figure class=\"panel chart\"><figcaption><span class=\"what\">{}</span>"
        "<span class=\"legend\">{}</span></figcaption>\n{}</figure>\n",
        html_text(chart.title), legend(chart), chart_svg(chart));
  }
  return html + "</div>\n";
}

std::string tile(std::string_view what, const std::string& figure, const std::string& note) {
  return fmt::format(
      "<div class=\"tile\"><dt>{}</dt><dd class=\"figure\">{}</dd><dd "
      "class=\"note\">{}</dd></div>\n",
      html_text(what), html_text(figure), html_text(note));
}

std::string tiles_html(const TrainingReport& report) {
  const auto done = std::ssize(report.history);
  std::string html = tile("Epochs done", std::to_string(done),
                          fmt::format("of {} at most; {}", report.epochs, report.state));
  const auto best = best_epoch(report.history);
  if (best) html += tile("Best epoch", std::to_string(*best + 1), "has the lowest loss");
  for (const std::string name : {"validation_loss", "training_loss"}) {
    if (!best) break;
    const auto lowest = measure(report.history[*best], name);
    const auto last = measure(report.history.back(), name);
    if (lowest)
      html += tile(heading(name), number(*lowest),
                   fmt::format("at the best epoch; {} at the last", last ? number(*last) : "none"));
  }
  if (report.images_per_second > 0.0)
    html +=
        tile("Images per second", fmt::format("{:.1f}", report.images_per_second), "in training");
  double seconds = 0.0;
  for (const auto& epoch : report.history) seconds += measure(epoch, "seconds").value_or(0.0);
  if (seconds <= 0.0) seconds = report.seconds;
  return html + tile("Time", duration(seconds), "for all epochs");
}

std::string picture_html(const TrainingReport::Picture& picture) {
  const std::string_view what =
      picture.kind == "reconstructions" ? "inputs above, what the model makes of them below" : "";
  return fmt::format(
      "<figure class=\"picture\"><figcaption>{}, epoch {} <span>{}</span></figcaption>"
      "<img src=\"{}\" loading=\"lazy\" alt=\"{} after epoch {}\"></figure>\n",
      html_text(heading(picture.kind)), picture.epoch, what,
      html_text(report::file_url(picture.file)), html_text(picture.kind), picture.epoch);
}

// Of each kind the latest in full view, the earlier ones folded away.
std::string pictures_html(const TrainingReport& report) {
  if (report.pictures.empty()) return "<p class=\"muted\">There are none yet.</p>\n";
  std::vector<std::string> kinds;
  for (const auto& picture : report.pictures)
    if (std::ranges::find(kinds, picture.kind) == kinds.end()) kinds.push_back(picture.kind);
  std::string html;
  for (const auto& kind : kinds) {
    std::vector<const TrainingReport::Picture*> of_kind;
    for (const auto& picture : report.pictures)
      if (picture.kind == kind) of_kind.push_back(&picture);
    std::ranges::stable_sort(of_kind, std::greater{},
                             [](const auto* picture) { return picture->epoch; });
    html += "<div class=\"panel latest\">" + picture_html(*of_kind.front()) + "</div>\n";
    if (of_kind.size() < 2) continue;
    html += fmt::format("<details class=\"panel\"><summary>{} of earlier epochs ({})</summary>\n",
                        html_text(heading(kind)), of_kind.size() - 1);
    for (std::size_t i = 1; i < of_kind.size(); ++i) html += picture_html(*of_kind[i]);
    html += "</details>\n";
  }
  return html;
}

std::string epochs_html(const TrainingReport& report) {
  constexpr std::size_t most = 10;
  const auto& history = report.history;
  if (history.empty()) return "<p class=\"muted\">None is done yet.</p>\n";
  const auto names = measure_names(history);
  const auto best = best_epoch(history);
  std::string html = "<div class=\"panel scroll\"><table><thead><tr>";
  for (const auto& name : names)
    html += fmt::format("<th class=\"number\">{}</th>", html_text(heading(name)));
  html += "</tr></thead><tbody>\n";
  const auto row = [&](std::size_t i) {
    html += best == i ? "<tr class=\"best\">" : "<tr>";
    for (const auto& name : names) {
      const auto value = measure(history[i], name);
      html += fmt::format("<td class=\"number\">{}</td>", value ? number(*value) : "");
    }
    html += "</tr>\n";
  };
  const std::size_t first = history.size() > most ? history.size() - most : 0;
  if (best && *best < first) row(*best);
  for (std::size_t i = first; i < history.size(); ++i) row(i);
  html += "</tbody></table></div>\n";
  return best ? html + "<p class=\"muted\">The best epoch is marked.</p>\n" : html;
}

std::string held_out_html(const TrainingReport& report) {
  return report.evaluation ? evaluation_section(*report.evaluation) : "";
}

std::string list_html(const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string html = "<ul class=\"plain\">\n";
  for (const auto& line : lines) html += fmt::format("<li>{}</li>\n", text(line));
  return html + "</ul>\n";
}

std::string data_html(const TrainingReport& report) {
  std::string html = list_html(report.notes) +
                     "<div class=\"panel scroll\"><table><thead><tr><th>Class</th>"
                     "<th class=\"number\">Training</th><th class=\"number\">Validation</th>"
                     "<th class=\"number\">Reference</th><th class=\"number\">Left out</th></tr>"
                     "</thead><tbody>\n";
  for (const auto& c : report.classes)
    html += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
        text(c.class_name), c.training, c.validation, c.reference, c.left_out);
  return html + "</tbody></table></div>\n";
}

std::string pairs_html(const std::map<std::string, std::string>& pairs) {
  std::string html = "<dl class=\"panel pairs\">\n";
  for (const auto& [key, value] : pairs)
    html +=
        fmt::format("<dt>{}</dt><dd{}>{}</dd>\n", text(key),
                    value.find('\n') == std::string::npos ? "" : " class=\"lines\"", text(value));
  return html + "</dl>\n";
}

std::string header_html(const TrainingReport& report) {
  return fmt::format(
      "<h1>{}</h1>\n{}<p>Training, {}</p>\n", text(report.title),
      report.subtitle.empty() ? "" : fmt::format("<p>{}</p>\n", text(report.subtitle)),
      text(report.state));
}

std::string banner_html(const TrainingReport& report) {
  if (report.trouble.empty()) return "";
  return fmt::format("<div class=\"banner\" role=\"status\"><strong>{}</strong> {}</div>\n",
                     text(heading(report.state)), text(report.trouble));
}

}  // namespace

void write_training_report(const TrainingReport& report, const std::filesystem::path& file) {
  write_whole(file, report::fill(training_page(),
                                 {{"<!--training:title-->", text(report.title)},
                                  {"/*page:style*/", std::string(page_style())},
                                  {"<!--training:header-->", header_html(report)},
                                  {"<!--training:banner-->", banner_html(report)},
                                  {"<!--training:tiles-->", tiles_html(report)},
                                  {"<!--training:curves-->", curves_html(report)},
                                  {"<!--training:evaluation-->", held_out_html(report)},
                                  {"<!--training:pictures-->", pictures_html(report)},
                                  {"<!--training:epochs-->", epochs_html(report)},
                                  {"<!--training:data-->", data_html(report)},
                                  {"<!--training:options-->",
                                   list_html(report.description) + pairs_html(report.options)},
                                  {"<!--training:provenance-->", pairs_html(report.provenance)}}));
}

}  // namespace smear
