// SPDX-License-Identifier: Apache-2.0
#include "study/claims.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/figures.h"

namespace smear::study {
namespace {

std::string text(const Interval& d) {
  return fmt::format("{:.3g} ({:.3g} to {:.3g})", d.estimate, d.low, d.high);
}

std::string listed(const std::string& id, const Estimate& estimate) {
  return fmt::format("{} ({})", id, figure_text(estimate.value));
}

/// "held" where all of the interval lies above the margin.
Verdict above(const Interval& d, double margin) {
  if (d.low > margin) return Verdict::held;
  if (d.high < -margin) return Verdict::not_held;
  return Verdict::undecided;
}

Interval negated(const Interval& d) { return {-d.estimate, -d.high, -d.low}; }

}  // namespace

const Estimate* Judge::find(const std::string& condition, const std::string& measure) const {
  const auto it = estimates_.find(condition);
  if (it == estimates_.end()) return nullptr;
  const auto found = it->second.find(measure);
  return found == it->second.end() ? nullptr : &found->second;
}

std::string Judge::missing(const std::string& condition, const std::string& measure) const {
  if (!estimates_.contains(condition)) return fmt::format("{} was not run", condition);
  return fmt::format("{} has no {}{}", condition, measure,
                     lacks_cells(condition, measure)
                         ? ": too few cells were found, or in too few images"
                         : ", which does not apply to it");
}

bool Judge::lacks_cells(const std::string& condition, const std::string& measure) const {
  return is_of_shape(measure) && find(condition, "cells_per_image") != nullptr &&
         find(condition, measure) == nullptr;
}

std::optional<double> Judge::margin_of(const Rule& rule) const {
  if (rule.margin) return rule.margin;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const auto seed : experiment_.seeds) {
    const auto* estimate = find(control::seed(seed), rule.measure);
    if (estimate == nullptr) return std::nullopt;
    low = std::min(low, estimate->value);
    high = std::max(high, estimate->value);
  }
  if (experiment_.seeds.size() < 2) return std::nullopt;
  return high - low;
}

Judge::Finding Judge::judge_pair(const Rule& rule, const Estimate& of, const Estimate& than,
                                 double margin) const {
  const auto d = difference(of, than, experiment_.confidence);
  Finding finding;
  finding.why = fmt::format("{} {} against {}: difference {}, margin {:.3g}", rule.measure,
                            figure_text(of.value), figure_text(than.value), text(d), margin);
  if (rule.is == Rule::Is::above) finding.verdict = above(d, margin);
  if (rule.is == Rule::Is::below) finding.verdict = above(negated(d), margin);
  if (rule.is == Rule::Is::near) {
    if (d.low >= -margin && d.high <= margin)
      finding.verdict = Verdict::held;
    else if (d.low > margin || d.high < -margin)
      finding.verdict = Verdict::not_held;
  }
  return finding;
}

Judge::Finding Judge::judge_extreme(const Rule& rule, const Estimate& of, double margin) const {
  bool all = true;
  std::vector<std::string> better;
  std::vector<std::string> close;
  std::vector<std::string> without;
  for (const auto& id : rule.among) {
    const auto* other = find(id, rule.measure);
    if (other == nullptr) {
      // What has no cells to measure cannot be the closest; what was not run may be.
      all = all && lacks_cells(id, rule.measure);
      without.push_back(id);
      continue;
    }
    auto d = difference(of, *other, experiment_.confidence);
    if (rule.is == Rule::Is::lowest) d = negated(d);
    switch (above(d, margin)) {
      case Verdict::held: break;
      case Verdict::not_held: better.push_back(listed(id, *other)); break;
      case Verdict::undecided: close.push_back(listed(id, *other)); break;
    }
  }
  Finding finding;
  finding.why = fmt::format("{} of {} is {}, margin {:.3g}", rule.measure, rule.of,
                            figure_text(of.value), margin);
  if (!better.empty())
    finding.why += fmt::format("; {}: {}", rule.is == Rule::Is::lowest ? "lower" : "higher",
                               fmt::join(better, ", "));
  if (!close.empty())
    finding.why += fmt::format("; not clearly different: {}", fmt::join(close, ", "));
  if (!without.empty())
    finding.why += fmt::format("; without a value: {}", fmt::join(without, ", "));
  if (!better.empty())
    finding.verdict = Verdict::not_held;
  else if (close.empty() && all)
    finding.verdict = Verdict::held;
  return finding;
}

Judge::Finding Judge::judge(const Rule& rule) const {
  const auto* of = find(rule.of, rule.measure);
  const bool extreme = rule.is == Rule::Is::highest || rule.is == Rule::Is::lowest;
  if (of == nullptr)
    return {extreme && lacks_cells(rule.of, rule.measure) ? Verdict::not_held : Verdict::undecided,
            missing(rule.of, rule.measure)};
  const auto* than = extreme ? nullptr : find(rule.than, rule.than_measure);
  if (!extreme && than == nullptr)
    return {Verdict::undecided, missing(rule.than, rule.than_measure)};
  const auto margin = margin_of(rule);
  if (!margin)
    return {
        Verdict::undecided,
        fmt::format("no margin: the spread of {} over the training seeds needs two seeds or more, "
                    "each with a value; give more seeds, or the rule a margin",
                    rule.measure)};
  return extreme ? judge_extreme(rule, *of, *margin) : judge_pair(rule, *of, *than, *margin);
}

std::string Judge::words(const Rule& rule) const {
  std::string words = fmt::format("{} of {} is ", rule.measure, rule.of);
  if (!rule.than.empty()) {
    words += rule.is == Rule::Is::near ? "near " : fmt::format("{} ", name_of(rule.is));
    words += rule.than_measure == rule.measure ? "that of " : rule.than_measure + " of ";
    words += rule.than;
  } else {
    words += fmt::format("the {} among {}", name_of(rule.is), fmt::join(rule.among, ", "));
  }
  return words + (rule.margin ? fmt::format(" (margin {:.3g})", *rule.margin)
                              : " (margin: spread over the training seeds)");
}

ClaimOutcome Judge::operator()(const Claim& claim) const {
  ClaimOutcome outcome{claim.name, claim.text, claim.source, "", Verdict::held, ""};
  std::vector<std::string> rules;
  std::vector<std::string> reasons;
  for (const auto& rule : claim.rules) {
    const auto finding = judge(rule);
    rules.push_back(words(rule));
    reasons.push_back(finding.why);
    if (finding.verdict == Verdict::not_held)
      outcome.verdict = Verdict::not_held;
    else if (finding.verdict == Verdict::undecided && outcome.verdict == Verdict::held)
      outcome.verdict = Verdict::undecided;
  }
  outcome.rule = fmt::format("{}", fmt::join(rules, "; and "));
  outcome.explanation = fmt::format("{}", fmt::join(reasons, "; "));
  return outcome;
}

}  // namespace smear::study
