// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cli/progress.h"
#include "study/sweep.h"

namespace smear::cli {

/// Shows a sweep's course on stderr: one line that is drawn anew on a terminal, a plain line every
/// ten seconds elsewhere, an event a line as JSON, or notes only.
std::unique_ptr<study::SweepObserver> make_sweep_progress(ProgressStyle style);

}  // namespace smear::cli
