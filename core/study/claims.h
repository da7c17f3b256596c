// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "study/experiment.h"
#include "study/measurement.h"
#include "study/outcome.h"

namespace smear::study {

/// The estimates of every condition that was run, by its id.
using AllEstimates = std::map<std::string, Estimates, std::less<>>;

/// Decides a claim by its rules, which `Rule` defines.
class Judge {
 public:
  Judge(const Experiment& experiment, const AllEstimates& estimates)
      : experiment_(experiment), estimates_(estimates) {}

  [[nodiscard]] ClaimOutcome operator()(const Claim& claim) const;

 private:
  struct Finding {
    Verdict verdict = Verdict::undecided;
    std::string why;
  };

  [[nodiscard]] std::optional<double> margin_of(const Rule& rule) const;
  [[nodiscard]] const Estimate* find(const std::string& condition,
                                     const std::string& measure) const;
  [[nodiscard]] std::string missing(const std::string& condition, const std::string& measure) const;
  [[nodiscard]] Finding judge(const Rule& rule) const;
  [[nodiscard]] bool lacks_cells(const std::string& condition, const std::string& measure) const;
  [[nodiscard]] Finding judge_pair(const Rule& rule, const Estimate& of, const Estimate& than,
                                   double margin) const;
  [[nodiscard]] Finding judge_extreme(const Rule& rule, const Estimate& of, double margin) const;
  [[nodiscard]] std::string words(const Rule& rule) const;

  const Experiment& experiment_;
  const AllEstimates& estimates_;
};

}  // namespace smear::study
