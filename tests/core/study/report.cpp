// SPDX-License-Identifier: Apache-2.0
// The report of a study: that it shows what there is, in order, whatever is missing, and that
// nothing in the outcome can break it or make it reach for the network.
#include "study/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "smear/errors.h"

#include "harness/pages.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;
using test::count;
using testing::HasSubstr;
using testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The tags that stand open at the end or are closed in the wrong order; empty for a good page.
std::string unbalanced(const std::string& html) {
  static const std::vector<std::string> empty_ones{"!doctype", "meta", "link", "img"};
  std::vector<std::string> open;
  for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at)) {
    const auto end = html.find('>', at);
    if (end == std::string::npos) return "a tag without an end";
    std::string tag = html.substr(at + 1, end - at - 1);
    at = end;
    const bool closed = tag.ends_with('/');
    const bool closing = tag.starts_with('/');
    tag = tag.substr(closing ? 1 : 0, tag.find_first_of(" \n/", 1) - (closing ? 1 : 0));
    if (closed || std::ranges::find(empty_ones, tag) != empty_ones.end()) continue;
    if (!closing) {
      open.push_back(tag);
    } else {
      if (open.empty() || open.back() != tag) return "</" + tag + "> out of order";
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

/// Values that differ from condition to condition, of measures that there are.
ConditionOutcome condition(std::string id, std::string label, double place) {
  ConditionOutcome c;
  c.id = std::move(id);
  c.label = std::move(label);
  c.description = "Benign images of the validation part, through the model trained for it.";
  c.model = "early-pre-b, temperature 10";
  c.images = 200;
  c.failed = 3;
  c.cells = 412;
  double scale = 0.8;
  for (const auto& info : measures()) {
    const double value = scale * (1.0 + place);
    c.measures.emplace(info.name, Interval{value, 0.9 * value, 1.15 * value});
    scale *= 1.7;
  }
  const double distance = 0.8 * (1.0 + place);
  c.measures.insert_or_assign("frechet_malignant",
                              Interval{distance, 0.9 * distance, 1.15 * distance});
  return c;
}

GridOutcome grid(std::string name, std::string title, const std::vector<std::string>& labels) {
  GridOutcome g{name, std::move(title), "What it is about.", name, "sheets/" + name + ".png", {}};
  double place = 0.4;
  for (const auto& label : labels)
    g.conditions.push_back(condition(name + "/" + label, label, place += 0.37));
  return g;
}

HeldOutEvaluation evaluation() {
  HeldOutEvaluation e;
  e.classes = {"benign", "early-pre-b"};
  e.images = 356;
  e.accuracy = 0.983;
  e.balanced_accuracy = 0.9787;
  e.auc = 0.998;
  e.brier = 0.012;
  e.expected_calibration_error = 0.011;
  e.confusion = {{112, 4}, {2, 238}};
  e.reliability = {{"early-pre-b", 0, 110, 0.02, 0.01},
                   {"early-pre-b", 5, 6, 0.55, 0.5},
                   {"early-pre-b", 9, 240, 0.98, 0.99}};
  return e;
}

void add_claims(StudyOutcome& o) {
  for (int i = 0; i < 9; ++i)
    o.claims.push_back(
        {"claim-" + std::to_string(i),
         "At a temperature of 10 generated cells come closest to malignant ones, closer than at "
         "any other temperature.",
         i % 2 == 0 ? "the study" : "ours",
         "Its Fréchet distance is the lowest in at least 95 % of the replicates.",
         i % 3 == 0   ? Verdict::held
         : i % 3 == 1 ? Verdict::not_held
                      : Verdict::undecided,
         "12.3 (10.1 to 15.0) at 10, 14.8 (12.0 to 17.1) at 5; lowest in 71.2 % of 1000"});
}

/// Seven temperatures, five biases, ten controls, thirteen functions: a whole study.
StudyOutcome usual() {
  StudyOutcome o;
  o.title = "Temperature and bias in an autoencoder of leukaemia";
  o.question =
      "Does an autoencoder that has seen malignant cells alone make malignant cells of "
      "benign ones?\n\nAnd which temperature and bias make it do so best?";
  o.method = "Benign smears were fed to autoencoders trained on malignant ones.";
  o.malignant = "early-pre-b";
  o.benign = "benign";
  o.split = {"early-pre-b: 560 training, 240 validation", "benign: 288 training, 116 validation"};
  o.image_size = 64;
  o.replicates = 1000;
  o.confidence = 0.95;
  o.grids.push_back(
      {"control", "Controls", "What all else is compared with.", "", "sheets/control.png", {}});
  auto& controls = o.grids.front().conditions;
  controls.push_back(condition("control/real-malignant", "real malignant, held out", 0.0));
  controls.push_back(condition("control/real-benign", "real benign", 5.0));
  for (int i = 0; i < 8; ++i)
    controls.push_back(condition("control/" + std::to_string(i),
                                 "benign, reconstructed by model " + std::to_string(i), 0.5 * i));
  o.grids.push_back(grid("temperature", "Temperature, trained anew for each value",
                         {"0.1", "0.5", "1", "2", "5", "10", "20"}));
  o.grids.push_back(grid("bias", "Bias, trained anew for each value", {"-2", "-1", "0", "1", "2"}));
  o.grids.push_back(
      grid("function", "Functions in the place of the exponential",
           {"exp", "softplus", "relu", "sigmoid", "tanh", "square", "abs", "elu plus one",
            "gaussian", "sine of a sum", "identity", "cube", "step"}));
  add_claims(o);
  double distance = 2.0;
  for (std::size_t i = 1; i < o.grids.size(); ++i)
    for (const auto& c : o.grids[i].conditions) {
      distance *= 1.08;
      o.ranking.push_back(
          {c.id, o.grids[i].title + ": " + c.label, {distance, 0.9 * distance, 1.2 * distance}});
    }
  for (const double rate : {0.5, 0.0, 0.25, 0.1})
    o.trainings.push_back({"dropout-" + std::to_string(rate), "dropout", "models/d.safetensors", 60,
                           51, 81.25, Interval{0.0123 + 0.004 * rate, 0.012, 0.02},
                           Interval{0.0151 + 0.002 * rate, 0.014, 0.02},
                           Interval{0.0028 - 0.002 * rate, 0.001, 0.003}, rate, ""});
  o.trainings.push_back({"temperature-10", "temperature 10", "models/t10.safetensors", 60, 44, 92.5,
                         std::nullopt, std::nullopt, std::nullopt, std::nullopt, ""});
  o.classifier = {"models/classifier.safetensors", 20, evaluation()};
  o.notes = {"3 images could not be measured: no white cell lies within them"};
  o.files = {"measures.csv", "claims.csv"};
  o.experiment = "title: Temperature and bias\nclasses: [benign, early-pre-b]\n";
  return o;
}

class StudyReportTest : public test::PageTest {
 protected:
  std::string page(const StudyOutcome& outcome) const {
    write_study_report(outcome, root_ / "report.html");
    const auto text = read_page();
    EXPECT_EQ(unbalanced(text), "");
    return text;
  }
};

/// From a section's id to the next section.
std::string section(const std::string& html, const std::string& id) {
  const auto begin = html.find("id=\"" + id + "\"");
  if (begin == std::string::npos) return "";
  return html.substr(begin, html.find("<section", begin) - begin);
}

TEST_F(StudyReportTest, HasEverySectionInOrder) {
  const auto html = page(usual());
  std::size_t last = 0;
  for (const std::string id : {"summary", "claims", "ranking", "controls", "grid-1", "grid-2",
                               "grid-3", "dropout", "trainings", "classifier", "method"}) {
    const auto at = html.find("id=\"" + id + "\"");
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_GT(at, last) << id;
    EXPECT_THAT(html, HasSubstr("href=\"#" + id + "\""));
    last = at;
  }
}

TEST_F(StudyReportTest, BeginsWithQuestionAndAnswer) {
  const auto summary = section(page(usual()), "summary");
  for (const char* part :
       {"<p>And which temperature", "<p>Benign smears were fed",
        "Of 9 claims, 3 held, 3 did not hold", "<dt>Held</dt><dd class=\"figure\">3</dd>",
        "Temperature, trained anew for each value: 0.1", "97.9 %", "95 % confidence",
        "That of real benign cells is 4.80 (4.32 to 5.52)"})
    EXPECT_THAT(summary, HasSubstr(part));
}

TEST_F(StudyReportTest, ClaimsHaveTheirVerdictInWords) {
  const auto claims = section(page(usual()), "claims");
  EXPECT_EQ(count(claims, "<tr id=\"claim-"), 9U);
  EXPECT_EQ(count(claims, "class=\"verdict held\""), 3U);
  EXPECT_EQ(count(claims, "</span> not held</span>"), 3U);
  EXPECT_EQ(count(claims, "</span> undecided</span>"), 3U);
  EXPECT_THAT(claims, HasSubstr("lowest in 71.2 % of 1000"));
}

TEST_F(StudyReportTest, TwelveSettingsAreOpenAndTheRestFoldedAway) {
  const auto ranking = section(page(usual()), "ranking");
  const auto folded = ranking.find("<details");
  ASSERT_NE(folded, std::string::npos);
  EXPECT_EQ(count(ranking.substr(0, folded), "<circle class=\"value\""), 12U);
  EXPECT_EQ(count(ranking.substr(folded), "<circle class=\"value\""), 13U);
  EXPECT_EQ(count(ranking.substr(0, folded), "<line class=\"reference-"), 2U);
  EXPECT_THAT(ranking, HasSubstr(">floor: real malignant</text>"));
  EXPECT_THAT(ranking, HasSubstr(">ceiling: real benign</text>"));
  EXPECT_THAT(ranking, HasSubstr("The other 13 settings"));
  auto few = usual();
  few.ranking.resize(12);
  EXPECT_THAT(section(page(few), "ranking"), Not(HasSubstr("The other")));
}

TEST_F(StudyReportTest, AGridHasItsSheetSixOpenChartsAndAllNumbers) {
  const auto temperature = section(page(usual()), "grid-1");
  EXPECT_THAT(temperature, HasSubstr("<img src=\"sheets/temperature.png\" loading=\"lazy\" "
                                     "alt=\"Pictures of Temperature, trained anew for each value"));
  const auto folded = temperature.find("<details");
  EXPECT_EQ(count(temperature.substr(0, folded), "<svg class=\"intervals\""), 6U);
  EXPECT_EQ(count(temperature, "<svg class=\"intervals\""), measures().size());
  EXPECT_EQ(count(temperature, "role=\"img\" aria-label=\""), measures().size());
  EXPECT_EQ(count(temperature, "<th scope=\"row\">"), 7U);
  // A line for malignant and one for benign in each chart, with a label.
  EXPECT_EQ(count(temperature, "<line class=\"reference-0\""), measures().size());
  EXPECT_EQ(count(temperature, ">real benign</text>"), measures().size());
}

TEST_F(StudyReportTest, NumbersHaveThreeDigitsAndAnInterval) {
  auto o = usual();
  o.grids[1].conditions[0].measures.find(measures().front().name)->second = {1.23456, 1.11111,
                                                                             1.98765};
  EXPECT_THAT(section(page(o), "grid-1"),
              HasSubstr("<td class=\"number\">1.23<small>1.11 to 1.99</small></td>"));
}

TEST_F(StudyReportTest, AMeasureThatOnlySomeHaveIsAGapAndOneThatNoneHasIsLeftOut) {
  auto o = usual();
  const std::string first(measures()[0].name);
  const std::string second(measures()[1].name);
  o.grids[1].conditions[0].measures.erase(first);
  for (auto& c : o.grids[1].conditions) c.measures.erase(second);
  o.grids[1].conditions[2].measures.emplace("of-a-later-version", Interval{1, 0, 2});
  const auto html = section(page(o), "grid-1");
  EXPECT_EQ(count(html, ">–</text>"), 1U + 6U);  // six lack the unknown one
  EXPECT_THAT(html, Not(HasSubstr("href=\"#measure-" + second + "\"")));
  EXPECT_THAT(html, HasSubstr("of-a-later-version"));
}

TEST_F(StudyReportTest, DropoutIsInTheOrderOfItsRateWithTheGap) {
  const auto dropout = section(page(usual()), "dropout");
  EXPECT_THAT(dropout, HasSubstr("<tr><td class=\"number\">0</td>"));
  const auto row = dropout.substr(dropout.find("<tr><td class=\"number\">0</td>"));
  const auto first = row.substr(0, row.find("</tr>"));
  for (const char* number : {"0.0123", "0.0151", "0.00280", "0.00300"})
    EXPECT_THAT(first, HasSubstr(number));
  EXPECT_LT(dropout.find("<td class=\"number\">0.1</td>"),
            dropout.find("<td class=\"number\">0.25</td>"));
  auto without = usual();
  for (auto& training : without.trainings) training.dropout.reset();
  const auto html = page(without);
  EXPECT_EQ(section(html, "dropout"), "");
  EXPECT_THAT(html, Not(HasSubstr("#dropout")));
}

TEST_F(StudyReportTest, AFailedTrainingIsSaidAtTheTopAndWhy) {
  EXPECT_THAT(page(usual()), Not(HasSubstr("class=\"banner\"")));
  auto o = usual();
  o.trainings[4].reason = "the loss is not a number";
  o.trainings[4].training_error = o.trainings[4].held_out_error = std::nullopt;
  const auto html = page(o);
  EXPECT_THAT(html, HasSubstr("1 of 5 trainings failed."));
  EXPECT_THAT(section(html, "trainings"), HasSubstr("Failed: the loss is not a number"));
}

TEST_F(StudyReportTest, ClassifierAndMethodAreThere) {
  const auto html = page(usual());
  EXPECT_THAT(section(html, "classifier"),
              HasSubstr("Reliability of the probability of early-pre-b"));
  const auto method = section(html, "method");
  for (const char* part :
       {"560 training, 240 validation", "64 × 64 pixels", "1000 times", "<a href=\"measures.csv\">",
        "3 images could not be measured", "classes: [benign, early-pre-b]"})
    EXPECT_THAT(method, HasSubstr(part));
  for (const auto& info : measures())
    EXPECT_THAT(method, HasSubstr("id=\"measure-" + std::string(info.name) + "\""));
}

TEST_F(StudyReportTest, MissingControlsHaveNoLines) {
  auto o = usual();
  auto& controls = o.grids.front().conditions;
  controls.erase(controls.begin());
  auto html = page(o);
  EXPECT_THAT(html, Not(HasSubstr("<line class=\"reference-0\"")));
  EXPECT_THAT(html, HasSubstr("<line class=\"reference-1\""));
  o.grids.erase(o.grids.begin());
  html = page(o);
  EXPECT_THAT(html, Not(HasSubstr("class=\"reference-")));
  EXPECT_THAT(section(html, "summary"), Not(HasSubstr("That of real")));
}

TEST_F(StudyReportTest, WorksWithNothing) {
  const auto html = page({});
  EXPECT_THAT(section(html, "claims"), HasSubstr("None was made"));
  EXPECT_THAT(section(html, "ranking"), HasSubstr("No setting could be measured"));
  EXPECT_THAT(section(html, "trainings"), HasSubstr("There were none"));
  EXPECT_THAT(section(html, "classifier"), HasSubstr("It was not evaluated"));
  EXPECT_THAT(section(html, "summary"), Not(HasSubstr("balanced accuracy")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
}

TEST_F(StudyReportTest, AGridWithoutConditionsOrMeasuresSaysSo) {
  auto o = usual();
  o.grids[1].conditions.clear();
  for (auto& c : o.grids[2].conditions) c.measures.clear();
  const auto html = page(o);
  EXPECT_THAT(section(html, "grid-1"), HasSubstr("It has no conditions"));
  EXPECT_THAT(section(html, "grid-2"), HasSubstr("Nothing was measured"));
}

TEST_F(StudyReportTest, WhatIsNoNumberIsADash) {
  auto o = usual();
  for (auto& g : o.grids)
    for (auto& c : g.conditions)
      for (auto& [name, interval] : c.measures) interval = {nan, nan, nan};
  for (auto& setting : o.ranking) setting.distance = {3.0, nan, nan};
  const auto html = page(o);
  EXPECT_THAT(section(html, "grid-1"), HasSubstr("<td class=\"number\">–</td>"));
  EXPECT_THAT(section(html, "grid-1"), HasSubstr("no finite value"));
  EXPECT_THAT(section(html, "ranking"), HasSubstr("<td class=\"number\">3.00</td>"));
  EXPECT_THAT(html, Not(HasSubstr(">nan")));
  EXPECT_THAT(html, Not(HasSubstr("\"nan")));
}

TEST_F(StudyReportTest, NothingInTheOutcomeBreaksThePage) {
  auto o = usual();
  const std::string nasty = "<script>alert(1)</script>\"'&\xff<!--study:method-->";
  o.title = o.question = o.method = o.malignant = o.benign = o.experiment = nasty;
  o.split = o.notes = o.files = {nasty};
  auto& g = o.grids[1];
  g.name = g.title = g.description = g.axis = g.sheet = nasty;
  auto& c = g.conditions[0];
  c.id = c.label = c.description = c.model = nasty;
  c.measures.emplace(nasty, Interval{1, 0, 2});
  auto& claim = o.claims[0];
  claim.name = claim.text = claim.source = claim.rule = claim.explanation = nasty;
  o.ranking[0].condition = o.ranking[0].label = nasty;
  auto& training = o.trainings[0];
  training.name = training.label = training.model = training.reason = nasty;
  o.classifier.model = nasty;
  o.classifier.evaluation->classes[1] = nasty;
  const auto html = page(o);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<!--study")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
  EXPECT_GT(count(html, "&lt;script&gt;alert(1)"), 20U);
}

TEST_F(StudyReportTest, NeedsNoNetworkAndIsTheSameEachTime) {
  const auto html = page(usual());
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  for (const char* part : {"src=\"http", "href=\"http", "url(", "<script", "@import"})
    EXPECT_THAT(html, Not(HasSubstr(part)));
  EXPECT_EQ(html, page(usual()));
}

TEST_F(StudyReportTest, AFolderThatCannotBeWrittenIsARunError) {
  EXPECT_THROW(write_study_report(usual(), "/proc/no/report.html"), RunError);
}

}  // namespace
}  // namespace smear::study
