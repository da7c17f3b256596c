// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace smear::imagej {

/// What Set Measurements... sets, at ImageJ's defaults.
struct MeasurementSettings {
  bool area = true;
  bool mean = true;
  bool standard_deviation = false;
  bool mode = false;
  bool min_max = true;
  bool centroid = false;
  bool center_of_mass = false;
  bool perimeter = false;
  bool bounding_rectangle = false;
  bool ellipse = false;            ///< fit
  bool shape_descriptors = false;  ///< shape
  bool feret = false;
  bool integrated_density = false;
  bool median = false;
  bool skewness = false;
  bool kurtosis = false;
  bool area_fraction = false;
  bool stack_position = false;
  bool limit_to_threshold = false;
  bool labels = false;  ///< display
  bool invert_y = false;
  bool scientific = false;
  bool add_to_overlay = false;
  bool nan_empty = false;
  std::string redirect;  ///< title of the image to measure in; empty: none
  int decimals = 3;

  bool operator==(const MeasurementSettings&) const = default;
};

}  // namespace smear::imagej
