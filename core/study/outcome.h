// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/bootstrap.h"
#include "train/evaluation.h"

/// What came out of a study, ready to be shown. Nothing of it depends on when or where it was run.
namespace smear::study {

/// What is measured of the images of a condition.
struct MeasureInfo {
  std::string_view name;     ///< as measures.csv and claims have it: "circularity"
  std::string_view title;    ///< "Circularity"
  std::string_view unit;     ///< "px²", or empty
  std::string_view meaning;  ///< a sentence for somebody who does not know the word
};

/// All of them, those first that a reader looks at first.
const std::vector<MeasureInfo>& measures();

/// The one of that name, or nullptr.
const MeasureInfo* find_measure(std::string_view name);

/// A condition: images that were all made or treated in the same way.
struct ConditionOutcome {
  std::string id;           ///< "temperature/10", "control/real-malignant"
  std::string label;        ///< "10", "real malignant, held out"
  std::string description;  ///< how its images were made, a sentence
  std::string model;        ///< the training's name; empty where no autoencoder has a part
  std::int64_t images = 0;  ///< measured
  std::int64_t failed = 0;  ///< images that could not be measured
  std::int64_t cells = 0;   ///< whole white cells found in them
  /// By name; a measure that the condition has no value of is not there.
  std::map<std::string, Interval, std::less<>> measures;
};

/// Conditions that differ in one thing.
struct GridOutcome {
  std::string name;         ///< "temperature"
  std::string title;        ///< "Temperature, trained anew for each value"
  std::string description;  ///< what it is about, may be empty
  std::string axis;         ///< what varies: "temperature"; empty where it is no one number
  std::string sheet;        ///< the contact sheet, relative to the report's folder; may be empty
  std::vector<ConditionOutcome> conditions;
};

enum class Verdict { held, not_held, undecided };

/// "held", "not held" or "undecided".
std::string_view name_of(Verdict verdict);

/// A claim and what the numbers say to it.
struct ClaimOutcome {
  std::string name;    ///< "temperature-10-best"
  std::string text;    ///< the claim in words
  std::string source;  ///< whose it is: "the study", "ours"
  std::string rule;    ///< the rule stated beforehand, in words
  Verdict verdict = Verdict::undecided;
  std::string explanation;  ///< the numbers that decide
};

/// A setting in the order of closeness to real malignant cells.
struct RankedSetting {
  std::string condition;  ///< its id
  std::string label;      ///< with its grid: "Temperature, trained anew: 10"
  Interval distance{};    ///< Frechet distance to real malignant cells
  bool tied = false;      ///< no further away than the first, as far as can be told
};

/// A training of the study.
struct TrainingOutcome {
  std::string name;
  std::string label;            ///< what it was trained with, in words
  std::string model;            ///< its file, relative to the report's folder
  std::int64_t epochs = 0;      ///< done
  std::int64_t best_epoch = 0;  ///< the one whose weights were kept, from 1
  /// Reconstruction term of held-out images in that epoch, as trainings have it: summed over
  /// pixels.
  std::optional<double> reconstruction;
  std::optional<Interval> training_error;  ///< mean squared error on images it was trained on
  std::optional<Interval> held_out_error;  ///< the same, of held-out images
  std::optional<Interval> gap;             ///< held-out less training error
  std::optional<double> dropout;           ///< the rate, where the study varies it
  std::string reason;                      ///< why it failed; else empty
};

struct ClassifierOutcome {
  std::string model;  ///< its file, relative to the report's folder
  std::int64_t block = 1;
  std::optional<HeldOutEvaluation> evaluation;
};

struct StudyOutcome {
  std::string title;
  std::string question;            ///< what was asked, in words of the experiment file
  std::string method;              ///< what was done, in words of the experiment file
  std::string malignant;           ///< class
  std::string benign;              ///< class
  std::vector<std::string> split;  ///< "early-pre-b: 560 training, 240 validation", a line a class
  std::int64_t image_size = 0;     ///< edge of the models' images, px
  int replicates = 0;              ///< of the bootstrap
  double confidence = 0.0;         ///< of the intervals
  std::vector<GridOutcome> grids;  ///< the first is that of the controls
  std::vector<ClaimOutcome> claims;
  std::vector<RankedSetting> ranking;  ///< closest first
  std::int64_t unranked = 0;           ///< settings in whose images too few cells are found
  std::vector<TrainingOutcome> trainings;
  ClassifierOutcome classifier;
  std::vector<std::string> notes;  ///< what a person should know: failures, what is missing
  std::vector<std::string> files;  ///< further files to look at, relative to the report's folder
  std::string experiment;          ///< the experiment file's text
};

/// How many claims have this verdict.
std::int64_t count(const StudyOutcome& outcome, Verdict verdict);

}  // namespace smear::study
