// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "smear/stage.h"

namespace smear {

/// The stages that there are, by name. Built-in ones are added at start; a plugin's are announced
/// from its manifest and added when one of them is first asked for.
class Registry final : public StageRegistrar {
 public:
  struct Entry {
    StageInfo info;
    StageFactory factory;
    std::string plugin;  ///< empty for a built-in stage
  };

  void add(const StageInfo& info, StageFactory factory) override;

  /// Says that asking for `stage` must first call `load`, which adds it (or throws `PluginError`).
  void announce(std::string stage, std::string plugin, std::function<void(Registry&)> load);

  /// Which plugin the stages added from now on belong to; empty for none.
  void set_plugin(std::string plugin) { plugin_ = std::move(plugin); }

  /// The stage's entry, or nullptr. Loads the plugin that announced it; throws `PluginError` where
  /// that one is refused.
  [[nodiscard]] const Entry* find(std::string_view name);

  /// A new stage with its defaults. Throws `ConfigError` for a name that is not there.
  [[nodiscard]] std::unique_ptr<Stage> make(std::string_view name);

  /// Every name, announced ones too, without loading anything, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Announcement {
    std::string plugin;
    std::function<void(Registry&)> load;
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Announcement, std::less<>> announced_;
  std::string plugin_;
};

}  // namespace smear
