// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace smear::classifier {

/// What a classifier says of an image, and what it is.
struct Prediction {
  std::size_t truth = 0;              ///< position of the class
  std::vector<double> probabilities;  ///< of the classes, 1 in sum

  /// The most probable class; the first of equals.
  [[nodiscard]] std::size_t predicted() const;
};

/// The images to which a class was given a probability within a bin.
struct ReliabilityBin {
  std::size_t of_class = 0;
  std::size_t bin = 0;  ///< [bin / 10, (bin + 1) / 10), 1 in the last one
  std::int64_t count = 0;
  double mean_probability = 0.0;   ///< that they were given; 0 where there is no image
  double observed_fraction = 0.0;  ///< of them that are of the class; 0 where there is no image
};

/// How good a classifier is on images that it was not trained on.
struct Evaluation {
  static constexpr std::size_t bins = 10;

  std::int64_t images = 0;
  double accuracy = 0.0;
  /// The mean over the classes of the share of their images that is recognized; classes without
  /// images do not count.
  double balanced_accuracy = 0.0;
  /// The area under the receiver operating characteristic of the last of two classes: how often an
  /// image of it has a higher probability than one of the other; equal ones count half. Nothing
  /// where there are more classes, or one has no image.
  std::optional<double> auc;
  /// The mean of half the sum over the classes of (probability - truth)^2, which for two classes is
  /// (p - y)^2 (Brier 1950).
  double brier = 0.0;
  /// The mean over the bins of |mean probability - observed fraction|, weighted by their images: of
  /// the last of two classes, else the mean over all classes.
  double expected_calibration_error = 0.0;
  std::vector<std::vector<std::int64_t>> confusion;  ///< [truth][predicted]
  std::vector<ReliabilityBin> reliability;  ///< of the last of two classes, else of every class

  [[nodiscard]] std::string to_json() const;
};

/// `classes` is their number, at least 2.
Evaluation evaluate(const std::vector<Prediction>& predictions, std::size_t classes);

}  // namespace smear::classifier
