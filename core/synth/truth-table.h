// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synth/ground-truth.h"

namespace smear::synth {

/// The header line of truth/cells.csv.
std::string_view truth_header();

/// The lines of one image's cells, in label order.
std::string truth_rows(std::string_view image, const std::vector<CellTruth>& cells);

}  // namespace smear::synth
