// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin-search.h"

#include <string>
#include <vector>

#include "cli/program.h"
#include "filters/filters.h"
#include "registry/plugin-directories.h"

namespace smear::cli {

PluginCatalog plugin_catalog(const Invocation& invocation) {
  std::vector<std::string> given;
  if (invocation.options.contains("plugin-dir"))
    given = invocation.options["plugin-dir"].as<std::vector<std::string>>();
  return PluginCatalog(plugin_directories(given));
}

void fill_registry(Registry& registry, const Invocation& invocation) {
  register_filters(registry);
  plugin_catalog(invocation).announce(registry);
}

}  // namespace smear::cli
