// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "registry/registry.h"

namespace smear::cli {

/// Exit codes, the same for every command.
enum ExitCode {
  exit_done = 0,
  exit_run_failed = 1,
  exit_config_error = 2,
  exit_quarantined = 3,
  exit_refused = 4,
};

/// Finds the command among the words, runs it, prints what it throws and returns the exit code.
int run_program(const std::vector<std::string>& words, const std::string& program);

/// The built-in stages, and those that the plugins found announce.
void fill_registry(Registry& registry, const Invocation& invocation);

/// The file of a pipeline that the user named: as it is, or one of those that come with Smearkit.
std::filesystem::path find_pipeline(const std::string& name);

/// The same for a training config.
std::filesystem::path find_training_config(const std::string& name);

/// The same for an experiment of `smear sweep`.
std::filesystem::path find_experiment(const std::string& name);

/// The program's own prefix, whose bin/ it lies in.
std::filesystem::path prefix();

/// What `smear COMMAND --help` prints.
std::string help_of(const Command& command);

/// The command's options with those that every command has.
boost::program_options::options_description all_options(const Command& command);

}  // namespace smear::cli
