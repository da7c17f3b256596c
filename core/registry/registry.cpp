// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace smear {
namespace {

std::string owner(const std::string& plugin) {
  return plugin.empty() ? "built in" : "from plugin '" + plugin + "'";
}

template <typename Entries, typename Announcements>
std::optional<std::string> owner_in(const Entries& entries, const Announcements& announced,
                                    std::string_view name) {
  if (const auto it = entries.find(name); it != entries.end()) return owner(it->second.plugin.name);
  if (const auto it = announced.find(name); it != announced.end()) return owner(it->second.plugin);
  return std::nullopt;
}

void check_free(std::string_view kind, std::string_view name,
                const std::optional<std::string>& owner) {
  if (!is_stage_name(name))
    throw PluginError(fmt::format(
        "'{}' is no {} name: use lower-case letters, digits, dashes and dots", name, kind));
  if (owner) throw PluginError(fmt::format("{} '{}' exists already ({})", kind, name, *owner));
}

template <typename Entries, typename Announcements>
auto find_in(Registry& registry, const Entries& entries, const Announcements& announced,
             std::string_view name) -> const typename Entries::mapped_type* {
  auto it = entries.find(name);
  if (it == entries.end()) {
    const auto announcement = announced.find(name);
    if (announcement == announced.end()) return nullptr;
    const auto load = announcement->second.load;
    load(registry);
    it = entries.find(name);
  }
  return it == entries.end() ? nullptr : &it->second;
}

template <typename Entries, typename Announcements>
std::vector<std::string> names_in(const Entries& entries, const Announcements& announced) {
  std::vector<std::string> result;
  for (const auto& [name, entry] : entries) result.push_back(name);
  for (const auto& [name, announcement] : announced)
    if (!entries.contains(name)) result.push_back(name);
  std::ranges::sort(result);
  return result;
}

template <typename Entries, typename Announcements>
std::map<std::string, std::string> summaries_in(const Entries& entries,
                                                const Announcements& announced) {
  std::map<std::string, std::string> result;
  for (const auto& [name, announcement] : announced) result[name] = announcement.summary;
  for (const auto& [name, entry] : entries) result[name] = entry.info.summary;
  return result;
}

}  // namespace

bool is_stage_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::ranges::all_of(name, allowed);
}

void Registry::add(const StageInfo& info, StageFactory factory) {
  // A name that is only announced is about to be added by whoever announced it.
  check_free("stage", info.name, owner_in(entries_, Announcements{}, info.name));
  entries_.emplace(std::string(info.name), Entry{info, std::move(factory), plugin_});
}

void Registry::add_reparameterization(const ReparameterizationInfo& info,
                                      ReparameterizationFactory factory) {
  check_free("reparameterization", info.name,
             owner_in(reparameterizations_, Announcements{}, info.name));
  reparameterizations_.emplace(std::string(info.name),
                               ReparameterizationEntry{info, std::move(factory), plugin_});
}

void Registry::add_model_kind(const ModelKindInfo& info, ModelKindFactory factory) {
  check_free("model kind", info.name, owner_in(model_kinds_, Announcements{}, info.name));
  model_kinds_.emplace(std::string(info.name), ModelKindEntry{info, std::move(factory), plugin_});
}

void Registry::announce(std::string stage, std::string plugin, Loader load) {
  check_free("stage", stage, owner_of_stage(stage));
  announced_.emplace(std::move(stage), Announcement{std::move(plugin), std::move(load), ""});
}

void Registry::announce_reparameterization(std::string name, std::string plugin, Loader load,
                                           std::string summary) {
  check_free("reparameterization", name, owner_of_reparameterization(name));
  announced_reparameterizations_.emplace(
      std::move(name), Announcement{std::move(plugin), std::move(load), std::move(summary)});
}

void Registry::announce_model_kind(std::string name, std::string plugin, Loader load,
                                   std::string summary) {
  check_free("model kind", name, owner_of_model_kind(name));
  announced_model_kinds_.emplace(
      std::move(name), Announcement{std::move(plugin), std::move(load), std::move(summary)});
}

std::optional<std::string> Registry::owner_of_stage(std::string_view name) const {
  return owner_in(entries_, announced_, name);
}

std::optional<std::string> Registry::owner_of_reparameterization(std::string_view name) const {
  return owner_in(reparameterizations_, announced_reparameterizations_, name);
}

std::optional<std::string> Registry::owner_of_model_kind(std::string_view name) const {
  return owner_in(model_kinds_, announced_model_kinds_, name);
}

const Registry::Entry* Registry::find(std::string_view name) {
  return find_in(*this, entries_, announced_, name);
}

const Registry::ReparameterizationEntry* Registry::find_reparameterization(std::string_view name) {
  return find_in(*this, reparameterizations_, announced_reparameterizations_, name);
}

const Registry::ModelKindEntry* Registry::find_model_kind(std::string_view name) {
  return find_in(*this, model_kinds_, announced_model_kinds_, name);
}

std::unique_ptr<Stage> Registry::make(std::string_view name) {
  const Entry* entry = find(name);
  if (entry == nullptr) throw ConfigError(fmt::format("there is no stage '{}'", name));
  return entry->factory();
}

std::vector<std::string> Registry::names() const { return names_in(entries_, announced_); }

std::vector<std::string> Registry::reparameterization_names() const {
  return names_in(reparameterizations_, announced_reparameterizations_);
}

std::map<std::string, std::string> Registry::reparameterization_summaries() const {
  return summaries_in(reparameterizations_, announced_reparameterizations_);
}

std::vector<std::string> Registry::model_kind_names() const {
  return names_in(model_kinds_, announced_model_kinds_);
}

std::map<std::string, std::string> Registry::model_kind_summaries() const {
  return summaries_in(model_kinds_, announced_model_kinds_);
}

}  // namespace smear
