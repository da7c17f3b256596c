// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

/// What the commands that train have in common.
namespace smear::cli {

/// What a command makes of its words, options apart.
struct TrainingWords {
  std::string config;                ///< a file, or the name of a config that comes with Smearkit
  std::vector<std::string> folders;  ///< of images, beside those of --data
  std::string kind;                  ///< the only kind of model it trains; empty is any
};

boost::program_options::options_description training_options();

/// Trains, and says what came of it. Returns the exit code. Throws as `run_program` expects.
int run_training(const Invocation& invocation, const TrainingWords& words);

}  // namespace smear::cli
