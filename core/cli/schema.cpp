// SPDX-License-Identifier: Apache-2.0
#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "config/schema.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("training", po::bool_switch(), "of training configs instead of pipelines");
  return all;
}

int print_schema(const Invocation& invocation) {
  Registry registry;
  fill_registry(registry, invocation);
  const bool training = invocation.options["training"].as<bool>();
  const auto schema = training ? training_schema(registry) : pipeline_schema(registry);
  std::cout << schema.dump(2) << '\n';
  return exit_done;
}

}  // namespace

Command schema_command() {
  return {
      .name = "schema",
      .summary = "Prints the JSON Schema of pipelines, for editors",
      .arguments = "[--training]",
      .details =
          "With it, an editor that has the YAML language server completes and checks pipelines:\n\n"
          "  smear schema > smear.schema.json\n\n"
          "and, as the first line of a pipeline:\n\n"
          "  # yaml-language-server: $schema=smear.schema.json\n\n"
          "With --training it is that of the configs of `smear train`.",
      .options = options,
      .positional_min = 0,
      .positional_max = 0,
      .run = print_schema};
}

}  // namespace smear::cli
