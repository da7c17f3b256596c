// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "train/evaluation.h"

namespace smear {

/// Figures, confusion matrix, and a reliability diagram (SVG, coloured by the page) of each class
/// that has one, as parts of an HTML page.
std::string evaluation_html(const HeldOutEvaluation& evaluation);

/// The same as the section "Held out" of a training's report.
std::string evaluation_section(const HeldOutEvaluation& evaluation);

}  // namespace smear
