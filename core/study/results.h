// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "study/outcome.h"

namespace smear::study {

/// The text of measures.csv: a row a condition and measure, with its interval.
std::string measures_table(const StudyOutcome& outcome);

/// The text of claims.csv.
std::string claims_table(const StudyOutcome& outcome);

/// Writes a contact sheet: a column a condition, and where `inputs` is given a first one of those.
/// `conditions` are headings and the folders of their results; `images` the names of the images to
/// show, one list a column: the same inputs side by side where conditions share them.
struct SheetSource {
  std::string heading;
  std::filesystem::path folder;     ///< with generated/
  std::vector<std::string> images;  ///< of the input set
};
void write_sheet(const std::vector<SheetSource>& columns, int cell,
                 const std::filesystem::path& file);

}  // namespace smear::study
