// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cli/progress.h"
#include "smear/model-kind.h"

namespace smear::cli {

/// Shows a training's course on stderr: one line that is drawn anew on a terminal, a plain line
/// every ten seconds and after every epoch elsewhere, an event a line as JSON, or notes only.
std::unique_ptr<TrainingObserver> make_training_progress(ProgressStyle style);

}  // namespace smear::cli
