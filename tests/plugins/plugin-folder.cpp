// SPDX-License-Identifier: Apache-2.0
// Makes plugin directories for the tests of the catalog.
#include "plugins/plugin-folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "registry/plugin-probe.h"
#include "smear/plugin.h"

namespace smear::test {

namespace fs = std::filesystem;

PluginFolder::PluginFolder() {
  std::string pattern = (fs::temp_directory_path() / "smear-plugins-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = fs::canonical(pattern);
}

PluginFolder::~PluginFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path PluginFolder::add_library(const std::string& name) const {
  const fs::path from = fs::path(SMEAR_BAD_PLUGINS) / (name + ".so");
  const fs::path to = path_ / from.filename();
  fs::copy_file(from, to);
  return to;
}

fs::path PluginFolder::add(const std::string& name) const {
  fs::path library = add_library(name);
  const auto probed = probe_plugin(library, std::chrono::seconds(10));
  if (!probed.manifest) throw std::runtime_error(probed.reason);
  write(name + ".smear.json", to_json(*probed.manifest));
  return library;
}

fs::path PluginFolder::add_claiming(const std::string& name,
                                    const std::vector<std::string>& stages) const {
  fs::path library = add_library(name);
  write(name + ".smear.json", to_json(manifest_claiming(name, stages)));
  return library;
}

void PluginFolder::write(const std::string& file, const std::string& text) const {
  std::ofstream(path_ / file) << text;
}

PluginManifest manifest_claiming(const std::string& name, const std::vector<std::string>& stages) {
  PluginManifest manifest;
  manifest.name = name;
  manifest.version = "1.0";
  manifest.licence = "Apache-2.0";
  manifest.api_epoch = SMEAR_API_EPOCH;
  manifest.api_minor = SMEAR_API_MINOR;
  manifest.build_identity = SMEAR_BUILD_IDENTITY;
  for (const auto& stage : stages) manifest.stages.push_back({stage, "Does nothing.", "other", {}});
  return manifest;
}

bool is_mapped(const fs::path& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.ends_with(file.string())) return true;
  return false;
}

}  // namespace smear::test
