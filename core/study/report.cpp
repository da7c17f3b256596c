// SPDX-License-Identifier: Apache-2.0
#include "study/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "report/html.h"
#include "run/outputs.h"
#include "study/figures.h"
#include "study/grid-section.h"
#include "study/markup.h"
#include "study/page.h"
#include "train/evaluation-section.h"
#include "train/page.h"

namespace smear::study {
namespace {

constexpr std::size_t open_settings = 12;
constexpr std::string_view distance_measure = "frechet_malignant";

std::string percent(double share) { return fmt::format("{:.3g}", 100.0 * share); }

// --- Summary

std::string tile(std::string_view classes, std::string_view what, const std::string& figure,
                 const std::string& note) {
  return fmt::format(
      "<div class=\"tile {}\"><dt>{}</dt><dd class=\"figure\">{}</dd><dd class=\"note\">{}</dd>"
      "</div>\n",
      classes, what, figure, note);
}

/// "not-held" where the words are "not held".
std::string css_class(Verdict verdict) {
  std::string name(name_of(verdict));
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string tiles_html(const StudyOutcome& outcome) {
  std::string html = "<dl class=\"tiles\">\n";
  for (const auto& [verdict, title] : {std::pair{Verdict::held, "Held"},
                                       {Verdict::not_held, "Not held"},
                                       {Verdict::undecided, "Undecided"}})
    html += tile(css_class(verdict), title, std::to_string(count(outcome, verdict)),
                 fmt::format("of {} claims", outcome.claims.size()));
  if (const auto& evaluation = outcome.classifier.evaluation)
    html += tile("", "Classifier, balanced accuracy", percent(evaluation->balanced_accuracy) + " %",
                 fmt::format("on {} images held out of its training", evaluation->images));
  if (!outcome.ranking.empty())
    html +=
        tile("wide", "Closest to real malignant cells", text(outcome.ranking.front().label),
             fmt::format("Fréchet distance {}", interval_text(outcome.ranking.front().distance)));
  return html + "</dl>\n";
}

std::string answer_html(const StudyOutcome& outcome) {
  auto html = fmt::format(
      "<p>Of {} claims, {} held, {} did not hold and {} could not be decided; "
      "<a href=\"#claims\">each has a rule that was stated beforehand</a>.</p>\n",
      outcome.claims.size(), count(outcome, Verdict::held), count(outcome, Verdict::not_held),
      count(outcome, Verdict::undecided));
  if (outcome.ranking.empty()) return html;
  const auto& closest = outcome.ranking.front();
  html += fmt::format(
      "<p>Of {} settings, the one whose images come closest to real malignant cells is "
      "<strong>{}</strong>, at a Fréchet distance of {}.",
      outcome.ranking.size(), text(closest.label), interval_text(closest.distance));
  for (const auto& reference : references_of(outcome, distance_measure))
    if (reference.label.find("benign") != std::string::npos &&
        closest.distance.estimate >= reference.value.estimate)
      html += " No setting is closer to real malignant cells than real benign cells are.";
  const auto tied = std::ranges::count(outcome.ranking, true, &RankedSetting::tied) - 1;
  if (tied > 0) html += fmt::format(" {} others cannot be told from it.", tied);
  if (outcome.unranked > 0)
    html += fmt::format(" In {} further settings too few cells were found to have a shape.",
                        outcome.unranked);
  for (const auto& reference : references_of(outcome, distance_measure))
    html += fmt::format(" That of {} cells is {}.", text(reference.label),
                        interval_text(reference.value));
  return html + "</p>\n";
}

std::string reading_html(const StudyOutcome& outcome) {
  return fmt::format(
      "<p>A dot is what was measured; the line through it is its {} % confidence interval. The "
      "vertical lines are the same measure of real cells, malignant and benign, and the bands are "
      "their intervals. Where two intervals overlap, the chart alone does not show that the "
      "settings differ.</p>\n",
      percent(outcome.confidence));
}

std::string banner_html(const StudyOutcome& outcome) {
  const auto failed = std::ranges::count_if(
      outcome.trainings, [](const auto& training) { return !training.reason.empty(); });
  if (failed == 0) return "";
  return fmt::format(
      "<div class=\"banner\" role=\"status\"><strong>{} of {} trainings failed.</strong> What "
      "depends on them is missing; <a href=\"#trainings\">why</a>.</div>\n",
      failed, outcome.trainings.size());
}

std::string summary_html(const StudyOutcome& outcome) {
  auto html = fmt::format(
      "<header class=\"top\">\n<h1>{}</h1>\n<p>Study: {} and {} cells</p>\n</header>\n{}"
      "<div id=\"summary\">\n{}",
      text(outcome.title), text(outcome.malignant), text(outcome.benign), banner_html(outcome),
      tiles_html(outcome));
  const auto part = [&](std::string_view heading, const std::string& content) {
    if (!content.empty()) html += fmt::format("<h2>{}</h2>\n{}", heading, content);
  };
  html += "<div class=\"opening\">\n<div class=\"prose\">\n";
  part("What was asked", paragraphs(outcome.question));
  part("What was done", paragraphs(outcome.method));
  html += "</div>\n<div class=\"panel answer\">\n";
  part("What came out", answer_html(outcome));
  part("How to read the charts", reading_html(outcome));
  return html + "</div>\n</div>\n</div>\n";
}

std::string verdict_html(Verdict verdict) {
  const std::string_view sign = verdict == Verdict::held       ? "✓"
                                : verdict == Verdict::not_held ? "✗"
                                                               : "?";
  return fmt::format("<span class=\"verdict {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
                     css_class(verdict), sign, name_of(verdict));
}

// --- Claims

std::string claims_html(const StudyOutcome& outcome) {
  if (outcome.claims.empty()) return "<p class=\"muted\">None was made.</p>\n";
  std::string html =
      "<div class=\"panel claims scroll\"><table><thead><tr><th>Verdict</th><th>Claim</th>"
      "<th>Rule, stated beforehand</th><th>Numbers</th></tr></thead><tbody>\n";
  for (const auto& claim : outcome.claims)
    html += fmt::format(
        "<tr id=\"claim-{}\"><td>{}</td><td><p>{}</p>{}</td>"
        "<td data-label=\"Rule, stated beforehand\">{}</td><td data-label=\"Numbers\">{}</td></tr>"
        "\n",
        text(claim.name), verdict_html(claim.verdict), text(claim.text),
        claim.source.empty()
            ? ""
            : fmt::format("<p class=\"source\">Source: {}</p>", text(claim.source)),
        text(claim.rule), text(claim.explanation));
  return html + "</tbody></table></div>\n";
}

// --- Ranking

std::string ranking_chart(const StudyOutcome& outcome, std::size_t first, std::size_t end,
                          std::string_view title) {
  IntervalChart chart{std::string(title), "", {}, references_of(outcome, distance_measure)};
  for (auto& reference : chart.references)
    reference.label = (reference.colour == 0 ? "floor: " : "ceiling: ") + reference.label;
  for (std::size_t i = first; i < end; ++i)
    chart.rows.push_back(
        {fmt::format("{}. {}", i + 1, outcome.ranking[i].label), outcome.ranking[i].distance});
  return "<div class=\"ranking\">" +
         chart_panel(chart, distance_measure, "left is closer to malignant") + "</div>\n";
}

std::string ranking_numbers(const StudyOutcome& outcome) {
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th class=\"number\">Place</th><th>Setting</th>"
      "<th class=\"number\">Fréchet distance</th><th>Differs from the first</th></tr></thead>"
      "<tbody>\n";
  for (std::size_t i = 0; i < outcome.ranking.size(); ++i)
    html += fmt::format("<tr>{}<td>{}</td>{}<td>{}</td></tr>\n", number_cell(std::to_string(i + 1)),
                        text(outcome.ranking[i].label), interval_cell(outcome.ranking[i].distance),
                        i == 0                    ? ""
                        : outcome.ranking[i].tied ? "no"
                                                  : "yes");
  return html + "</tbody></table></div>\n";
}

std::string ranking_html(const StudyOutcome& outcome) {
  const auto size = outcome.ranking.size();
  if (size == 0 && outcome.unranked == 0)
    return "<p class=\"muted\">No setting could be measured.</p>\n";
  if (size == 0)
    return fmt::format(
        "<p class=\"muted\">In none of {} settings were enough white cells found, in enough "
        "images, "
        "to compare their shapes.</p>\n",
        outcome.unranked);
  const auto open = std::min(size, open_settings);
  auto html =
      ranking_chart(outcome, 0, open,
                    size > open ? fmt::format("Fréchet distance, the {} closest of {}", open, size)
                                : "Fréchet distance");
  if (!references_of(outcome, distance_measure).empty())
    html +=
        "<p class=\"muted prose\">The floor is what real malignant cells have that are compared "
        "with others of their kind; nothing generated can be expected to lie below it. The ceiling "
        "is what real benign cells have.</p>\n";
  if (size > open)
    html += folded(fmt::format("The other {} settings", size - open),
                   ranking_chart(outcome, open, size, "Fréchet distance, the others"));
  return html + folded("All settings in numbers", ranking_numbers(outcome));
}

// --- Grids

std::string grid_id(std::size_t i) { return i == 0 ? "controls" : fmt::format("grid-{}", i); }

std::string grids_html(const StudyOutcome& outcome) {
  std::string html;
  for (std::size_t i = 0; i < outcome.grids.size(); ++i)
    html += grid_section(outcome, outcome.grids[i], grid_id(i));
  return html;
}

// --- Trainings

std::vector<TrainingOutcome> by_dropout(const StudyOutcome& outcome) {
  std::vector<TrainingOutcome> trainings;
  for (const auto& training : outcome.trainings)
    if (training.dropout) trainings.push_back(training);
  std::ranges::stable_sort(trainings, {}, [](const auto& training) { return *training.dropout; });
  return trainings;
}

std::string optional_cell(std::optional<double> value) {
  return number_cell(value ? figure_text(*value) : "–");
}

std::string rate_text(double rate) { return fmt::format("{:.3g}", rate); }

std::string optional_cell(const std::optional<Interval>& value) {
  return value ? interval_cell(*value) : number_cell("–");
}

using Error = std::optional<Interval> TrainingOutcome::*;

std::string dropout_chart(const std::vector<TrainingOutcome>& trainings, std::string_view title,
                          Error error) {
  IntervalChart chart{std::string(title), "", {}, {}};
  for (const auto& training : trainings)
    chart.rows.push_back({rate_text(*training.dropout), training.*error});
  return chart_panel(chart, "", "by dropout rate");
}

std::string dropout_html(const StudyOutcome& outcome) {
  const auto trainings = by_dropout(outcome);
  if (trainings.empty()) return "";
  std::string html =
      "<section id=\"dropout\"><h2>Dropout and overfitting</h2>\n<p class=\"muted prose\">The gap "
      "is by how much worse held-out images are reconstructed than those of the training. A model "
      "that learns its images by heart has a large one.</p>\n<div class=\"charts\">\n";
  html += dropout_chart(trainings, "Error of training images", &TrainingOutcome::training_error) +
          dropout_chart(trainings, "Error of held-out images", &TrainingOutcome::held_out_error) +
          dropout_chart(trainings, "Gap", &TrainingOutcome::gap) +
          "</div>\n<div class=\"panel scroll below\"><table><thead><tr><th class=\"number\">Rate"
          "</th><th class=\"number\">Training error</th><th class=\"number\">Held-out error</th>"
          "<th class=\"number\">Gap</th></tr></thead><tbody>\n";
  for (const auto& training : trainings)
    html += fmt::format("<tr>{}{}{}{}</tr>\n", number_cell(rate_text(*training.dropout)),
                        optional_cell(training.training_error),
                        optional_cell(training.held_out_error), optional_cell(training.gap));
  return html + "</tbody></table></div>\n</section>\n";
}

std::string training_row(const TrainingOutcome& training) {
  auto html = fmt::format("<tr{}><td>{}<small>{}</small></td>",
                          training.reason.empty() ? "" : " class=\"failed\"", text(training.label),
                          text(training.name));
  html += number_cell(std::to_string(training.epochs)) +
          number_cell(training.best_epoch > 0 ? std::to_string(training.best_epoch) : "–") +
          optional_cell(training.reconstruction);
  const auto model = training.model.empty() ? "" : file_link(training.model);
  return html + fmt::format("<td>{}</td></tr>\n",
                            training.reason.empty() ? model : "Failed: " + text(training.reason));
}

std::string trainings_html(const StudyOutcome& outcome) {
  if (outcome.trainings.empty()) return "<p class=\"muted\">There were none.</p>\n";
  std::string html =
      "<div class=\"panel scroll\"><table><thead><tr><th>Training</th><th class=\"number\">Epochs"
      "</th><th class=\"number\">Best</th><th class=\"number\">Held-out reconstruction term</th>"
      "<th>Model</th></tr></thead><tbody>\n";
  for (const auto& training : outcome.trainings) html += training_row(training);
  return html +
         "</tbody></table></div>\n<p class=\"muted\">Errors are reconstruction errors at the best "
         "epoch, whose weights were kept.</p>\n";
}

// --- Classifier and method

std::string classifier_html(const StudyOutcome& outcome) {
  const auto& classifier = outcome.classifier;
  std::string html =
      "<p class=\"muted prose\">It was trained on real images and says of each how "
      "likely it is to be malignant.";
  if (classifier.block > 1)
    html += fmt::format(
        " Blocks of {} neighbouring files were held out together, since those often show the same "
        "slide.",
        classifier.block);
  html += "</p>\n";
  if (!classifier.model.empty()) html += "<p>Model: " + file_link(classifier.model) + "</p>\n";
  return html + (classifier.evaluation
                     ? evaluation_html(*classifier.evaluation)
                     : "<p class=\"muted\">It was not evaluated on held-out images.</p>\n");
}

std::string measures_html() {
  std::string html = "<dl class=\"panel measures\">\n";
  for (const auto& info : measures())
    html += fmt::format("<dt id=\"measure-{}\">{}{}</dt><dd>{}</dd>\n", text(info.name),
                        text(info.title),
                        info.unit.empty() ? "" : fmt::format(" <small>{}</small>", text(info.unit)),
                        text(info.meaning));
  return html + "</dl>\n";
}

std::string intervals_html(const StudyOutcome& outcome) {
  return fmt::format(
      "<p>Each interval is a percentile bootstrap interval: the measured images are drawn anew, "
      "with replacement, {} times; all cells of an image go together, since they are more alike "
      "than cells of different images. The interval holds {} % of the values that come out. It "
      "says "
      "how far the figure may be off because the images are few, not how far because a training "
      "would come out differently with another seed.</p>\n",
      outcome.replicates, percent(outcome.confidence));
}

std::string files_html(const StudyOutcome& outcome) {
  if (outcome.files.empty()) return "";
  std::string html = "<ul class=\"plain\">\n";
  for (const auto& file : outcome.files) html += "<li>" + file_link(file) + "</li>\n";
  return html + "</ul>\n";
}

std::string method_html(const StudyOutcome& outcome) {
  std::string html = "<div class=\"prose\">\n";
  const auto part = [&](std::string_view heading, const std::string& content) {
    if (!content.empty()) html += fmt::format("<h3>{}</h3>\n{}", heading, content);
  };
  part("Images",
       list(outcome.split) +
           (outcome.image_size > 0
                ? fmt::format("<p>The models see and make images of {0} × {0} pixels.</p>\n",
                              outcome.image_size)
                : ""));
  part("Intervals", intervals_html(outcome));
  part("Notes", list(outcome.notes));
  part("Further files", files_html(outcome));
  html += "</div>\n<h3>What is measured</h3>\n" + measures_html();
  if (!outcome.experiment.empty())
    html += folded("The experiment file",
                   "<pre tabindex=\"0\">" + text(outcome.experiment) + "</pre>\n");
  return html;
}

std::string capitalized(std::string name) {
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z')
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

std::string navigation_html(const StudyOutcome& outcome) {
  std::string html;
  const auto add = [&](std::string_view id, std::string_view label) {
    html += fmt::format("<a href=\"#{}\">{}</a>", id, text(label));
  };
  add("summary", "Summary");
  add("claims", "Claims");
  add("ranking", "Ranking");
  for (std::size_t i = 0; i < outcome.grids.size(); ++i)
    add(grid_id(i), i == 0 ? "Controls" : capitalized(outcome.grids[i].name));
  if (!by_dropout(outcome).empty()) add("dropout", "Dropout");
  add("trainings", "Trainings");
  add("classifier", "Classifier");
  add("method", "Method");
  return html;
}

}  // namespace

void write_study_report(const StudyOutcome& outcome, const std::filesystem::path& file) {
  write_whole(file,
              report::fill(study_page(), {{"<!--study:title-->", text(outcome.title)},
                                          {"/*page:style*/", std::string(page_style())},
                                          {"<!--study:navigation-->", navigation_html(outcome)},
                                          {"<!--study:summary-->", summary_html(outcome)},
                                          {"<!--study:claims-->", claims_html(outcome)},
                                          {"<!--study:ranking-->", ranking_html(outcome)},
                                          {"<!--study:grids-->", grids_html(outcome)},
                                          {"<!--study:dropout-->", dropout_html(outcome)},
                                          {"<!--study:trainings-->", trainings_html(outcome)},
                                          {"<!--study:classifier-->", classifier_html(outcome)},
                                          {"<!--study:method-->", method_html(outcome)}}));
}

}  // namespace smear::study
