// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "imagej/command.h"
#include "imagej/macro/ast.h"
#include "imagej/macro/functions.h"

namespace smear::imagej {

/// Runs a macro, or a part of one, on a session. Its variables begin as `session.variables` and are
/// left there; `var x;` without a value keeps one that is there.
///
/// Commands come from `table`. An `open` of the image at hand (`Input.directory + Input.name`) does
/// nothing, as it is open. Throws `SampleError` with file, line and column for all that goes wrong,
/// and what the host throws.
/// A macro that runs more than `most_statements` is taken for one that does not end.
void run_macro(const Program& program, Session& session, Host& host, const MacroContext& context,
               const CommandTable& table = CommandTable::instance(),
               long most_statements = 20'000'000);

/// The values of a function-form command's keys, from a call's arguments in order. Throws
/// `ValueError` where there are too few or too many of them, or of the wrong kind, and
/// `ConfigError` as the command's check does.
Values values_of_arguments(const Command& command, const std::vector<Value>& arguments);

}  // namespace smear::imagej
