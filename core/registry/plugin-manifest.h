// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "smear/options.h"

namespace smear {

/// An option as a manifest keeps it: enough to show it.
struct PluginOption {
  std::string name;
  std::string kind;           ///< "real", "choice", ...
  std::string default_value;  ///< as in YAML; empty where the option is required
  std::string unit;
  std::string help;
  bool operator==(const PluginOption&) const = default;
};

/// A stage or a reparameterization of a plugin.
struct PluginItem {
  std::string name;
  std::string summary;
  std::string category;  ///< of a stage
  std::vector<PluginOption> options;
  bool operator==(const PluginItem&) const = default;
};

/// What is in a plugin, known without opening its library: a JSON file `hello.smear.json` beside
/// `hello.so`, which the build writes by registering the plugin once.
struct PluginManifest {
  std::string name;
  std::string version;
  std::string licence;
  std::uint32_t api_epoch = 0;
  std::uint32_t api_minor = 0;
  std::string build_identity;
  std::string torch_version;
  std::vector<PluginItem> stages;
  std::vector<PluginItem> reparameterizations;
  std::vector<PluginItem> model_kinds;
};

/// Where the manifest of this library is.
std::filesystem::path manifest_path(const std::filesystem::path& library);

std::string to_json(const PluginManifest& manifest);

/// Throws `PluginError` that says what in the text is wrong.
PluginManifest manifest_from_json(const std::string& text);

/// What the file says. Throws `PluginError`.
PluginManifest read_manifest(const std::filesystem::path& file);

/// Why a plugin of this API and build cannot work with this program, or nothing.
std::optional<std::string> mismatch(std::uint32_t api_epoch, std::uint32_t api_minor,
                                    const std::string& build_identity);

/// How the manifest differs from what the library really is, or nothing: name, version, and the
/// names of what it brings.
std::optional<std::string> difference(const PluginManifest& manifest,
                                      const PluginManifest& library);

}  // namespace smear
