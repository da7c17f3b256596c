// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "synth/settings.h"

namespace smear::synth {

struct DatasetOptions {
  std::filesystem::path directory;
  int count = 10;  ///< 1..10000000
  SmearSettings smear;
  bool overwrite = false;
  int jobs = 0;  ///< threads; 0 for one a processor
  /// Told after each smear how many are done; called by one thread at a time.
  std::function<void(int done)> progress;
};

struct DatasetSummary {
  std::int64_t red = 0;
  std::int64_t white = 0;
  std::int64_t abnormal = 0;  ///< of the white ones
  std::int64_t platelets = 0;
};

/// Writes synthetic smears with their ground truth:
///
///     images/smear-0001.jpg ...        quality 92
///     truth/labels/smear-0001.png ...  16-bit, 0 background, else the cell's label
///     truth/nuclei/smear-0001.png ...  255 in the visible nuclei of white cells, else 0
///     truth/cells.csv                  one row a cell, by image, then by label
///
/// The same options give the same bytes, and the first smears of a larger count are those of a
/// smaller one. Each file gets its name when it is whole, the table's last of all. A directory that
/// is there and not empty is refused (`ConfigError`) unless `overwrite` is set; then the files of
/// an earlier set are removed first, and no others. Throws `RunError` where writing fails.
DatasetSummary write_dataset(const DatasetOptions& options);

}  // namespace smear::synth
