// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace smear {
namespace {

bool is_stage_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::ranges::all_of(name, allowed);
}

}  // namespace

void Registry::add(const StageInfo& info, StageFactory factory) {
  if (!is_stage_name(info.name))
    throw PluginError(fmt::format(
        "'{}' is no stage name: use lower-case letters, digits, dashes and dots", info.name));
  const auto it = entries_.find(info.name);
  if (it != entries_.end()) {
    const auto& owner = it->second.plugin;
    throw PluginError(fmt::format("stage '{}' exists already ({})", info.name,
                                  owner.empty() ? "built in" : "from plugin '" + owner + "'"));
  }
  entries_.emplace(std::string(info.name), Entry{info, std::move(factory), plugin_});
}

void Registry::announce(std::string stage, std::string plugin,
                        std::function<void(Registry&)> load) {
  if (entries_.contains(stage) || announced_.contains(stage))
    throw PluginError(fmt::format("stage '{}' exists already", stage));
  announced_.emplace(std::move(stage), Announcement{std::move(plugin), std::move(load)});
}

const Registry::Entry* Registry::find(std::string_view name) {
  if (const auto it = entries_.find(name); it != entries_.end()) return &it->second;
  const auto announced = announced_.find(name);
  if (announced == announced_.end()) return nullptr;
  const auto load = announced->second.load;
  load(*this);
  const auto it = entries_.find(name);
  return it == entries_.end() ? nullptr : &it->second;
}

std::unique_ptr<Stage> Registry::make(std::string_view name) {
  const Entry* entry = find(name);
  if (entry == nullptr) throw ConfigError(fmt::format("there is no stage '{}'", name));
  return entry->factory();
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> result;
  for (const auto& [name, entry] : entries_) result.push_back(name);
  for (const auto& [name, announcement] : announced_)
    if (!entries_.contains(name)) result.push_back(name);
  std::ranges::sort(result);
  return result;
}

}  // namespace smear
