// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "registry/plugin-manifest.h"
#include "smear/plugin.h"

namespace smear {

/// What a plugin registered.
struct PluginContents {
  std::vector<std::pair<StageInfo, StageFactory>> stages;
  std::vector<std::pair<ReparameterizationInfo, ReparameterizationFactory>> reparameterizations;
  std::vector<std::pair<ModelKindInfo, ModelKindFactory>> model_kinds;
};

/// A plugin's shared library, opened in this process and never unloaded.
///
/// Opening runs the library's static initialisers: a library that nobody vouches for is opened in
/// a process of its own first (see plugin-probe.h).
class PluginLibrary {
 public:
  /// Opens the library, with every symbol resolved at once, and checks its descriptor, all of it
  /// before any of its functions is called. Throws `PluginError` with the reason to refuse it.
  explicit PluginLibrary(const std::filesystem::path& path);

  [[nodiscard]] const PluginDescriptor& descriptor() const { return *descriptor_; }

  /// Calls the plugin's register function. Throws `PluginError` with the reason to refuse it.
  [[nodiscard]] PluginContents contents() const;

 private:
  const PluginDescriptor* descriptor_ = nullptr;
};

/// The manifest of a plugin: makes each of its stages and reparameterizations once and asks for
/// its options. Throws `PluginError`.
PluginManifest manifest_of(const PluginDescriptor& descriptor, const PluginContents& contents);

}  // namespace smear
