// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smear::imagej {

/// What ImageJ takes from a user's preferences, at ImageJ's defaults. A macro changes them by
/// `setOption` and `Options...`, a user by `--imagej-pref KEY=VALUE`.
struct Preferences {
  bool black_background = true;
  bool pad_edges = false;
  int binary_iterations = 1;
  int binary_count = 1;
  std::string edm_output = "Overwrite";  ///< Overwrite, 8-bit, 16-bit or 32-bit
  bool weighted_rgb = false;             ///< 0.299, 0.587, 0.114 instead of thirds
  bool inverting_lut = false;            ///< "use inverting lookup table"
  bool scale_conversions = true;
  bool show_row_numbers = true;
  bool save_column_headers = true;
  bool save_row_numbers = true;
  bool interpolate_scaled_images = false;
  int jpeg_quality = 85;         ///< 1..100
  int version_hundredths = 153;  ///< 153 or 154: `--imagej-version`
  char version_letter = 't';

  /// Sets one from text: "blackBackground=false". Throws `ConfigError` that names what there is.
  void set(std::string_view assignment);
  /// "blackBackground=true" ... in a fixed order: what runs log and `set` takes.
  [[nodiscard]] std::vector<std::string> assignments() const;
};

}  // namespace smear::imagej
