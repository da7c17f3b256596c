// SPDX-License-Identifier: Apache-2.0
#include "run/planned-files.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/macro-of-stage.h"
#include "imagej/command.h"
#include "imagej/macro/call-code.h"
#include "imagej/macro/plan.h"
#include "run/name-template.h"
#include "smear/errors.h"

namespace smear {

namespace {

// Whether a text of a command of ImageJ's names a file depends on what the command does.
bool is_output_of_command(const PlannedStage& stage, const OptionInfo& option) {
  const auto* command = command_of_stage(stage.name);
  if (command == nullptr) return false;
  const auto values = command_values(*command, stage);
  return std::ranges::any_of(command->keys, [&](const imagej::Key& key) {
    return key.option_name() == option.name && imagej::names_file(*command, key, &values);
  });
}

// Whether the option's value is a template that says where a file of each sample goes.
bool names_output(const PlannedStage& stage, const OptionInfo& option) {
  return option.kind == OptionKind::output ||
         (option.kind == OptionKind::text && is_output_of_command(stage, option));
}

bool saves_by_code(const PlannedStage& stage) {
  return stage.name == "imagej.macro" &&
         imagej::saves(std::get<std::string>(stage.values.at("code")));
}

}  // namespace

std::vector<PlannedFile> planned_files(const Pipeline& pipeline) {
  std::vector<PlannedFile> all;
  for (const auto& stage : pipeline.stages) {
    for (const auto& option : stage.spec.options()) {
      const bool of_run = option.kind == OptionKind::run_file;
      if (!of_run && !names_output(stage, option)) continue;
      const auto name = to_string(stage.values.at(option.name));
      const auto same = [&](const PlannedFile& one) { return one.name == name; };
      if (!name.empty() && std::ranges::none_of(all, same)) all.push_back({name, of_run, &stage});
    }
    if (saves_by_code(stage)) all.push_back({"", false, &stage});
  }
  return all;
}

void check_collisions(const Pipeline& pipeline, const FileList& list) {
  std::vector<std::pair<std::string, std::string>> templates;  // with their stages
  bool unique = true;
  for (const auto& stage : pipeline.stages)
    for (const auto& option : stage.spec.options()) {
      const auto text = names_output(stage, option) ? to_string(stage.values.at(option.name)) : "";
      if (text.empty()) continue;
      templates.emplace_back(text, stage.name);
      unique = unique && always_unique(text);
      if (pipeline.input.pages && !always_unique(text) && text.find("{part}") == std::string::npos)
        throw ConfigError(fmt::format(
            "stage '{}': '{}' would give all pages of a file one name; use {{id}} or {{part}}",
            stage.name, text));
    }
  if (unique) return;
  struct Owner {
    std::size_t file = 0;
    std::string stage;
  };
  std::unordered_map<std::string, Owner> files;
  for (const auto& [text, stage] : templates)
    for (std::size_t i = 0; i < list.files.size(); ++i) {
      const auto [it, added] = files.emplace(expand(text, {list.files[i], 0}), Owner{i, stage});
      const Owner& owner = it->second;
      if (!added && (owner.file != i || !replaces_file(stage, owner.stage)))
        throw ConfigError(
            fmt::format("stage '{}': '{}' and '{}' would both be saved as '{}'; use {{id}}", stage,
                        list.files[owner.file], list.files[i], it->first));
    }
}

namespace {

// What is printed once for the whole run is there all the same.
EmptyRunFile empty_log(const nlohmann::json& options) {
  EmptyRunFile log;
  const auto lines = options.value("log_head", "") + options.value("log_foot", "");
  if (lines.empty())
    log.missing = true;
  else
    log.text = lines;
  return log;
}

}  // namespace

std::map<std::string, EmptyRunFile> empty_run_files(const nlohmann::json& provenance) {
  std::map<std::string, EmptyRunFile> all;
  if (!provenance.contains("stages")) return all;
  for (const auto& stage : provenance["stages"]) {
    const auto name = stage.value("name", "");
    const auto options = stage.value("options", nlohmann::json::object());
    // ImageJ writes a text as it stands then, and saves neither an empty Results table nor an
    // empty log.
    if (name == "imagej.append-text")
      all[options.value("to", "")].text = options.value("head", "") + options.value("foot", "");
    else if (name == "imagej.append-results")
      all[options.value("to", "")].missing = true;
    else if (name == "imagej.macro")
      all[options.value("log", "")] = empty_log(options);
  }
  return all;
}

}  // namespace smear
