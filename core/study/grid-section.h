// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "study/outcome.h"

namespace smear::study {

/// The section of a grid in the report, as HTML: what it is about, its contact sheet, a chart a
/// measure with real malignant and real benign cells as references, and all numbers in a table.
std::string grid_section(const StudyOutcome& outcome, const GridOutcome& grid,
                         const std::string& html_id);

}  // namespace smear::study
