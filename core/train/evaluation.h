// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/model-file.h"

namespace smear {

/// How good a classifier is on images held out of its training, as its file says.
struct HeldOutEvaluation {
  /// Images to which a class was given a probability of bin / 10 to (bin + 1) / 10.
  struct Bin {
    std::string class_name;
    std::int64_t bin = 0;  ///< 0..9
    std::int64_t count = 0;
    double mean_probability = 0.0;
    double observed_fraction = 0.0;  ///< of them that are of the class
  };

  std::vector<std::string> classes;
  std::int64_t images = 0;
  double accuracy = 0.0;
  double balanced_accuracy = 0.0;  ///< mean over the classes of the share that is recognized
  std::optional<double> auc;       ///< of the last of two classes
  double brier = 0.0;
  double expected_calibration_error = 0.0;
  std::vector<std::vector<std::int64_t>> confusion;  ///< [truth][predicted]
  std::vector<Bin> reliability;
};

/// Nothing where the file holds none, as that of a model of another kind. Throws `PluginError`
/// where it is damaged.
std::optional<HeldOutEvaluation> evaluation_in(const ModelFile& model);

/// "benign 112 of 116, early-pre-b 238 of 240": how many of each class are recognized.
std::string recognized_text(const HeldOutEvaluation& evaluation);

/// All of it as lines for a terminal.
std::vector<std::string> evaluation_lines(const HeldOutEvaluation& evaluation);

}  // namespace smear
