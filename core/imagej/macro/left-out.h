// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imagej/macro/ast.h"

namespace smear::imagej {

/// A macro without what it only shows while it works.
struct WithoutShown {
  std::shared_ptr<const Program> program;
  std::vector<std::string> notes;  ///< what was left out: one sentence each
};

/// Leaves out statements that change no file: messages and tools, lines of the log that replace
/// others as progress goes on (`print("\\Update:" + i)`), and lines that tell the time. Those of
/// the log stay where the macro saves its log, and so does a time that anything else depends on.
WithoutShown without_shown(const std::shared_ptr<const Program>& program);

/// Whether the macro may save its log, or ask for it.
bool saves_log(const Program& program);

}  // namespace smear::imagej
