// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace smear::imagej {

/// What a pixel measures, in space (units a pixel) and in value.
struct Calibration {
  double pixel_width = 1.0;
  double pixel_height = 1.0;
  double pixel_depth = 1.0;
  std::string unit = "pixel";  ///< as ImageJ keeps it: "um" becomes "µm" (UTF-8), "micron" stays
  std::string y_unit;          ///< empty: as `unit`
  std::string z_unit;
  double x_origin = 0.0;  ///< pixels
  double y_origin = 0.0;
  double z_origin = 0.0;
  bool invert_y = false;
  double frame_interval = 0.0;
  double frames_per_second = 0.0;
  std::string time_unit = "sec";
  bool loop = false;

  /// ImageJ's number of the function from pixel value to calibrated value (0 straight line,
  /// 1 polynomial of degree 2, ...; 20 none, 21 uncalibrated optical density).
  int function = 20;
  std::vector<double> coefficients;
  std::string value_unit = "Gray Value";
  bool zero_clip = false;

  /// Whether lengths have a unit of their own.
  [[nodiscard]] bool scaled() const {
    return pixel_width != 1.0 || pixel_height != 1.0 || pixel_depth != 1.0 || unit != "pixel";
  }

  bool operator==(const Calibration&) const = default;
};

}  // namespace smear::imagej
