// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "train/evaluation.h"

namespace smear {

/// The section "Held out" of a training's report: figures, confusion matrix, and a reliability
/// diagram (SVG, coloured by the page) of each class that has one.
std::string evaluation_section(const HeldOutEvaluation& evaluation);

}  // namespace smear
