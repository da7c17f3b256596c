// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "synth/cell.h"
#include "synth/random.h"
#include "synth/settings.h"

namespace smear::synth {

/// The cells of one smear in the order in which they lie on each other, topmost last: red cells,
/// white cells, platelets. Some reach over the border, some may lie outside altogether.
/// `settings` are checked ones.
std::vector<Cell> arrange_cells(const SmearSettings& settings, Random& random);

}  // namespace smear::synth
