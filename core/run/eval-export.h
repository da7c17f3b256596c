// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace smear {

/// What `export_for_evaluation` is to do.
struct EvalExport {
  std::filesystem::path run;  ///< OUT of a run that is complete
  std::filesystem::path to;   ///< the folder to write
  bool overwrite = false;     ///< replace an earlier export in `to`

  /// The run's table of cells; the only one that has the columns unless given.
  std::optional<std::string> table;
  /// The scorer's class by the run's; "" leaves its cells out. Classes that are not listed keep
  /// their name.
  std::map<std::string, std::string> classes;

  /// A folder of OUT. One that was `named` must hold something.
  struct Folder {
    std::string name;
    bool named = false;
  };
  std::optional<Folder> masks;  ///< of cytoplasm and nucleus; none writes no masks at all
  std::optional<Folder> cells;  ///< of instance labels, written beside the masks
};

/// What an export wrote.
struct EvalSummary {
  std::int64_t images = 0;       ///< that are done
  std::int64_t quarantined = 0;  ///< that are not, and so have no objects
  std::int64_t masks = 0;
  std::map<std::string, std::int64_t> objects;  ///< by class as written
};

/// Writes what a run found as programs that compare it with a truth read it:
///
/// - `objects.csv` with the columns image, label, x, y, x0, y0, x1, y1, area, class: the centroid
///   with (0, 0) in the centre of the first pixel, and a half-open box;
/// - `masks/<stem>.png`, 8-bit grey, and `masks/<stem>_cells.png`, labels of 8 or 16 bits.
///
/// `objects.csv` is put in place last. Throws `ConfigError` where `run` is no run that is complete,
/// where `to` holds something else, where two images share a stem, and where table or folders are
/// not to be found or do not fit; `RunError` for the disk.
EvalSummary export_for_evaluation(const EvalExport& request);

}  // namespace smear
