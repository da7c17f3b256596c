// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "study/bootstrap.h"
#include "study/distances.h"
#include "study/outcome.h"

/// From the tables of a condition's run to the measures of the study.
namespace smear::study {

/// What was measured of a condition's images.
struct Measured {
  std::size_t images = 0;  ///< of the input set, those that failed too
  std::size_t done = 0;    ///< measured
  /// Of each image, by measure; NaN where it failed. A measure that no image has is not there.
  std::map<std::string, std::vector<double>, std::less<>> values;
  /// Of each image a row a whole white cell: area (px²), circularity, solidity, boundary roughness.
  std::vector<Features> cells;

  [[nodiscard]] std::int64_t cell_count() const;
};

/// Reads the tables that a condition's run left in `folder`; `images` are the names of its input
/// set, in order. Cells that touch the image's edge are left out: their shape is cut off. Throws
/// `ConfigError` where a table cannot be read.
Measured read_measured(const std::filesystem::path& folder, const std::vector<std::string>& images);

/// Real cells that distances are measured from.
class Reference {
 public:
  /// Throws `RunError` where there are fewer than `least_cells` cells; `what` names the images.
  Reference(const Measured& measured, std::int64_t least_cells, const std::string& what);

  [[nodiscard]] const Features& cells() const { return cells_; }

 private:
  Features cells_;
};

/// A measure with what the bootstrap made of it.
struct Estimate {
  double value = 0.0;
  std::vector<double> replicates;
};
using Estimates = std::map<std::string, Estimate, std::less<>>;

/// The mean over the images that have a value, NaN where none has.
Estimate mean_of(const std::vector<double>& values, const std::vector<Multiplicities>& resamples);

/// The interval of `of` - `than`, replicate by replicate: in pairs where both were given the same
/// resamples.
Interval difference(const Estimate& of, const Estimate& than, double confidence);

/// Whether the measure is of the shapes of cells, and so is missing where there are too few.
bool is_of_shape(std::string_view measure);

/// Whether the measure is a distance, which is never below 0.
bool is_of_distance(std::string_view measure);

/// Turns what was measured into the study's measures. Shapes and their distances are not there
/// where fewer than `least_cells` cells were found, or all of them in fewer than five images: so
/// few say nothing.
///
/// Drawing cells anew moves a distance away from 0, the more the fewer there are, so the replicates
/// of distances are shifted by that bias, their mean's difference from the estimate. The cells that
/// distances are measured from are taken as they are.
class Estimator {
 public:
  /// The Frechet distance is in units of the malignant cells' standard deviations.
  Estimator(const Reference& malignant, const Reference& benign, std::int64_t least_cells);

  /// Conditions that share an input set are to be given the same `resamples` of its images, so that
  /// they are compared in pairs.
  [[nodiscard]] Estimates operator()(const Measured& measured,
                                     const std::vector<Multiplicities>& resamples) const;

 private:
  void add_shapes(const Measured& measured, const std::vector<Multiplicities>& resamples,
                  Estimates& estimates) const;

  struct Known {
    std::string name;                           // "malignant"
    std::vector<std::vector<double>> features;  // by feature
    Gaussian gaussian;                          // standardised
  };

  Standardization standardization_;
  std::vector<Known> references_;
  std::int64_t least_cells_;
};

}  // namespace smear::study
