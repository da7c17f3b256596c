// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smear/plugin.h"

namespace smear {

/// Lower-case letters, digits, dashes and dots, a letter first: what a stage or a
/// reparameterization may be called.
bool is_stage_name(std::string_view name);

/// The stages and reparameterizations that there are, by name. Built-in ones are added at start; a
/// plugin's are announced from its manifest and added when one of them is first asked for.
class Registry final : public PluginRegistrar {
 public:
  /// Where a stage comes from; all empty for a built-in one.
  struct Plugin {
    std::string name;
    std::string version;
    std::filesystem::path library;
    std::string torch_version;  ///< of the LibTorch it was built against; empty where it uses none
  };

  struct Entry {
    StageInfo info;
    StageFactory factory;
    Plugin plugin;
  };

  struct ReparameterizationEntry {
    ReparameterizationInfo info;
    ReparameterizationFactory factory;
    Plugin plugin;
  };

  struct ModelKindEntry {
    ModelKindInfo info;
    ModelKindFactory factory;
    Plugin plugin;
  };
  using Loader = std::function<void(Registry&)>;

  using PluginRegistrar::add;
  using PluginRegistrar::add_model_kind;
  using PluginRegistrar::add_reparameterization;
  void add(const StageInfo& info, StageFactory factory) override;
  void add_reparameterization(const ReparameterizationInfo& info,
                              ReparameterizationFactory factory) override;
  void add_model_kind(const ModelKindInfo& info, ModelKindFactory factory) override;

  /// Says that asking for `stage` must first call `load`, which adds it (or throws `PluginError`).
  /// Throws `PluginError` for a name that is taken.
  void announce(std::string stage, std::string plugin, Loader load);
  /// The same for a reparameterization.
  void announce_reparameterization(std::string name, std::string plugin, Loader load,
                                   std::string summary = "");
  /// The same for a kind of model.
  void announce_model_kind(std::string name, std::string plugin, Loader load,
                           std::string summary = "");

  /// Who has this stage or reparameterization: "built in" or "from plugin 'x'"; nothing where the
  /// name is free. Loads nothing.
  [[nodiscard]] std::optional<std::string> owner_of_stage(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> owner_of_reparameterization(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> owner_of_model_kind(std::string_view name) const;

  /// Which plugin the stages added from now on belong to.
  void set_plugin(Plugin plugin) { plugin_ = std::move(plugin); }

  /// The stage's entry, or nullptr. Loads the plugin that announced it; throws `PluginError` where
  /// that one is refused.
  [[nodiscard]] const Entry* find(std::string_view name);

  /// A new stage with its defaults. Throws `ConfigError` for a name that is not there.
  [[nodiscard]] std::unique_ptr<Stage> make(std::string_view name);

  /// Every stage's name, announced ones too, without loading anything, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;

  /// As `find` and `names`, for reparameterizations. All of them come from plugins.
  [[nodiscard]] const ReparameterizationEntry* find_reparameterization(std::string_view name);
  [[nodiscard]] std::vector<std::string> reparameterization_names() const;
  /// One sentence on each, by name, without loading anything.
  [[nodiscard]] std::map<std::string, std::string> reparameterization_summaries() const;

  /// As `find` and `names`, for kinds of models.
  [[nodiscard]] const ModelKindEntry* find_model_kind(std::string_view name);
  [[nodiscard]] std::vector<std::string> model_kind_names() const;
  [[nodiscard]] std::map<std::string, std::string> model_kind_summaries() const;

 private:
  struct Announcement {
    std::string plugin;
    Loader load;
    std::string summary;
  };
  using Announcements = std::map<std::string, Announcement, std::less<>>;

  std::map<std::string, Entry, std::less<>> entries_;
  Announcements announced_;
  std::map<std::string, ReparameterizationEntry, std::less<>> reparameterizations_;
  Announcements announced_reparameterizations_;
  std::map<std::string, ModelKindEntry, std::less<>> model_kinds_;
  Announcements announced_model_kinds_;
  Plugin plugin_;
};

}  // namespace smear
