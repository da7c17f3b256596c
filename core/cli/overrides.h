// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/command.h"
#include "config/macro.h"
#include "config/pipeline.h"

namespace smear::cli {

/// Adds `--set`, `--device` and `--precision`, which give stages' options other values.
void add_overrides(boost::program_options::options_description& options);

/// What they say. `--set` comes last, as it says more. Throws `ConfigError`.
std::vector<Override> overrides_of(const Invocation& invocation);

/// Adds `--imagej-pref` and `--imagej-version`, which go with macros.
void add_macro_settings(boost::program_options::options_description& options);

/// What they say, and `--set NAME=VALUE` of a macro's parameters. Throws `ConfigError`.
MacroSettings macro_settings_of(const Invocation& invocation);

}  // namespace smear::cli
