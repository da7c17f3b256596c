// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "run/runner.h"

namespace smear::cli {

enum class ProgressStyle { automatic, json, quiet };

/// Shows a run's course on stderr: one line that is drawn anew on a terminal, a plain line every
/// ten seconds elsewhere, an event a line as JSON, or failures only.
std::unique_ptr<RunObserver> make_progress(ProgressStyle style);

/// "1:02:03", "4:05" or "0:07".
std::string clock_time(double seconds);

}  // namespace smear::cli
