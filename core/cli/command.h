// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace smear::cli {

/// What the user typed after the command's name, parsed.
struct Invocation {
  boost::program_options::variables_map options;
  std::vector<std::string> positional;
};

/// One command of the program. Each lives in a file of its own, `<name>.cpp`, which defines
/// `Command <name>_command()`; commands.cpp lists them.
struct Command {
  std::string_view name;
  std::string_view summary;    ///< one line of `smear --help`
  std::string_view arguments;  ///< "PIPELINE INPUT -o OUT [options]"
  std::string_view details;    ///< paragraphs and examples of `smear COMMAND --help`
  /// The options, as Boost.Program_options knows them; `--help` is added by the program.
  boost::program_options::options_description (*options)();
  /// How many positional arguments there must be at least and at most.
  std::size_t positional_min;
  std::size_t positional_max;
  /// Does the work and returns the exit code: 0 done; 1 the run failed; 2 config, usage or input
  /// error; 3 finished, some samples quarantined; 4 a plugin or model was refused. May throw the
  /// errors of smear/errors.h, which the program prints and turns into these codes.
  int (*run)(const Invocation&);
};

/// Every command, in the order of `smear --help`.
const std::vector<Command>& commands();

}  // namespace smear::cli
