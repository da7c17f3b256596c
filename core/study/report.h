// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "study/outcome.h"

namespace smear::study {

/// Writes the report of a study as one HTML file that needs no network, no script and no file but
/// the contact sheets, which lie where the outcome says, relative to the report's folder. It
/// depends on the outcome alone and appears under its name only when whole. The outcome's strings
/// are raw bytes: nothing needs to be valid UTF-8. Throws `RunError`.
///
/// The conditions `control/real-malignant` and `control/real-benign` are what all others are
/// compared with; where one is not there, or has no value of a measure, its line is left out.
void write_study_report(const StudyOutcome& outcome, const std::filesystem::path& file);

}  // namespace smear::study
