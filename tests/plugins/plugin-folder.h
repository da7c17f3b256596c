// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "registry/plugin-manifest.h"

namespace smear::test {

/// A temporary plugin directory that tests put libraries of tests/plugins/bad into.
class PluginFolder {
 public:
  PluginFolder();
  PluginFolder(const PluginFolder&) = delete;
  PluginFolder& operator=(const PluginFolder&) = delete;
  ~PluginFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Copies the library `name`, without a manifest, and returns where it is.
  std::filesystem::path add_library(const std::string& name) const;

  /// Copies the library and writes its true manifest beside it; the library must be good.
  std::filesystem::path add(const std::string& name) const;

  /// Copies the library and writes a manifest that claims, for this build, these stages.
  std::filesystem::path add_claiming(const std::string& name,
                                     const std::vector<std::string>& stages) const;

  void write(const std::string& file, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// A manifest that this program takes.
PluginManifest manifest_claiming(const std::string& name, const std::vector<std::string>& stages);

/// Whether this process has the file mapped: a library that was opened.
bool is_mapped(const std::filesystem::path& file);

}  // namespace smear::test
