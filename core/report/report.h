// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace smear::report {

/// One sample of the run. All strings are raw bytes: nothing needs to be valid UTF-8.
struct SampleRow {
  std::string id;
  bool done = true;    ///< false: quarantined, with `stage` and `reason`
  std::string stage;   ///< the stage that could not handle it
  std::string reason;  ///< what was wrong
  std::vector<std::string> warnings;
  double seconds = 0.0;
  std::string preview;  ///< path of the overlay relative to the report's folder; "" for none
  std::map<std::string, std::int64_t> counts;  ///< objects by class; "objects" without classes
};

/// The values of one measure for all objects of a class ("" without classes). NaN is missing.
struct Series {
  std::string measure;  ///< a column's name with its unit's suffix: "area_px", "circularity"
  std::string group;
  std::vector<float> values;
};

struct Report {
  std::string title;
  /// What run.json holds. Known keys are shown as what they are: `pipeline_text`, `smear_version`,
  /// `command` (text or list), `host`, `started` (ISO 8601), `seconds` (wall clock; the rate is
  /// taken from it), `jobs`, `seed`, `input`, `stages` (list of names or objects),
  /// `kept_from_earlier_run` (samples that the rate leaves out), `end` (anything but "complete" is
  /// announced), `tables` (paths to link to). All others are listed after them.
  nlohmann::json provenance;
  std::vector<SampleRow> samples;
  std::vector<Series> series;
};

/// Writes the report as one HTML file that needs no network and no file but the overlays. It
/// appears under its name only when whole. Throws `RunError` where it cannot be written.
void write(const Report& report, const std::filesystem::path& file);

}  // namespace smear::report
