// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <fstream>
#include <iostream>

#include "cli/program.h"
#include "config/describe.h"
#include "config/diagnostics.h"
#include "run/outputs.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("markdown", po::bool_switch(), "print the stage's reference page")(
      "pages", po::value<std::string>()->value_name("DIR"),
      "write the reference page of every built-in stage, and an index, to DIR");
  return all;
}

int write_pages(Registry& registry, const std::filesystem::path& folder) {
  std::string index =
      "# Stages\n\nMade by `smear help --pages`; the text stands in each stage's source.\n\n";
  for (const auto& name : registry.names()) {
    if (registry.owner_of_stage(name) != "built in") continue;
    const auto* entry = registry.find(name);
    if (entry == nullptr) continue;
    write_whole(folder / (name + ".md"), stage_page(*entry));
    index += fmt::format("- [{0}]({0}.md): {1} ({2})\n", name, entry->info.summary,
                         name_of(entry->info.category));
  }
  write_whole(folder / "README.md", index);
  return exit_done;
}

int help(const Invocation& invocation) {
  Registry registry;
  if (invocation.options.contains("pages")) {
    fill_registry(registry, invocation);
    return write_pages(registry, invocation.options["pages"].as<std::string>());
  }
  if (invocation.positional.empty())
    throw ConfigError("help takes the name of a stage or of a command");
  const auto& name = invocation.positional.front();
  const auto command = std::ranges::find(commands(), name, &Command::name);
  if (command != commands().end()) {
    std::cout << help_of(*command);
    return exit_done;
  }
  fill_registry(registry, invocation);
  const auto* entry = registry.find(name);
  if (entry == nullptr) {
    auto names = registry.names();
    for (const auto& each : commands()) names.emplace_back(each.name);
    const auto hint = did_you_mean(name, names);
    throw ConfigError(fmt::format("there is no stage and no command '{}'; {}", name,
                                  hint.empty() ? "`smear stages` lists the stages" : hint));
  }
  std::cout << (invocation.options["markdown"].as<bool>() ? stage_page(*entry)
                                                          : stage_help(*entry));
  return exit_done;
}

}  // namespace

Command help_command() {
  return {.name = "help",
          .summary = "Tells all about a stage, or about a command",
          .arguments = "STAGE [options]",
          .details = "  smear help gaussian-blur",
          .options = options,
          .positional_min = 0,
          .positional_max = 1,
          .run = help};
}

}  // namespace smear::cli
