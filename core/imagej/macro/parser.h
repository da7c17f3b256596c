// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "imagej/macro/ast.h"
#include "imagej/macro/macro-error.h"

namespace smear::imagej {

/// Reads a macro; `file` names it in messages. Throws `MacroError` with everything that is wrong in
/// its text (20 problems at most): tokens, brackets, missing semicolons, two macros in one file.
/// Any text is read or refused within bounded time and depth.
std::shared_ptr<const Program> parse_macro(std::string text, std::string file);

}  // namespace smear::imagej
