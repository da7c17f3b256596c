// SPDX-License-Identifier: Apache-2.0
#include "config/version.h"

#include <fmt/format.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "config/libraries.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("verbose", po::bool_switch(), "also the libraries and where things are");
  return all;
}

int print_version(const Invocation& invocation) {
  std::cout << "smear " << version() << '\n';
  if (!invocation.options["verbose"].as<bool>()) return exit_done;
  const auto line = [](std::string_view name, const std::string& value) {
    std::cout << fmt::format("{:<14} {}\n", name, value);
  };
  for (const auto& [name, value] : library_versions()) line(name, value);
  line("prefix", prefix().string());
  return exit_done;
}

}  // namespace

Command version_command() {
  return {.name = "version",
          .summary = "Prints the version",
          .arguments = "[--verbose]",
          .details = "",
          .options = options,
          .positional_min = 0,
          .positional_max = 0,
          .run = print_version};
}

}  // namespace smear::cli
