// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/pipeline.h"
#include "imagej/macro/plan.h"

namespace smear {

/// What ImageJ does for a stage that is not one of its commands.
struct Counterpart {
  std::vector<imagej::MacroStage> stages;  ///< commands and code that compute the same
  std::string refusal;  ///< why there are none, and what to do; empty where there are
};

/// The commands of ImageJ that compute on its active image what `stage` computes, with the options
/// that it has here, on the slot that it reads. They take the state that `plain_state_code` makes.
Counterpart counterpart_of(const PlannedStage& stage);

/// Macro code that takes away what ImageJ's commands look at and Smearkit's own stages do not know:
/// selection, threshold, inverting colour table and options.
std::string plain_state_code();

/// The command of ImageJ's that a stage of this name is; null where it is none.
const imagej::Command* command_of_stage(std::string_view stage);

/// The values of a stage of ImageJ's as its command's.
imagej::Values command_values(const imagej::Command& command, const PlannedStage& stage);

}  // namespace smear
