// SPDX-License-Identifier: Apache-2.0
#include "registry/plugin-catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "registry/plugin-library.h"
#include "registry/plugin-probe.h"
#include "smear/errors.h"

namespace smear {

namespace fs = std::filesystem;

std::string_view name_of(PluginState state) {
  switch (state) {
    case PluginState::available: return "available";
    case PluginState::loaded: return "loaded";
    case PluginState::refused: return "refused";
  }
  return "refused";
}

/// One plugin and what has become of it.
class PluginCatalog::Plugin : public std::enable_shared_from_this<Plugin> {
 public:
  Plugin(const fs::path& path, std::chrono::milliseconds patience) : patience_(patience) {
    status_.path = path;
    status_.name = path.stem().string();
    read_manifest();
  }

  [[nodiscard]] const PluginStatus& status() const { return status_; }
  [[nodiscard]] bool refused() const { return status_.state == PluginState::refused; }

  void refuse(std::string reason) {
    status_.state = PluginState::refused;
    status_.reason = std::move(reason);
  }

  /// Takes the names it brings; refuses the plugin where one of them is taken.
  void announce(Registry& registry) {
    if (refused()) return;
    for (const auto& item : status_.stages)
      if (auto owner = registry.owner_of_stage(item.name))
        return refuse(fmt::format("stage '{}' exists already ({})", item.name, *owner));
    for (const auto& item : status_.reparameterizations)
      if (auto owner = registry.owner_of_reparameterization(item.name))
        return refuse(
            fmt::format("reparameterization '{}' exists already ({})", item.name, *owner));
    for (const auto& item : status_.model_kinds)
      if (auto owner = registry.owner_of_model_kind(item.name))
        return refuse(fmt::format("model kind '{}' exists already ({})", item.name, *owner));
    announce_free_names(registry);
  }

  /// So that asking for what a refused plugin would have brought gives the reason. Last, as it may
  /// not keep the name from a plugin that works.
  void announce_free_names(Registry& registry) {
    const auto load = [self = shared_from_this()](Registry& to) { self->load(to); };
    for (const auto& item : status_.stages)
      if (is_stage_name(item.name) && !registry.owner_of_stage(item.name))
        registry.announce(item.name, status_.name, load);
    for (const auto& item : status_.reparameterizations)
      if (is_stage_name(item.name) && !registry.owner_of_reparameterization(item.name))
        registry.announce_reparameterization(item.name, status_.name, load, item.summary);
    for (const auto& item : status_.model_kinds)
      if (is_stage_name(item.name) && !registry.owner_of_model_kind(item.name))
        registry.announce_model_kind(item.name, status_.name, load, item.summary);
  }

  /// Tries the plugin in a child process, once.
  void probe() {
    if (probed_ || status_.state == PluginState::loaded) return;
    if (refused() && !without_manifest_) return;
    probed_ = true;
    const ProbeResult result = probe_plugin(status_.path, patience_);
    if (!result.manifest) return refuse(result.reason);
    if (without_manifest_) return;
    if (auto reason = difference(manifest_, *result.manifest))
      return refuse(*reason + (older_manifest() ? " (it is older than the library)" : "") +
                    "; rebuild the plugin, so that its manifest is written anew");
    // A manifest that is right may still have older help texts.
    take(*result.manifest);
  }

  /// Throws `PluginError` where the plugin is refused.
  void load(Registry& registry) {
    if (status_.state == PluginState::loaded) return;
    probe();
    if (!refused()) try {
        add_to(registry);
        status_.state = PluginState::loaded;
      } catch (const PluginError& error) {
        refuse(error.what());
      }
    if (refused())
      throw PluginError(fmt::format("plugin '{}' ({}) is refused: {}", status_.name,
                                    status_.path.string(), status_.reason));
  }

 private:
  void read_manifest() {
    const fs::path file = manifest_path(status_.path);
    std::error_code error;
    if (!fs::exists(file, error)) {
      without_manifest_ = true;
      return refuse(
          fmt::format("it has no manifest {}; build it with smear_add_plugin(), which "
                      "writes one",
                      file.filename().string()));
    }
    try {
      take(smear::read_manifest(file));
    } catch (const PluginError& problem) {
      return refuse(fmt::format("its manifest {} cannot be read: {}; rebuild the plugin",
                                file.filename().string(), problem.what()));
    }
    if (auto reason = mismatch(manifest_.api_epoch, manifest_.api_minor, manifest_.build_identity))
      refuse(*reason);
  }

  void take(PluginManifest manifest) {
    manifest_ = std::move(manifest);
    status_.name = manifest_.name;
    status_.version = manifest_.version;
    status_.licence = manifest_.licence;
    status_.torch_version = manifest_.torch_version;
    status_.stages = manifest_.stages;
    status_.reparameterizations = manifest_.reparameterizations;
    status_.model_kinds = manifest_.model_kinds;
  }

  void add_to(Registry& registry) {
    const PluginLibrary library(status_.path);
    PluginContents contents = library.contents();
    registry.set_plugin({status_.name, status_.version, status_.path, status_.torch_version});
    for (auto& [info, factory] : contents.stages) registry.add(info, std::move(factory));
    for (auto& [info, factory] : contents.reparameterizations)
      registry.add_reparameterization(info, std::move(factory));
    for (auto& [info, factory] : contents.model_kinds)
      registry.add_model_kind(info, std::move(factory));
    registry.set_plugin({});
  }

  /// Only a hint: stripping or copying a library makes it newer than a manifest that is right.
  [[nodiscard]] bool older_manifest() const {
    std::error_code error;
    const auto library = fs::last_write_time(status_.path, error);
    if (error) return false;
    const auto manifest = fs::last_write_time(manifest_path(status_.path), error);
    return !error && manifest < library;
  }

  PluginStatus status_;
  PluginManifest manifest_;
  std::chrono::milliseconds patience_;
  bool without_manifest_ = false;
  bool probed_ = false;
};

namespace {

std::vector<fs::path> libraries_in(const fs::path& directory) {
  std::vector<fs::path> result;
  std::error_code error;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::end(it);
       it.increment(error))
    if (it->path().extension() == ".so" && !it->is_directory(error)) result.push_back(it->path());
  std::ranges::sort(result);
  return result;
}

}  // namespace

PluginCatalog::PluginCatalog(const std::vector<fs::path>& directories,
                             std::chrono::milliseconds patience) {
  std::set<fs::path> met;
  std::map<std::string, fs::path> names;
  for (const auto& directory : directories) {
    for (const auto& path : libraries_in(directory)) {
      std::error_code error;
      const auto real = fs::weakly_canonical(path, error);
      if (!met.insert(error ? path : real).second) continue;
      auto plugin = std::make_shared<Plugin>(path, patience);
      if (!plugin->refused()) {
        const auto [it, added] = names.emplace(plugin->status().name, path);
        if (!added)
          plugin->refuse(
              fmt::format("plugin '{}' is there already: {}", it->first, it->second.string()));
      }
      plugins_.push_back(std::move(plugin));
    }
  }
}

PluginCatalog::~PluginCatalog() = default;
PluginCatalog::PluginCatalog(PluginCatalog&&) noexcept = default;
PluginCatalog& PluginCatalog::operator=(PluginCatalog&&) noexcept = default;

void PluginCatalog::announce(Registry& registry) {
  for (const auto& plugin : plugins_) plugin->announce(registry);
  for (const auto& plugin : plugins_)
    if (plugin->refused()) plugin->announce_free_names(registry);
}

std::vector<PluginStatus> PluginCatalog::status() const {
  std::vector<PluginStatus> result;
  for (const auto& plugin : plugins_) result.push_back(plugin->status());
  return result;
}

std::vector<PluginStatus> PluginCatalog::examine() {
  for (const auto& plugin : plugins_) plugin->probe();
  return status();
}

}  // namespace smear
