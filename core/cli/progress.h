// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "run/runner.h"

namespace smear::cli {

enum class ProgressStyle { automatic, json, quiet };

/// Shows a run's course on stderr: one line that is drawn anew on a terminal, a plain line every
/// ten seconds elsewhere, an event a line as JSON, or failures only.
std::unique_ptr<RunObserver> make_progress(ProgressStyle style);

/// Draws the line of a terminal anew: a bar that is filled to `part` (0..1), and the words behind
/// it, as many as fit.
void draw_progress_line(double part, const std::string& words);

/// "1:02:03", "4:05" or "0:07".
std::string clock_time(double seconds);

}  // namespace smear::cli
