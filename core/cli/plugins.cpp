// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/plugin-search.h"
#include "filters/filters.h"
#include "registry/plugin-catalog.h"
#include "registry/plugin-directories.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;
using Json = nlohmann::ordered_json;

po::options_description options() {
  po::options_description result;
  result.add_options()("json", po::bool_switch(), "one JSON document, for programs");
  return result;
}

Json items_json(const std::vector<PluginItem>& items) {
  Json result = Json::array();
  for (const auto& item : items) {
    Json options = Json::array();
    for (const auto& option : item.options)
      options.push_back({{"name", option.name},
                         {"kind", option.kind},
                         {"default", option.default_value},
                         {"unit", option.unit},
                         {"help", option.help}});
    Json entry{{"name", item.name}, {"summary", item.summary}};
    if (!item.category.empty()) entry["category"] = item.category;
    entry["options"] = std::move(options);
    result.push_back(std::move(entry));
  }
  return result;
}

Json plugin_json(const PluginStatus& plugin) {
  return {{"name", plugin.name},
          {"version", plugin.version},
          {"licence", plugin.licence},
          {"torch_version", plugin.torch_version},
          {"state", name_of(plugin.state)},
          {"reason", plugin.reason},
          {"path", plugin.path.string()},
          {"stages", items_json(plugin.stages)},
          {"reparameterizations", items_json(plugin.reparameterizations)},
          {"model_kinds", items_json(plugin.model_kinds)}};
}

void print_items(std::string_view kind, const std::vector<PluginItem>& items) {
  for (const auto& item : items) {
    fmt::print("    {} {}: {}\n", kind, item.name, item.summary);
    for (const auto& option : item.options)
      fmt::print("      {}: {}{}  {}\n", option.name,
                 option.default_value.empty() ? "(required)" : option.default_value,
                 option.unit.empty() ? "" : " " + option.unit, option.help);
  }
}

void print_table(const std::vector<PluginStatus>& plugins) {
  std::size_t names = 0;
  std::size_t versions = 0;
  for (const auto& plugin : plugins) {
    names = std::max(names, plugin.name.size());
    versions = std::max(versions, plugin.version.size());
  }
  for (const auto& plugin : plugins) {
    fmt::print("{:{}}  {:{}}  {}{}\n", plugin.name, names, plugin.version, versions,
               name_of(plugin.state), plugin.reason.empty() ? "" : ": " + plugin.reason);
    fmt::print("    {}{}\n", plugin.path.string(),
               plugin.licence.empty() ? "" : " (" + plugin.licence + ")");
    print_items("stage", plugin.stages);
    print_items("reparameterization", plugin.reparameterizations);
    print_items("model kind", plugin.model_kinds);
  }
}

int run(const Invocation& invocation) {
  Registry registry;
  register_filters(registry);
  PluginCatalog catalog = plugin_catalog(invocation);
  catalog.announce(registry);
  const auto plugins = catalog.examine();
  if (invocation.options["json"].as<bool>()) {
    Json json = Json::array();
    for (const auto& plugin : plugins) json.push_back(plugin_json(plugin));
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (plugins.empty()) {
    fmt::print("No plugins. They are looked for in --plugin-dir, SMEAR_PLUGIN_PATH and {}\n",
               plugin_directories({}).back().string());
  } else {
    print_table(plugins);
  }
  return 0;
}

}  // namespace

Command plugins_command() {
  return {
      .name = "plugins",
      .summary = "Lists the plugins, usable or refused, and why",
      .arguments = "[--plugin-dir DIR]... [--json]",
      .details =
          "Tries every plugin in the directories of --plugin-dir, of SMEAR_PLUGIN_PATH (absolute\n"
          "paths, separated by colons) and of the installation, each in a process of its own.\n"
          "A plugin that cannot be used is listed with the reason.",
      .options = options,
      .positional_min = 0,
      .positional_max = 0,
      .run = run,
  };
}

}  // namespace smear::cli
