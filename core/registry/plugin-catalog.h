// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/plugin-manifest.h"
#include "registry/registry.h"

namespace smear {

enum class PluginState {
  available,  ///< fits, as far as is known; not opened in this process
  loaded,     ///< its stages are in the registry
  refused,    ///< cannot be used; the status says why
};
std::string_view name_of(PluginState state);

/// A plugin that was found, usable or not.
struct PluginStatus {
  std::filesystem::path path;  ///< of the library
  std::string name;            ///< the file's stem where nothing better is known
  std::string version;
  std::string licence;
  std::string torch_version;  ///< of the LibTorch it was built against; empty where it uses none
  PluginState state = PluginState::available;
  std::string reason;  ///< of a refusal
  std::vector<PluginItem> stages;
  std::vector<PluginItem> reparameterizations;
  std::vector<PluginItem> model_kinds;
};

/// The plugins in some directories.
///
/// What is in them is read from their manifests; a library is opened when the registry is asked
/// for something of it, or by `examine`, and in a child process first. Stages and factories of a
/// loaded plugin may outlive the catalog.
class PluginCatalog {
 public:
  /// Looks for plugins (`*.so`) in these directories, those that exist, first to last, by name
  /// within one. A plugin of a name that was met before is refused.
  /// `patience` is how long a plugin may take to register.
  explicit PluginCatalog(const std::vector<std::filesystem::path>& directories,
                         std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~PluginCatalog();
  PluginCatalog(PluginCatalog&&) noexcept;
  PluginCatalog& operator=(PluginCatalog&&) noexcept;

  /// Tells the registry, which has the built-in stages already, what the plugins bring, so that
  /// they are loaded when first asked for. Opens none. A plugin that brings a name that is taken is
  /// refused whole. Asking for something that a refused plugin would have brought throws
  /// `PluginError` with the reason.
  void announce(Registry& registry);

  /// What is known of the plugins without opening any.
  [[nodiscard]] std::vector<PluginStatus> status() const;

  /// Tries every plugin that is not refused or loaded yet, each in a child process of its own, and
  /// returns what is known then. Call it after `announce`, so that names taken twice show.
  std::vector<PluginStatus> examine();

 private:
  class Plugin;
  std::vector<std::shared_ptr<Plugin>> plugins_;
};

}  // namespace smear
