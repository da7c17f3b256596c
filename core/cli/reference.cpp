// SPDX-License-Identifier: Apache-2.0
#include "cli/reference.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <iostream>
#include <map>
#include <string>

#include "config/describe.h"
#include "run/outputs.h"

namespace smear::cli {
namespace {

namespace fs = std::filesystem;

// The entry that `find` gives for a name, or nullptr where its plugin is refused.
template <typename Find>
auto entry_or_warning(const Find& find, const std::string& name) -> decltype(find(name)) {
  try {
    return find(name);
  } catch (const PluginError& e) {
    std::cerr << fmt::format("warning: no page of '{}': {}\n", name, e.what());
    return nullptr;
  }
}

// Writes the pages of one kind of thing and returns its lines of the index.
template <typename Find>
std::string write_pages(const Registry& registry, const fs::path& folder,
                        const std::string& subfolder, const std::vector<std::string>& names,
                        const Find& find) {
  std::string lines;
  for (const auto& name : names) {
    const auto* entry = entry_or_warning(find, name);
    if (entry == nullptr) continue;
    fs::create_directories(folder / subfolder);
    write_whole(folder / subfolder / (name + ".md"), reference_page(*entry, registry));
    lines += fmt::format("- [{0}]({1}{0}.md): {2}\n", name,
                         subfolder.empty() ? "" : subfolder + "/", entry->info.summary);
  }
  return lines;
}

std::string section(std::string title, const std::string& lines) {
  if (lines.empty()) return "";
  title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
  return fmt::format("\n## {}\n\n{}", title, lines);
}

// The stages' names by category.
std::map<Category, std::vector<std::string>> stages_by_category(Registry& registry) {
  std::map<Category, std::vector<std::string>> result;
  const auto find = [&](const std::string& name) { return registry.find(name); };
  for (const auto& name : registry.names())
    if (const auto* entry = entry_or_warning(find, name))
      result[entry->info.category].push_back(name);
  return result;
}

}  // namespace

void write_reference(Registry& registry, const fs::path& folder) {
  std::string index =
      "# Reference\n\nMade by `smear help --pages`; the text stands in the sources.\n";
  for (const auto& [category, names] : stages_by_category(registry))
    index += section(std::string(name_of(category)),
                     write_pages(registry, folder, "", names,
                                 [&](const std::string& name) { return registry.find(name); }));
  index += section(
      "reparameterizations",
      write_pages(registry, folder, "reparameterizations", registry.reparameterization_names(),
                  [&](const std::string& name) { return registry.find_reparameterization(name); }));
  index +=
      section("kinds of models",
              write_pages(registry, folder, "models", registry.model_kind_names(),
                          [&](const std::string& name) { return registry.find_model_kind(name); }));
  write_whole(folder / "README.md", index);
}

}  // namespace smear::cli
