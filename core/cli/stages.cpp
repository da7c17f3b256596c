// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "config/describe.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  all.add_options()("json", po::bool_switch(), "everything about every stage, as JSON");
  return all;
}

void print_table(const std::vector<const Registry::Entry*>& entries) {
  constexpr std::array categories{Category::input_output, Category::preprocessing,
                                  Category::segmentation, Category::measurement,
                                  Category::model,        Category::imagej,
                                  Category::other};
  for (const auto category : categories) {
    bool any = false;
    for (const auto* entry : entries) {
      if (entry->info.category != category) continue;
      if (!any) std::cout << name_of(category) << '\n';
      any = true;
      std::cout << fmt::format("  {:<22} {}{}\n", entry->info.name, entry->info.summary,
                               entry->plugin.name.empty() ? "" : " [" + entry->plugin.name + "]");
    }
  }
}

// What stages name by an option, and what is trained: known without loading their plugins.
void print_others(const Registry& registry) {
  const auto print = [](std::string_view title, const std::map<std::string, std::string>& all) {
    if (!all.empty()) std::cout << title << '\n';
    for (const auto& [name, summary] : all)
      std::cout << fmt::format("  {:<22} {}\n", name, summary);
  };
  print("reparameterizations (options of stages and models)",
        registry.reparameterization_summaries());
  print("kinds of models (for `smear train`)", registry.model_kind_summaries());
}

int stages(const Invocation& invocation) {
  Registry registry;
  fill_registry(registry, invocation);
  std::vector<const Registry::Entry*> entries;
  for (const auto& name : registry.names()) try {
      if (const auto* entry = registry.find(name)) entries.push_back(entry);
    } catch (const PluginError& e) {
      std::cerr << fmt::format("warning: stage '{}': {}\n", name, e.what());
    }
  if (!invocation.options["json"].as<bool>()) {
    print_table(entries);
    print_others(registry);
    return exit_done;
  }
  auto all = nlohmann::json::array();
  for (const auto* entry : entries) all.push_back(stage_json(*entry, registry));
  std::cout << all.dump(2) << '\n';
  return exit_done;
}

}  // namespace

Command stages_command() {
  return {.name = "stages",
          .summary = "Lists the stages that pipelines are made of",
          .arguments = "[--json]",
          .details = "With them are listed the reparameterizations and kinds of models of plugins.",
          .options = options,
          .positional_min = 0,
          .positional_max = 0,
          .run = stages};
}

}  // namespace smear::cli
