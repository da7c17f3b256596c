// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "cli/reference.h"
#include "config/describe.h"
#include "config/diagnostics.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("markdown", po::bool_switch(), "print the reference page")(
      "pages", po::value<std::string>()->value_name("DIR"),
      "write the reference page of everything that there is, and an index, to DIR");
  return all;
}

// All about everything of that name; "" where there is nothing.
std::string text_on(const std::string& name, Registry& registry, bool markdown) {
  std::string text;
  const auto add = [&](const auto* entry) {
    if (entry == nullptr) return;
    if (!text.empty()) text += '\n';
    text += markdown ? reference_page(*entry, registry) : help_text(*entry, registry);
  };
  add(registry.find(name));
  add(registry.find_reparameterization(name));
  add(registry.find_model_kind(name));
  return text;
}

// Everything that there is help on.
std::vector<std::string> known_names(const Registry& registry) {
  auto names = registry.names();
  for (const auto& more : {registry.reparameterization_names(), registry.model_kind_names()})
    names.insert(names.end(), more.begin(), more.end());
  for (const auto& each : commands()) names.emplace_back(each.name);
  return names;
}

int help(const Invocation& invocation) {
  Registry registry;
  if (invocation.options.contains("pages")) {
    fill_registry(registry, invocation);
    write_reference(registry, invocation.options["pages"].as<std::string>());
    return exit_done;
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
  const auto text = text_on(name, registry, invocation.options["markdown"].as<bool>());
  if (text.empty()) {
    const auto hint = did_you_mean(name, known_names(registry));
    throw ConfigError(fmt::format("there is no stage and no command '{}'; {}", name,
                                  hint.empty() ? "`smear stages` lists the stages" : hint));
  }
  std::cout << text;
  return exit_done;
}

}  // namespace

Command help_command() {
  return {.name = "help",
          .summary = "Tells all about a stage, or about a command",
          .arguments = "NAME [options]",
          .details =
              "NAME is that of a stage, a reparameterization, a kind of model or a command;\n"
              "`smear stages` lists the first three.\n\n"
              "  smear help gaussian-blur",
          .options = options,
          .positional_min = 0,
          .positional_max = 1,
          .run = help};
}

}  // namespace smear::cli
