// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/program.h"
#include "config/describe.h"

namespace smear::cli {
namespace {

boost::program_options::options_description options() { return {}; }

int schema(const Invocation& invocation) {
  Registry registry;
  fill_registry(registry, invocation);
  std::cout << pipeline_schema(registry).dump(2) << '\n';
  return exit_done;
}

}  // namespace

Command schema_command() {
  return {
      .name = "schema",
      .summary = "Prints the JSON Schema of pipelines, for editors",
      .arguments = "",
      .details =
          "With it, an editor that has the YAML language server completes and checks pipelines:\n\n"
          "  smear schema > smear.schema.json\n\n"
          "and, as the first line of a pipeline:\n\n"
          "  # yaml-language-server: $schema=smear.schema.json",
      .options = options,
      .positional_min = 0,
      .positional_max = 0,
      .run = schema};
}

}  // namespace smear::cli
